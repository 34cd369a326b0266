// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Emergency: breaking the glass
/// @notice Off until the patient opts in. Then a practitioner whom a registrar called emergency-capable may give themselves a grant
/// to read the whole chart, for the purpose BTG only and for a time that the patient chose, at most 72 hours. It is a grant of a
/// scope of its own (`Scopes.EMERGENCY`), so that it neither overwrites nor outlives anything else; the patient ends it like any
/// other grant, with `revokeAccess`, or all at once with `revokeEveryone`. An auditor's review of it goes on record.
/// @dev Warning: a patient who ends one and wants no other turns the policy off, too; both fit in one `multicall`. Turning the
/// policy off ends nothing that is in force. Withdrawing a practitioner's capability does not either; suspending them does.
interface IEmergency {
    /// @notice A patient's emergency policy changed.
    /// @param actor the patient or a guardian
    /// @param duration how long a broken glass stays open, seconds; 0: nobody may break it
    event EmergencyPolicySet(address indexed patient, address indexed actor, uint32 indexed duration);
    /// @notice A practitioner broke the glass.
    /// @param reasonHash keccak256 of a statement of the reason that is kept elsewhere; never zero
    /// @param expiresAt Unix seconds
    /// @param epoch the chart's epoch, which the grant remembers
    event GlassBroken(
        address indexed patient,
        address indexed practitioner,
        bytes32 indexed reasonHash,
        uint40 expiresAt,
        uint32 epoch
    );
    /// @notice An auditor reviewed an emergency.
    /// @param reasonHash which one: as in `GlassBroken`
    /// @param auditor who reviewed it
    /// @param justified the finding
    /// @param noteHash keccak256 of a note that is kept elsewhere; zero: none
    event EmergencyReviewed(
        address indexed patient,
        address indexed practitioner,
        bytes32 indexed reasonHash,
        address auditor,
        bool justified,
        bytes32 noteHash
    );

    /// @notice Thrown when a policy's duration is over 72 hours.
    error EmergencyTooLong(uint32 duration, uint32 maximum);
    /// @notice Thrown when the patient has not opted in, or no longer.
    error EmergencyOff(address patient);
    /// @notice Thrown when no registrar called the practitioner emergency-capable.
    error NotEmergencyCapable(address practitioner);
    /// @notice Thrown when a practitioner breaks a glass that they hold open already.
    error GlassAlreadyBroken(address patient, address practitioner, uint40 expiresAt);
    /// @notice Thrown when no reason is given.
    error ReasonMissing();

    /// @notice Sets for how long a broken glass stays open (seconds, at most 72 hours); 0 forbids breaking it. For the patient
    /// and guardians.
    function setEmergencyPolicy(address patient, uint32 duration) external;

    /// @notice Gives the caller a grant to read the whole chart in an emergency. For emergency-capable practitioners in good standing.
    /// @param reasonHash keccak256 of a statement of the reason, with enough randomness in it that it cannot be guessed
    function breakGlass(address patient, bytes32 reasonHash) external;

    /// @notice Puts on record what an auditor found. Auditors only.
    /// @dev Warning: whether there was such an emergency is not checked: its grant may be gone by then. Readers match it with
    /// `GlassBroken` by patient, practitioner and reason.
    function reviewEmergency(
        address patient,
        address practitioner,
        bytes32 reasonHash,
        bool justified,
        bytes32 noteHash
    ) external;

    /// @notice For how long a broken glass stays open, seconds; 0: nobody may break it.
    function emergencyPolicyOf(address patient) external view returns (uint32 duration);
}
