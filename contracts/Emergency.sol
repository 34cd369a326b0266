// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Grants} from "./Grants.sol";
import {IEmergency} from "./interfaces/IEmergency.sol";
import {Scopes} from "./libraries/Scopes.sol";
import {Grant, MAX_EMERGENCY, READ} from "./types/Types.sol";

/// @title Emergency: breaking the glass
abstract contract Emergency is Grants, IEmergency {
    /* CONSTANTS */

    /// @dev The bit of `Purpose.BTG`.
    uint16 internal constant BREAK_THE_GLASS = 0x0004;

    /* STORAGE */

    mapping(address patient => uint32 duration) private _durations;

    /* ACTS */

    /// @inheritdoc IEmergency
    function setEmergencyPolicy(address patient, uint32 duration) external {
        address actor = _actorOn(patient);
        if (duration > MAX_EMERGENCY) revert EmergencyTooLong(duration, MAX_EMERGENCY);
        _durations[patient] = duration;
        _log(EmergencyPolicySet.selector, patient, _topic(actor), bytes32(uint256(duration)), "");
    }

    /// @inheritdoc IEmergency
    function breakGlass(address patient, bytes32 reasonHash) external {
        _checkPatient(patient);
        address practitioner = _msgSender();
        if (practitioner == patient) revert GrantToSelf(patient);
        _checkStanding(practitioner);
        if (!_practitioner(practitioner).emergencyCapable) revert NotEmergencyCapable(practitioner);
        if (reasonHash == 0) revert ReasonMissing();
        uint32 duration = _durations[patient];
        if (duration == 0) revert EmergencyOff(patient);
        Grant storage held = _grant(patient, practitioner, Scopes.EMERGENCY);
        if (block.timestamp < held.expiresAt && held.epoch == epochOf(patient)) {
            revert GlassAlreadyBroken(patient, practitioner, held.expiresAt);
        }
        uint40 expiresAt = uint40(block.timestamp) + duration;
        uint32 epoch = _putGrant(patient, practitioner, Scopes.EMERGENCY, READ, BREAK_THE_GLASS, expiresAt);
        _log(GlassBroken.selector, patient, _topic(practitioner), reasonHash, abi.encode(expiresAt, epoch));
    }

    /// @inheritdoc IEmergency
    function reviewEmergency(
        address patient,
        address practitioner,
        bytes32 reasonHash,
        bool justified,
        bytes32 noteHash
    ) external onlyRole(AUDITOR) {
        _checkPatient(patient);
        _log(
            EmergencyReviewed.selector,
            patient,
            _topic(practitioner),
            reasonHash,
            abi.encode(_msgSender(), justified, noteHash)
        );
    }

    /* VIEWS */

    /// @inheritdoc IEmergency
    function emergencyPolicyOf(address patient) external view returns (uint32) {
        return _durations[patient];
    }
}
