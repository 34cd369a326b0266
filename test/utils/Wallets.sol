// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A smart account with one owner, as it should be.
contract OwnedWallet is IERC1271 {
    address private immutable OWNER;

    constructor(address owner) {
        OWNER = owner;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 65) return 0xffffffff;
        address signer = ecrecover(hash, uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
        return signer == OWNER ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @notice Approves hashes beforehand and needs no signature, as multi-signature accounts do.
contract ApprovingWallet is IERC1271 {
    mapping(bytes32 hash => bool approved) private _approved;

    function approve(bytes32 hash) external {
        _approved[hash] = true;
    }

    function isValidSignature(bytes32 hash, bytes calldata) external view returns (bytes4) {
        return _approved[hash] ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @notice Answers every call with the same bytes, returned or reverted with.
contract FixedWallet {
    bytes private _answer;
    bool private immutable REVERTS;

    constructor(bytes memory answer, bool reverts) {
        _answer = answer;
        REVERTS = reverts;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        bytes memory answer = _answer;
        if (!REVERTS) return answer;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}

/// @notice Spends `gas` or a little more, all it gets if that is less, then says yes.
contract SpendingWallet is IERC1271 {
    uint256 private immutable GAS;

    constructor(uint256 gas) {
        GAS = gas;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        uint256 start = gasleft();
        while (start - gasleft() < GAS) {}
        return IERC1271.isValidSignature.selector;
    }
}

/// @notice Says yes at the head of as much memory as it is told to return.
contract BombWallet is IERC1271 {
    uint256 private immutable SIZE;

    constructor(uint256 size) {
        SIZE = size;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        bytes32 yes = IERC1271.isValidSignature.selector;
        uint256 size = SIZE;
        assembly ("memory-safe") {
            let answer := mload(0x40)
            mstore(answer, yes)
            return(answer, size)
        }
    }
}

/// @notice Says yes, but writes first.
contract WritingWallet {
    uint256 private _asked;

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        ++_asked;
        return IERC1271.isValidSignature.selector;
    }
}

/// @notice Takes every call and answers nothing: it does not know ERC-1271.
contract SilentAccount {
    fallback() external payable {}
    receive() external payable {}
}
