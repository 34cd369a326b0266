// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Context} from "@openzeppelin/contracts/utils/Context.sol";

import {Trail} from "./Trail.sol";
import {IPatients} from "./interfaces/IPatients.sol";
import {SUITE_X25519, SUITE_XWING} from "./types/Types.sol";

/// @title Patients and published keys
abstract contract Patients is Trail, Context, IPatients {
    /* CONSTANTS */

    uint256 private constant XWING_KEY_LENGTH = 1216;
    uint256 private constant X25519_KEY_LENGTH = 32;

    /* ACTS */

    /// @inheritdoc IPatients
    function registerPatient(bytes calldata key) external {
        address patient = _msgSender();
        Head storage head = _head(patient);
        if (head.word != 0) revert AlreadyRegistered(patient);
        (bytes32 keyId, bytes memory data) = _encodeKey(key);
        bytes32 topic = _topic(patient);
        bytes memory none;
        _logRegistry(PatientRegistered.selector, topic, keyId, none);
        // One write of the new slot: the trail's start and its first event together.
        _append(head, _firstLink(topic), KeyPublished.selector, topic, topic, keyId, data);
    }

    /// @inheritdoc IPatients
    function publishKey(bytes calldata key) external {
        address account = _msgSender();
        (bytes32 keyId, bytes memory data) = _encodeKey(key);
        bytes32 topic = _topic(account);
        Head storage head = _head(account);
        bool known = head.word != 0;
        if (!known) head = _registryHead();
        _append(head, head.word, KeyPublished.selector, known ? topic : bytes32(0), topic, keyId, data);
    }

    /* VIEWS */

    /// @inheritdoc IPatients
    function isPatient(address account) public view returns (bool) {
        return _head(account).word != 0;
    }

    /* INTERNAL */

    /// @dev Reverts unless the account is a patient.
    function _checkPatient(address account) internal view {
        if (!isPatient(account)) revert UnknownPatient(account);
    }

    /// @dev keccak256(suite ‖ key) and abi.encode(suite, key), with the key copied once for both: registering and rotating
    /// are what everybody pays for. Both lengths are whole words, so that nothing needs padding.
    function _encodeKey(bytes calldata key) private pure returns (bytes32 keyId, bytes memory data) {
        uint256 suite = SUITE_X25519;
        if (key.length != X25519_KEY_LENGTH) {
            if (key.length != XWING_KEY_LENGTH) revert UnknownKeyLength(key.length);
            suite = SUITE_XWING;
        }

        assembly ("memory-safe") {
            let size := key.length
            data := mload(0x40)
            let content := add(data, 0x80)
            mstore(0x40, add(content, size))
            calldatacopy(content, key.offset, size)

            // The suite is the byte before the key until its word is overwritten by the key's length.
            mstore(add(data, 0x60), suite)
            keyId := keccak256(add(data, 0x7f), add(size, 1))

            mstore(data, add(size, 0x60))
            mstore(add(data, 0x20), suite)
            mstore(add(data, 0x40), 0x40)
            mstore(add(data, 0x60), size)
        }
    }
}
