// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Grants} from "./Grants.sol";
import {IReferrals} from "./interfaces/IReferrals.sol";
import {Scopes} from "./libraries/Scopes.sol";
import {Grant, ParentScope, REFER, Referral, ReferralTerms, Scope} from "./types/Types.sol";

/// @title Referrals: access passed on
abstract contract Referrals is Grants, IReferrals {
    /* STORAGE */

    /// @dev By the hash of patient, referrer, grantee and scope.
    mapping(bytes32 key => Referral referral) private _referrals;

    /* ACTS */

    /// @inheritdoc IReferrals
    function referAccess(address patient, ReferralTerms calldata terms) external {
        _checkPatient(patient);
        address referrer = _msgSender();
        _checkStanding(referrer);
        _checkTerms(terms.rights, terms.purposes, terms.expiresAt, terms.sealedKey);
        if (terms.grantee == patient || terms.grantee == referrer) revert GrantToSelf(terms.grantee);
        _checkStanding(terms.grantee);
        _checkScope(patient, terms.scope);
        ParentScope parentScope = _parentScope(patient, terms.parent, terms.scope);
        bytes20 parentId = _checkParent(patient, referrer, terms);
        uint256 packed = uint256(uint160(parentId));
        packed = packed << 8 | uint8(parentScope);
        packed = packed << 8 | terms.rights;
        packed = packed << 16 | terms.purposes;
        packed = packed << 40 | terms.expiresAt;
        Referral storage referral = _referral(patient, referrer, terms.grantee, terms.scope);
        // As in `Grants`.
        assembly ("memory-safe") {
            sstore(referral.slot, packed)
        }
        _log(
            AccessReferred.selector,
            patient,
            _topic(terms.grantee),
            Scope.unwrap(terms.scope),
            abi.encode(referrer, terms.parent, terms.rights, terms.purposes, terms.expiresAt, terms.sealedKey)
        );
    }

    /// @inheritdoc IReferrals
    function endReferral(address patient, address referrer, address grantee, Scope scope) external {
        address actor = _msgSender();
        if (actor != patient && actor != referrer && actor != grantee && !_isGuardian(patient, actor)) {
            revert NotAPartyOfReferral(actor);
        }
        bytes32 key = _key(patient, referrer, grantee, scope);
        if (_referrals[key].expiresAt == 0) revert NoSuchReferral(patient, referrer, grantee, scope);
        delete _referrals[key];
        _log(ReferralEnded.selector, patient, _topic(grantee), Scope.unwrap(scope), abi.encode(referrer, actor));
    }

    /* VIEWS */

    /// @inheritdoc IReferrals
    function referralOf(address patient, address referrer, address grantee, Scope scope)
        external
        view
        returns (Referral memory)
    {
        return _referral(patient, referrer, grantee, scope);
    }

    /* INTERNAL */

    function _referral(address patient, address referrer, address grantee, Scope scope)
        internal
        view
        returns (Referral storage)
    {
        return _referrals[_key(patient, referrer, grantee, scope)];
    }

    function _key(address patient, address referrer, address grantee, Scope scope) private pure returns (bytes32) {
        return keccak256(abi.encode(patient, referrer, grantee, scope));
    }

    /// @dev Reverts unless the referrer holds the parent, in force, and it allows all of the terms.
    function _checkParent(address patient, address referrer, ReferralTerms calldata terms)
        private
        view
        returns (bytes20 id)
    {
        Grant storage parent = _grant(patient, referrer, terms.parent);
        if (block.timestamp >= parent.expiresAt || parent.epoch != epochOf(patient)) {
            revert ParentNotInForce(patient, referrer, terms.parent);
        }
        uint8 passable = parent.rights & REFER == 0 ? 0 : parent.rights & ~REFER;
        if (
            terms.rights & ~passable != 0 || terms.purposes & ~parent.purposes != 0
                || terms.expiresAt > parent.expiresAt
        ) {
            revert ExceedsParent(passable, parent.purposes, parent.expiresAt);
        }
        return parent.id;
    }

    /// @dev How wide the parent is. Reverts unless it covers the scope. What an emergency gives is never passed on.
    function _parentScope(address patient, Scope parent, Scope scope) private view returns (ParentScope) {
        if (Scopes.isChart(parent)) return ParentScope.Chart;
        if (Scopes.same(parent, scope)) return Scopes.isRecord(scope) ? ParentScope.Record : ParentScope.Folder;
        if (Scopes.isRecord(scope)) {
            Scope folder = Scopes.ofFolder(_record(patient, Scopes.toRecord(scope)).folder);
            if (Scopes.same(parent, folder)) return ParentScope.Folder;
        }
        revert ScopeNotCovered(parent, scope);
    }
}
