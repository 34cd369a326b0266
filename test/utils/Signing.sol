// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";

import {OpenRequest} from "../../contracts/types/Types.sol";
import {vm} from "./Cheats.sol";

/// @notice EIP-712 as wallets do it, by the words of IOpens.sol and of OpenZeppelin's forwarder. Shares nothing with the contract.
library Signing {
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant TYPE = keccak256(
        "OpenRequest(address patient,bytes32 digest,address reader,address via,uint8 purpose,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant FORWARD_TYPE = keccak256(
        "ForwardRequest(address from,address to,uint256 value,uint256 gas,uint256 nonce,uint48 deadline,bytes data)"
    );

    /// @dev The order of secp256k1: for every signature (v, r, s) there is another, (v ^ 1, r, ORDER - s).
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function domainSeparator(address chartkey, uint256 chainId) internal pure returns (bytes32) {
        return domainSeparator("Chartkey", "1", chartkey, chainId);
    }

    function domainSeparator(string memory name, string memory version, address verifier, uint256 chainId)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(DOMAIN, keccak256(bytes(name)), keccak256(bytes(version)), chainId, verifier));
    }

    function hash(OpenRequest memory request, bytes32 domain) internal pure returns (bytes32) {
        return hashWords(abi.encode(request), domain);
    }

    /// @dev The same for a request whose words may be none of their types'.
    function hashWords(bytes memory words, bytes32 domain) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encodePacked(TYPE, words))));
    }

    /// @dev r ‖ s ‖ v.
    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The other signature of the same key, which most libraries once took for good.
    function signHighS(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, ORDER - uint256(s), v == 27 ? 28 : 27);
    }

    /// @dev With v of 0 or 1 in place of 27 or 28.
    function signLowV(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v - 27);
    }

    /// @dev 64 bytes (ERC-2098): v is the highest bit of s.
    function signShort(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, uint256(s) | uint256(v - 27) << 255);
    }

    /// @dev Whose signature of the hash the EVM takes it for; zero: nobody's.
    function recover(bytes32 digest, bytes memory signature) internal pure returns (address) {
        (bytes32 r, bytes32 s) = (0, 0);
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
        }
        return ecrecover(digest, uint8(signature[64]), r, s);
    }

    /// @dev An act for the forwarder, signed with `key` as the next one of `from`.
    function forward(ERC2771Forwarder forwarder, uint256 key, address from, address to, bytes memory data)
        internal
        view
        returns (ERC2771Forwarder.ForwardRequestData memory request)
    {
        request = ERC2771Forwarder.ForwardRequestData({
            from: from,
            to: to,
            value: 0,
            gas: 1_000_000,
            deadline: uint48(block.timestamp + 1 hours),
            data: data,
            signature: ""
        });
        request.signature = sign(key, forwardHash(request, forwarder.nonces(from), address(forwarder)));
    }

    function forwardHash(ERC2771Forwarder.ForwardRequestData memory request, uint256 nonce, address forwarder)
        internal
        view
        returns (bytes32)
    {
        bytes32 domain = domainSeparator("Chartkey forwarder", "1", forwarder, block.chainid);
        bytes memory words = abi.encode(
            FORWARD_TYPE,
            request.from,
            request.to,
            request.value,
            request.gas,
            nonce,
            request.deadline,
            keccak256(request.data)
        );
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(words)));
    }
}
