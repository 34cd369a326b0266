// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, Grant, Scope} from "../types/Types.sol";

/// @title Grants: who may open what, why, and until when
/// @notice A grant is one patient's permission to one grantee, a practitioner or a care team, for one scope. It is in force while it is
/// there, its end has not come, and the chart's epoch has not moved on. Granting the same grantee the same scope again replaces
/// the grant, and ends the referrals that rested on it.
interface IGrants {
    /// @notice Access was granted, or replaced for this grantee and scope.
    /// @param patient whose chart
    /// @param grantee practitioner or care team
    /// @param scope what it covers
    /// @param actor the patient or a guardian
    /// @param rights bits of READ, WRITE, REFER
    /// @param purposes bits of Purpose
    /// @param expiresAt Unix seconds; in force while block.timestamp < expiresAt
    /// @param epoch the chart's epoch, which the grant remembers
    /// @param sealedKey the grant's seed sealed to the grantee's key (vault/README.md), at most 2048 bytes; may be empty
    event AccessGranted(
        address indexed patient,
        address indexed grantee,
        Scope indexed scope,
        address actor,
        uint8 rights,
        uint16 purposes,
        uint40 expiresAt,
        uint32 epoch,
        bytes sealedKey
    );
    /// @notice A grant was taken back.
    event AccessRevoked(address indexed patient, address indexed grantee, Scope indexed scope, address actor);
    /// @notice A grantee gave a grant up.
    event AccessRenounced(address indexed patient, address indexed grantee, Scope indexed scope);
    /// @notice Every grant of the chart given before is void.
    /// @param epoch the chart's new epoch, counting from 1
    event EveryoneRevoked(address indexed patient, address indexed actor, uint32 indexed epoch);

    /// @notice Thrown when somebody would be given what they have: a patient access to their own chart, a referrer their own grant.
    error GrantToSelf(address account);
    /// @notice Thrown when the scope is the emergency's, which only breaking the glass gives.
    error EmergencyScope();
    /// @notice Thrown when a grant has no rights, or bits that are none.
    error BadRights(uint8 rights);
    /// @notice Thrown when a grant has no purposes, or bits that are none.
    error BadPurposes(uint16 purposes);
    /// @notice Thrown when a sealed key is longer than `maximum` bytes.
    error SealedKeyTooLong(uint256 length, uint256 maximum);
    /// @notice Thrown when there is nothing to take back or give up.
    error NoSuchGrant(address patient, address grantee, Scope scope);

    /// @notice Grants a practitioner in good standing, or a care team, access. For the patient and guardians.
    /// @dev A grant for one record needs the record to exist; one for a folder or the chart covers records added later.
    function grantAccess(
        address patient,
        address grantee,
        Scope scope,
        uint8 rights,
        uint16 purposes,
        uint40 expiresAt,
        bytes calldata sealedKey
    ) external;

    /// @notice Takes a grant back, expired, void or in force, whatever became of the grantee; an emergency's, too. For the patient
    /// and guardians.
    function revokeAccess(address patient, address grantee, Scope scope) external;

    /// @notice Gives up a grant the caller holds.
    function renounceAccess(address patient, Scope scope) external;

    /// @notice Voids every grant, emergency and referral of the chart at once, at the same cost however many there are. For the
    /// patient and guardians.
    function revokeEveryone(address patient) external;

    /// @notice A grant's slot; all zero if there is none.
    /// @dev Warning: a grant that is there need not be in force; ask `canOpen`.
    function grantOf(address patient, address grantee, Scope scope) external view returns (Grant memory);

    /// @notice How often everyone was revoked. A grant of an earlier epoch is void.
    function epochOf(address patient) external view returns (uint32);
}
