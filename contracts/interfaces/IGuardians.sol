// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Guardians: who acts for a patient
/// @notice A guardian (parent, carer) does everything the patient can do with the chart, until a date: adds and retracts records,
/// grants and revokes, sets the emergency policy, opens records. What they cannot do is name guardians or publish the
/// patient's keys. Every event names both the chart's patient and who acted.
/// @dev Warning: `revokeEveryone` ends grants, not guardians; `removeGuardian` ends a guardian, not what they granted meanwhile.
interface IGuardians {
    /// @notice A patient made somebody their guardian, or gave a guardian a new end.
    /// @param actor the patient
    /// @param until Unix seconds; acts for the patient while block.timestamp < until
    event GuardianSet(address indexed patient, address indexed guardian, address indexed actor, uint40 until);
    /// @notice A guardian was removed.
    /// @param actor the patient, or the guardian
    event GuardianRemoved(address indexed patient, address indexed guardian, address indexed actor);

    /// @notice Thrown when a patient names themselves or the zero address.
    error BadGuardian(address guardian);
    /// @notice Thrown when there is no such guardian to remove.
    error NoSuchGuardian(address patient, address guardian);

    /// @notice Makes an account the caller's guardian until `until` (Unix seconds), or sets a guardian's new end. For patients, and
    /// for nobody acting for them.
    function setGuardian(address guardian, uint40 until) external;

    /// @notice Removes a guardian, at once. For the patient, and for the guardian who no longer wants to be one.
    function removeGuardian(address patient, address guardian) external;

    /// @notice When a guardian's time ends, Unix seconds; 0 if there is none, or no longer.
    /// @dev Warning: an end that has passed is still given.
    function guardianUntil(address patient, address guardian) external view returns (uint40);
}
