// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CareTeams} from "./CareTeams.sol";
import {Charts} from "./Charts.sol";
import {IGrants} from "./interfaces/IGrants.sol";
import {Dates} from "./libraries/Dates.sol";
import {Scopes} from "./libraries/Scopes.sol";
import {ALL_PURPOSES, ALL_RIGHTS, Grant, Reason, Scope} from "./types/Types.sol";

/// @title Grants: who may open what, why, and until when
abstract contract Grants is CareTeams, Charts, IGrants {
    /* CONSTANTS */

    uint256 private constant MAX_SEALED_KEY = 2048;

    /* STORAGE */

    mapping(address patient => mapping(address grantee => mapping(Scope scope => Grant grant))) private _grants;

    /* ACTS */

    /// @inheritdoc IGrants
    function grantAccess(
        address patient,
        address grantee,
        Scope scope,
        uint8 rights,
        uint16 purposes,
        uint40 expiresAt,
        bytes calldata sealedKey
    ) external {
        address actor = _actorOn(patient);
        if (grantee == patient) revert GrantToSelf(patient);
        _checkTerms(rights, purposes, expiresAt, sealedKey);
        // Most grantees are people: those are asked first, and cost one slot.
        if (_standing(grantee) != Reason.Allowed && !_isTeam(grantee)) _checkStanding(grantee);
        _checkScope(patient, scope);
        uint32 epoch = _putGrant(patient, grantee, scope, rights, purposes, expiresAt);
        _log(
            AccessGranted.selector,
            patient,
            _topic(grantee),
            Scope.unwrap(scope),
            abi.encode(actor, rights, purposes, expiresAt, epoch, sealedKey)
        );
    }

    /// @inheritdoc IGrants
    function revokeAccess(address patient, address grantee, Scope scope) external {
        address actor = _actorOn(patient);
        _endGrant(patient, grantee, scope);
        _log(AccessRevoked.selector, patient, _topic(grantee), Scope.unwrap(scope), abi.encode(actor));
    }

    /// @inheritdoc IGrants
    function renounceAccess(address patient, Scope scope) external {
        address grantee = _msgSender();
        _endGrant(patient, grantee, scope);
        _log(AccessRenounced.selector, patient, _topic(grantee), Scope.unwrap(scope), "");
    }

    /// @inheritdoc IGrants
    function revokeEveryone(address patient) external {
        address actor = _actorOn(patient);
        Head storage head = _head(patient);
        bytes32 word = head.word;
        // Beyond 32 bits it reverts: nobody pays for four thousand million of these.
        uint32 epoch = _epochIn(word) + 1;
        bytes memory none;
        // The epoch is the word's lowest part.
        _append(
            head,
            bytes32(uint256(word) + 1),
            EveryoneRevoked.selector,
            _topic(patient),
            _topic(actor),
            bytes32(uint256(epoch)),
            none
        );
    }

    /* VIEWS */

    /// @inheritdoc IGrants
    function grantOf(address patient, address grantee, Scope scope) external view returns (Grant memory) {
        return _grant(patient, grantee, scope);
    }

    /// @inheritdoc IGrants
    function epochOf(address patient) public view returns (uint32) {
        return _epochIn(_head(patient).word);
    }

    /* INTERNAL */

    function _grant(address patient, address grantee, Scope scope) internal view returns (Grant storage) {
        return _grants[patient][grantee][scope];
    }

    /// @dev Gives a grant of the chart's present epoch, which it returns, in place of the one that is there.
    function _putGrant(address patient, address grantee, Scope scope, uint8 rights, uint16 purposes, uint40 expiresAt)
        internal
        returns (uint32 epoch)
    {
        bytes32 word = _head(patient).word;
        epoch = _epochIn(word);
        uint256 packed = uint256(uint160(bytes20(word)));
        packed = packed << 8 | rights;
        packed = packed << 16 | purposes;
        packed = packed << 32 | epoch;
        packed = packed << 40 | expiresAt;
        Grant storage grant = _grant(patient, grantee, scope);
        // A struct literal would do the same, in 200 bytes more code: the contract's size is limited.
        assembly ("memory-safe") {
            sstore(grant.slot, packed)
        }
    }

    /// @dev Reverts unless these may be the terms of a grant or referral.
    function _checkTerms(uint8 rights, uint16 purposes, uint40 expiresAt, bytes calldata sealedKey) internal view {
        if (rights == 0 || rights & ~ALL_RIGHTS != 0) revert BadRights(rights);
        _checkPurposes(purposes);
        Dates.checkEnd(expiresAt);
        if (sealedKey.length > MAX_SEALED_KEY) revert SealedKeyTooLong(sealedKey.length, MAX_SEALED_KEY);
    }

    /// @dev Reverts unless there is a purpose, and no unknown one.
    function _checkPurposes(uint16 purposes) internal pure {
        if (purposes == 0 || purposes & ~ALL_PURPOSES != 0) revert BadPurposes(purposes);
    }

    /// @dev Reverts unless the scope may be asked for and granted: the chart, a folder, or a record that is there.
    function _checkScope(address patient, Scope scope) internal view {
        if (Scopes.isEmergency(scope)) revert EmergencyScope();
        if (Scopes.isRecord(scope)) _checkRecord(patient, Scopes.toRecord(scope));
    }

    /// @dev Clears the slot: the trail tells a grant that ended from one that never was, and the refund keeps taking
    /// access back cheap.
    function _endGrant(address patient, address grantee, Scope scope) private {
        if (_grant(patient, grantee, scope).expiresAt == 0) revert NoSuchGrant(patient, grantee, scope);
        delete _grants[patient][grantee][scope];
    }
}
