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
    function registerPatient(uint8 suite, bytes calldata key) external {
        address patient = _msgSender();
        Head storage head = _head(patient);
        if (head.link != 0) revert AlreadyRegistered(patient);
        (bytes32 keyId, bytes memory data) = _encodeKey(suite, key);
        bytes32 topic = _topic(patient);
        bytes memory none;
        _logRegistry(PatientRegistered.selector, topic, keyId, none);
        // One write of the new slot: the trail's start and its first event together.
        _append(head, _firstLink(topic), KeyPublished.selector, topic, topic, keyId, data);
    }

    /// @inheritdoc IPatients
    function publishKey(uint8 suite, bytes calldata key) external {
        address account = _msgSender();
        (bytes32 keyId, bytes memory data) = _encodeKey(suite, key);
        if (isPatient(account)) {
            _log(KeyPublished.selector, account, _topic(account), keyId, data);
        } else {
            _logRegistry(KeyPublished.selector, _topic(account), keyId, data);
        }
    }

    /* VIEWS */

    /// @inheritdoc IPatients
    function isPatient(address account) public view returns (bool) {
        return _head(account).link != 0;
    }

    /* INTERNAL */

    /// @dev Who acts on the chart now. Reverts unless they have a say over it.
    function _actorOn(address patient) internal view returns (address actor) {
        if (!isPatient(patient)) revert UnknownPatient(patient);
        actor = _msgSender();
        if (actor != patient) revert NotThePatient(patient, actor);
    }

    /// @dev keccak256(suite ‖ key) and abi.encode(suite, key), with the key copied once for both: registering and rotating
    /// are what everybody pays for. Both lengths are whole words, so that nothing needs padding.
    function _encodeKey(uint8 suite, bytes calldata key) private pure returns (bytes32 keyId, bytes memory data) {
        // Assembly would see whatever lies in the unused bits of a uint8.
        uint256 suiteWord = suite;
        uint256 expected = X25519_KEY_LENGTH;
        if (suiteWord != SUITE_X25519) {
            if (suiteWord != SUITE_XWING) revert UnknownKeySuite(suite);
            expected = XWING_KEY_LENGTH;
        }
        if (key.length != expected) revert WrongKeyLength(suite, key.length, expected);

        assembly ("memory-safe") {
            let size := key.length
            data := mload(0x40)
            let content := add(data, 0x80)
            mstore(0x40, add(content, size))
            calldatacopy(content, key.offset, size)

            // The suite is the byte before the key until its word is overwritten by the key's length.
            mstore(add(data, 0x60), suiteWord)
            keyId := keccak256(add(data, 0x7f), add(size, 1))

            mstore(data, add(size, 0x60))
            mstore(add(data, 0x20), suiteWord)
            mstore(add(data, 0x40), 0x40)
            mstore(add(data, 0x60), size)
        }
    }
}
