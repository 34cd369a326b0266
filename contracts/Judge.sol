// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Emergency} from "./Emergency.sol";
import {Referrals} from "./Referrals.sol";
import {Scopes} from "./libraries/Scopes.sol";
import {
    ALL_PURPOSES,
    Digest,
    Grant,
    ParentScope,
    Purpose,
    READ,
    Reason,
    RecordStatus,
    Referral,
    Scope,
    WRITE
} from "./types/Types.sol";

/// @title The judge: the one place that decides who may open and write what
/// @notice Every argument is explicit: it never asks who is calling.
abstract contract Judge is Referrals, Emergency {
    /* TYPES */

    /// @dev What is asked: may `account`, through `via`, do what needs `right` for one of `purposes` with this record?
    struct Question {
        address patient;
        address account;
        address via;
        Digest digest; // zero: a record to come
        uint32 folder;
        uint8 right;
        uint16 purposes;
        uint32 epoch; // the chart's
    }

    /* INTERNAL */

    /// @dev `Allowed`, with the scope of the grant that allows the open (the widest, if several do); or why not.
    function _judgeOpen(address patient, Digest digest, address reader, address via, Purpose purpose)
        internal
        view
        returns (Reason reason, Scope scope)
    {
        uint32 folder;
        (reason, folder) = _judgeRecord(patient, digest, reader, via);
        if (reason == Reason.Allowed) {
            (reason, scope) = _judge(patient, digest, folder, reader, via, READ, uint16(1 << uint8(purpose)));
        }
    }

    /// @dev The first half: what the record says, whoever reads it; with its folder.
    function _judgeRecord(address patient, Digest digest, address reader, address via)
        internal
        view
        returns (Reason, uint32 folder)
    {
        RecordStatus status;
        (status, folder) = _statusAndFolder(patient, digest);
        if (status == RecordStatus.Current) return (Reason.Allowed, folder);
        if (status == RecordStatus.None) {
            return (isPatient(patient) ? Reason.UnknownRecord : Reason.UnknownPatient, folder);
        }
        bool hidden = status == RecordStatus.Retracted && reader != patient && via != patient;
        return (hidden ? Reason.RecordRetracted : Reason.Allowed, folder);
    }

    /// @dev The same for an author: of a record to come (`digest` zero) in a folder, or of one that is there.
    function _judgeWrite(address patient, Digest digest, uint32 folder, address author, address via)
        internal
        view
        returns (Reason, Scope)
    {
        return _judge(patient, digest, folder, author, via, WRITE, ALL_PURPOSES);
    }

    /// @dev The second half: what an account may, whatever the record's status. Allowed by a scope of the whole chart, it is the same
    /// for every record of it.
    function _judge(
        address patient,
        Digest digest,
        uint32 folder,
        address account,
        address via,
        uint8 right,
        uint16 purposes
    ) internal view returns (Reason reason, Scope scope) {
        if (account == patient) return (Reason.Allowed, Scopes.CHART);
        if (via == patient) {
            return (_isGuardian(patient, account) ? Reason.Allowed : Reason.NotAGuardian, Scopes.CHART);
        }
        reason = _standing(account);
        if (reason != Reason.Allowed) return (reason, Scopes.CHART);
        return _judgePractitioner(
            Question({
                patient: patient,
                account: account,
                via: via,
                digest: digest,
                folder: folder,
                right: right,
                purposes: purposes,
                epoch: epochOf(patient)
            })
        );
    }

    /// @dev Whom the log names: patients need nobody's grant, so they used no team's, whatever they said.
    function _through(address patient, address account, address via) internal pure returns (address) {
        return account == patient ? address(0) : via;
    }

    /* PRIVATE */

    function _judgePractitioner(Question memory q) private view returns (Reason, Scope) {
        if (q.via == address(0)) return _judgeScopes(q, q.account, false);

        uint40 memberUntil = teamMemberUntil(q.via, q.account);
        if (block.timestamp < memberUntil) return _judgeScopes(q, q.via, false);
        if (memberUntil != 0 || _isTeam(q.via)) return (Reason.NotATeamMember, Scopes.CHART);
        if (_standing(q.via) != Reason.Allowed) return (Reason.ReferrerNotInGoodStanding, Scopes.CHART);
        return _judgeScopes(q, q.account, true);
    }

    /// @dev Asks what covers the record: by the chart, the folder, the record, and for its own purpose by a glass that the account
    /// broke. The first that allows wins; if none does, the greatest of their reasons is given.
    function _judgeScopes(Question memory q, address grantee, bool referred)
        private
        view
        returns (Reason reason, Scope)
    {
        for (uint256 i = 0; i < 4; ++i) {
            Scope scope;
            if (i == 1) {
                scope = Scopes.ofFolder(q.folder);
            } else if (i == 2) {
                scope = Scopes.ofRecord(q.digest);
            } else if (i == 3) {
                // Through others there is none: asked for all the same, so that this needs no look at what else writes grants.
                if (q.purposes != BREAK_THE_GLASS || q.via != address(0)) break;
                scope = Scopes.EMERGENCY;
            }
            // No folder, or a record to come: the word would be the chart's.
            if (i != 0 && Scopes.isChart(scope)) continue;
            Reason found = _judgeScope(q, grantee, scope, referred);
            if (found == Reason.Allowed) return (found, scope);
            if (found > reason) reason = found;
        }
        return (reason, Scopes.CHART);
    }

    function _judgeScope(Question memory q, address grantee, Scope scope, bool referred) private view returns (Reason) {
        if (referred) return _judgeReferral(q, _referral(q.patient, q.via, grantee, scope));
        Grant storage grant = _grant(q.patient, grantee, scope);
        // Together, here and below, so that each slot is read once.
        (uint40 expiresAt, uint32 epoch, uint8 rights, uint16 purposes) =
            (grant.expiresAt, grant.epoch, grant.rights, grant.purposes);
        if (expiresAt == 0) return Reason.NoGrant;
        if (epoch != q.epoch) return Reason.GrantVoided;
        return _judgeTerms(q, expiresAt, rights, purposes);
    }

    /// @dev Its terms were held against the parent's when it was given, and a grant's terms never change: so it exceeds the
    /// parent in nothing as long as that is the same grant.
    function _judgeReferral(Question memory q, Referral storage referral) private view returns (Reason) {
        (uint40 expiresAt, uint8 rights, uint16 purposes, ParentScope wide, bytes20 parentId) =
            (referral.expiresAt, referral.rights, referral.purposes, referral.parentScope, referral.parentId);
        if (expiresAt == 0) return Reason.NoGrant;
        Scope scope = wide == ParentScope.Chart
            ? Scopes.CHART
            : wide == ParentScope.Folder ? Scopes.ofFolder(q.folder) : Scopes.ofRecord(q.digest);
        Grant storage parent = _grant(q.patient, q.via, scope);
        if (parent.id != parentId) return Reason.ParentEnded;
        if (parent.epoch != q.epoch) return Reason.GrantVoided;
        return _judgeTerms(q, expiresAt, rights, purposes);
    }

    function _judgeTerms(Question memory q, uint40 expiresAt, uint8 rights, uint16 purposes)
        private
        view
        returns (Reason)
    {
        if (block.timestamp >= expiresAt) return Reason.GrantExpired;
        if (rights & q.right == 0) return Reason.RightNotGranted;
        if (purposes & q.purposes == 0) return Reason.PurposeNotGranted;
        return Reason.Allowed;
    }
}
