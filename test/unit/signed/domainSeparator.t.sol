// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Chartkey} from "../../../contracts/Chartkey.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract DomainSeparatorTest is Base {
    function test_WhenItIsAskedFor() external view {
        vm.assertEq(chartkey.domainSeparator(), _separator(address(chartkey), block.chainid), "separator");
    }

    function testFuzz_GivenTheChainTookAnotherIdSince(uint64 chainId) external {
        chainId = uint64(_bound(chainId, 1, type(uint64).max - 1));
        vm.chainId(chainId);
        vm.assertEq(chartkey.domainSeparator(), _separator(address(chartkey), chainId), "separator");
    }

    function test_GivenAnotherDeploymentOnTheSameChain() external {
        Chartkey other = new Chartkey(Defaults.ADMIN_DELAY, admin, address(forwarder));
        vm.assertNotEq(other.domainSeparator(), chartkey.domainSeparator(), "separators");
        vm.assertEq(other.domainSeparator(), _separator(address(other), block.chainid), "separator");
    }

    /// @dev Written out, apart from `Signing`, which the other tests of signed opens rest on.
    function _separator(address verifier, uint256 chainId) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Chartkey"),
                keccak256("1"),
                chainId,
                verifier
            )
        );
    }
}
