// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Referral, ReferralTerms, Scope} from "../types/Types.sol";

/// @title Referrals: access passed on
/// @notice A practitioner who holds a grant with `REFER` passes on part of it to a colleague. A referral rests on that one grant, its
/// parent: it covers no more, has no more rights and purposes, ends no later, and is in force only while that very grant is and its
/// referrer is in good standing. Granting the referrer anew does not revive it. It cannot be passed on again.
/// @dev It has a slot of its own, per referrer: it overwrites neither a patient's grant nor another's referral. The reader names the
/// referrer as `via`. Only a practitioner's own grant is passed on, not a team's, and only to a practitioner.
interface IReferrals {
    /// @notice Access was passed on, or the referral replaced for this referrer, grantee and scope.
    /// @param patient whose chart
    /// @param grantee practitioner it was passed on to
    /// @param scope what it covers
    /// @param referrer who passed it on
    /// @param parent scope of the referrer's grant that it rests on
    /// @param rights bits of READ and WRITE
    /// @param purposes bits of Purpose
    /// @param expiresAt Unix seconds
    /// @param sealedKey its seed sealed to the grantee's key, at most 2048 bytes; may be empty
    event AccessReferred(
        address indexed patient,
        address indexed grantee,
        Scope indexed scope,
        address referrer,
        Scope parent,
        uint8 rights,
        uint16 purposes,
        uint40 expiresAt,
        bytes sealedKey
    );
    /// @notice A referral was taken back or given up.
    /// @param actor the patient or a guardian, the referrer, or the grantee
    event ReferralEnded(
        address indexed patient, address indexed grantee, Scope indexed scope, address referrer, address actor
    );

    /// @notice Thrown when the caller holds no grant in force of the scope `parent`.
    error ParentNotInForce(address patient, address referrer, Scope parent);
    /// @notice Thrown when the parent does not cover the referral's scope.
    error ScopeNotCovered(Scope parent, Scope scope);
    /// @notice Thrown when a referral has rights or purposes that may not be passed on, or would end after its parent.
    /// @param rights at most these: the parent's, REFER excepted; none if the parent has no REFER
    /// @param purposes at most these
    /// @param expiresAt at most this
    error ExceedsParent(uint8 rights, uint16 purposes, uint40 expiresAt);
    /// @notice Thrown when there is no such referral to end.
    error NoSuchReferral(address patient, address referrer, address grantee, Scope scope);
    /// @notice Thrown when someone who is neither patient, guardian, referrer nor grantee ends a referral.
    error NotAPartyOfReferral(address actor);

    /// @notice Passes on part of a grant that the caller holds. For practitioners in good standing.
    function referAccess(address patient, ReferralTerms calldata terms) external;

    /// @notice Ends a referral, whatever became of its parent. For the patient and guardians, the referrer and the grantee.
    function endReferral(address patient, address referrer, address grantee, Scope scope) external;

    /// @notice A referral's slot; all zero if there is none.
    /// @dev Warning: a referral that is there need not be in force; ask `canOpen`.
    function referralOf(address patient, address referrer, address grantee, Scope scope)
        external
        view
        returns (Referral memory);
}
