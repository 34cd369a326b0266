// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Grants} from "./Grants.sol";
import {Scopes} from "./libraries/Scopes.sol";
import {Digest, Grant, Purpose, READ, Reason, Scope} from "./types/Types.sol";

/// @title The judge: the one place that decides who may open what
/// @notice Every argument is explicit: it never asks who is calling.
abstract contract Judge is Grants {
    /* INTERNAL */

    /// @dev `Allowed`, with the scope of the grant that allows it (the widest, if several do); or why not.
    function _judge(address patient, Digest digest, address reader, address via, Purpose purpose)
        internal
        view
        returns (Reason, Scope)
    {
        if (!_exists(patient, digest)) {
            return (isPatient(patient) ? Reason.UnknownRecord : Reason.UnknownPatient, Scopes.CHART);
        }
        if (reader == patient) return (Reason.Allowed, Scopes.CHART);
        Reason standing = _standing(reader);
        if (standing != Reason.Allowed) return (standing, Scopes.CHART);
        if (via != address(0)) return (Reason.NotATeamMember, Scopes.CHART);
        return _judgeGrants(patient, digest, reader, purpose);
    }

    /// @dev Asks the grants that cover the record, the widest first. If none allows, the greatest of their reasons is given.
    function _judgeGrants(address patient, Digest digest, address grantee, Purpose purpose)
        private
        view
        returns (Reason reason, Scope scope)
    {
        uint32 epoch = epochOf(patient);
        reason = _judgeGrant(_grant(patient, grantee, Scopes.CHART), epoch, purpose);
        if (reason == Reason.Allowed) return (reason, Scopes.CHART);

        uint32 folder = _record(patient, digest).folder;
        if (folder != 0) {
            scope = Scopes.ofFolder(folder);
            Reason byFolder = _judgeGrant(_grant(patient, grantee, scope), epoch, purpose);
            if (byFolder == Reason.Allowed) return (byFolder, scope);
            if (byFolder > reason) reason = byFolder;
        }

        scope = Scopes.ofRecord(digest);
        Reason byRecord = _judgeGrant(_grant(patient, grantee, scope), epoch, purpose);
        if (byRecord == Reason.Allowed) return (byRecord, scope);
        return (byRecord > reason ? byRecord : reason, Scopes.CHART);
    }

    function _judgeGrant(Grant storage grant, uint32 epoch, Purpose purpose) private view returns (Reason) {
        if (grant.expiresAt == 0) return Reason.NoGrant;
        if (grant.epoch != epoch) return Reason.GrantVoided;
        if (block.timestamp >= grant.expiresAt) return Reason.GrantExpired;
        if (grant.rights & READ == 0) return Reason.RightNotGranted;
        if (grant.purposes & (1 << uint8(purpose)) == 0) return Reason.PurposeNotGranted;
        return Reason.Allowed;
    }
}
