// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title Signatures of keys (ECDSA, low s) and of smart accounts (ERC-1271)
/// @notice In place of OpenZeppelin's `SignatureChecker`, for three reasons. An account whose key signs is believed whether or not it
/// has code: one that delegates by EIP-7702 has. A smart account is asked with a limit of gas: in a batch of requests of several
/// readers, one of them could otherwise burn what the rest need. And recovering here costs 600 gas less, of the 16 000 that a
/// signed open may cost.
library Signatures {
    /// @notice Thrown when the transaction has too little gas left to ask a smart account: a relayer could else make a good
    /// signature look bad.
    error GasTooLow(uint256 left, uint256 needed);

    /// @dev What a smart account may spend on an answer: enough for P-256 in Solidity, or several owners.
    uint256 private constant ERC1271_GAS = 500_000;
    /// @dev A call gets at most 63/64 of what is left (EIP-150); and some is needed around it.
    uint256 private constant GAS_BEFORE_CALL = 520_000;
    /// @dev Half the order of secp256k1, rounded down: of the two s that sign the same, the lower one is accepted (EIP-2).
    uint256 private constant GREATEST_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice Whether `signer` signed `hash`. Never reverts because of what the signer's code does.
    /// @param signature 65 bytes r ‖ s ‖ v, or what the signer's code takes
    function isValid(address signer, bytes32 hash, bytes calldata signature) internal view returns (bool) {
        if (_isKeys(signer, hash, signature)) return true;
        return signer.code.length != 0 && _isValidERC1271(signer, hash, signature);
    }

    /// @dev Whether the key of `signer` made the signature.
    function _isKeys(address signer, bytes32 hash, bytes calldata signature) private view returns (bool valid) {
        uint256 greatest = GREATEST_S;
        assembly ("memory-safe") {
            let s := calldataload(add(signature.offset, 0x20))
            let v := byte(0, calldataload(add(signature.offset, 0x40)))
            let scratch := mload(0x40)
            mstore(scratch, hash)
            mstore(add(scratch, 0x20), v)
            mstore(add(scratch, 0x40), calldataload(signature.offset))
            mstore(add(scratch, 0x60), s)
            mstore(0x00, 0)
            // The precompile (address 1) answers with nothing if there is no such signature.
            pop(staticcall(gas(), 1, scratch, 0x80, 0x00, 0x20))
            signer := shl(96, signer)
            valid := and(and(eq(signature.length, 65), iszero(gt(s, greatest))), eq(shl(96, mload(0x00)), signer))
            valid := and(valid, iszero(iszero(signer)))
        }
    }

    function _isValidERC1271(address signer, bytes32 hash, bytes calldata signature) private view returns (bool valid) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (hash, signature));
        if (gasleft() < GAS_BEFORE_CALL) revert GasTooLow(gasleft(), GAS_BEFORE_CALL);
        bytes4 expected = IERC1271.isValidSignature.selector;
        uint256 limit = ERC1271_GAS;
        // Only one word of the answer is copied, however long it is.
        assembly ("memory-safe") {
            let done := staticcall(limit, signer, add(question, 0x20), mload(question), 0x00, 0x20)
            valid := and(done, and(gt(returndatasize(), 0x1f), eq(mload(0x00), expected)))
        }
    }
}
