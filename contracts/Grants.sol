// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Practitioners} from "./Practitioners.sol";
import {Records} from "./Records.sol";
import {IGrants} from "./interfaces/IGrants.sol";
import {Scopes} from "./libraries/Scopes.sol";
import {ALL_PURPOSES, ALL_RIGHTS, Grant, Scope} from "./types/Types.sol";

/// @title Grants: who may open what, why, and until when
abstract contract Grants is Practitioners, Records, IGrants {
    /* CONSTANTS */

    uint256 private constant MAX_SEALED_KEY = 2048;

    /* STORAGE */

    /// @dev A whole word each, so that the patient's quickest way to shut everybody out is also a cheap one.
    mapping(address patient => uint256 epoch) private _epochs;
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
        _checkTerms(rights, purposes, expiresAt);
        _checkStanding(grantee);
        if (sealedKey.length > MAX_SEALED_KEY) revert SealedKeyTooLong(sealedKey.length, MAX_SEALED_KEY);
        if (Scopes.isRecord(scope)) _checkRecord(patient, Scopes.toRecord(scope));
        uint32 epoch = epochOf(patient);
        _grants[patient][grantee][scope] =
            Grant({expiresAt: expiresAt, epoch: epoch, purposes: purposes, rights: rights, referrer: address(0)});
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
    function revokeEveryone() external {
        address patient = _msgSender();
        Head storage head = _head(patient);
        bytes32 link = head.link;
        if (link == 0) revert UnknownPatient(patient);
        bytes32 topic = _topic(patient);
        bytes memory none;
        // Grants remember 32 bits of it: nobody pays for four thousand million of these.
        uint256 epoch = ++_epochs[patient];
        _append(head, link, EveryoneRevoked.selector, topic, topic, bytes32(epoch), none);
    }

    /* VIEWS */

    /// @inheritdoc IGrants
    function grantOf(address patient, address grantee, Scope scope) external view returns (Grant memory) {
        return _grant(patient, grantee, scope);
    }

    /// @inheritdoc IGrants
    function epochOf(address patient) public view returns (uint32) {
        return uint32(_epochs[patient]);
    }

    /* INTERNAL */

    function _grant(address patient, address grantee, Scope scope) internal view returns (Grant storage) {
        return _grants[patient][grantee][scope];
    }

    /// @dev Clears the slot: the trail tells a grant that ended from one that never was, and the refund keeps taking
    /// access back cheap.
    function _endGrant(address patient, address grantee, Scope scope) private {
        if (_grant(patient, grantee, scope).expiresAt == 0) revert NoSuchGrant(patient, grantee, scope);
        delete _grants[patient][grantee][scope];
    }

    function _checkTerms(uint8 rights, uint16 purposes, uint40 expiresAt) private view {
        if (rights == 0 || rights & ~ALL_RIGHTS != 0) revert BadRights(rights);
        if (purposes == 0 || purposes & ~ALL_PURPOSES != 0) revert BadPurposes(purposes);
        _checkEnd(expiresAt);
    }
}
