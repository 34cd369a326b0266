// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Chartkey} from "../../contracts/Chartkey.sol";
import {vm} from "../utils/Cheats.sol";
import {Signing} from "../utils/Signing.sol";

/// @notice The vault's published vectors (test/vectors), by what Solidity and forge have of their own: keccak256, SHA-256,
/// ECDSA and EIP-712.
contract VectorsTest {
    string private constant GRANT =
        "Grant(address patient,address grantee,bytes32 scope,uint8 rights,uint16 purposes,uint40 expiresAt,uint32 epoch,uint64 nonce)";

    string private json;

    function _at(string memory list, uint256 i, string memory field) private pure returns (string memory) {
        return string.concat(".", list, "[", vm.toString(i), "].", field);
    }

    function _has(string memory list, uint256 i) private view returns (bool) {
        return vm.keyExistsJson(json, string.concat(".", list, "[", vm.toString(i), "]"));
    }

    function _uint(string memory key) private view returns (uint256) {
        return vm.parseJsonUint(json, key);
    }

    function _account(string memory key) private view returns (address) {
        return vm.parseJsonAddress(json, key);
    }

    /// @dev The words of grant `i`, in the type's order.
    function _words(uint256 i) private view returns (bytes memory) {
        return abi.encode(
            _account(_at("grants", i, "patient")),
            _account(_at("grants", i, "grantee")),
            vm.parseJsonBytes32(json, _at("grants", i, "scope")),
            _uint(_at("grants", i, "rights")),
            _uint(_at("grants", i, "purposes")),
            _uint(_at("grants", i, "expiresAt")),
            _uint(_at("grants", i, "epoch")),
            uint256(uint64(bytes8(vm.parseJsonBytes(json, _at("grants", i, "nonce")))))
        );
    }

    function test_GrantIds() external {
        json = vm.readFile("test/vectors/grants.json");
        uint256 i = 0;
        for (; _has("grants", i); ++i) {
            bytes32 domain = Signing.domainSeparator(
                _account(_at("grants", i, "domain.verifyingContract")), _uint(_at("grants", i, "domain.chainId"))
            );
            vm.assertEq(domain, vm.parseJsonBytes32(json, _at("grants", i, "domainSeparator")), "domain");
            bytes32 id = keccak256(abi.encodePacked(hex"1901", domain, vm.eip712HashStruct(GRANT, _words(i))));
            vm.assertEq(id, vm.parseJsonBytes32(json, _at("grants", i, "grantId")), "grantId");
        }
        vm.assertGt(i, 3, "grants");
    }

    /// @dev No vector can name the address of a contract deployed here: it is compared with what the vectors are compared with.
    function test_TheDomainIsTheContracts() external {
        Chartkey chartkey = new Chartkey(1, address(this), address(0));
        vm.assertEq(
            chartkey.domainSeparator(), Signing.domainSeparator(address(chartkey), block.chainid), "domainSeparator"
        );
    }

    function test_KeyCommit() external {
        json = vm.readFile("test/vectors/grants.json");
        bytes32 digest = vm.parseJsonBytes32(json, ".record.digest");
        bytes32 contentKey = vm.parseJsonBytes32(json, ".record.halves[1].key");
        bytes32 commitment = sha256(abi.encodePacked("chartkey/v1/commit", digest, contentKey));
        vm.assertEq(commitment, vm.parseJsonBytes32(json, ".record.keyCommit"), "keyCommit");
    }

    function test_KeyIds() external {
        json = vm.readFile("test/vectors/keys.json");
        uint256 i = 0;
        for (; _has("accounts", i); ++i) {
            bytes memory key = vm.parseJsonBytes(json, _at("accounts", i, "publicKey"));
            bytes32 id = keccak256(abi.encodePacked(uint8(_uint(_at("accounts", i, "suite"))), key));
            vm.assertEq(id, vm.parseJsonBytes32(json, _at("accounts", i, "keyId")), "keyId");
        }
        vm.assertGt(i, 3, "accounts");
    }

    /// @dev The first form of each signature is as Ethereum knows it, but for v.
    function test_WalletsSignatures() external {
        json = vm.readFile("test/vectors/seeds.json");
        uint256 i = 0;
        for (; _has("enrolments", i); ++i) {
            string memory message = vm.parseJsonString(json, _at("enrolments", i, "message"));
            bytes32 hash = keccak256(
                abi.encodePacked("\x19Ethereum Signed Message:\n", vm.toString(bytes(message).length), message)
            );
            bytes memory signature = vm.parseJsonBytes(json, _at("enrolments", i, "signatures[1].signature"));
            uint256 wallet = uint256(vm.parseJsonBytes32(json, _at("enrolments", i, "wallet")));
            vm.assertEq(signature, Signing.sign(wallet, hash), "signature");
            vm.assertEq(vm.addr(wallet), _account(_at("enrolments", i, "address")), "address");
        }
        vm.assertGt(i, 3, "enrolments");
    }
}
