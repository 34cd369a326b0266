// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {DirectoryEntry, Practitioner, Reason} from "../types/Types.sol";

/// @title Practitioners, and the registrars who vouch for them
/// @notice A practitioner is an account that a registrar (a health administration) vouches for, until a date. Standing
/// counts at the very next check: a suspended or lapsed practitioner opens nothing, whatever grants they hold.
/// @dev Roles are OpenZeppelin's `AccessControlDefaultAdminRules` (two-step, delayed admin). Their ids are keccak256 of REGISTRAR,
/// AUDITOR (reads every chart's history through the query API) and CUSTODIAN (keeps a share of records' keys, and releases it only
/// for an open that is in the trail; nothing on chain asks for it). Registrars trust each other: any of them may renew, amend,
/// suspend or reinstate any practitioner, and the event says who did. No role can touch a patient's records, grants or history.
interface IPractitioners {
    /// @notice A registrar vouched for a practitioner. `registry` is always zero, here and below.
    event PractitionerRegistered(
        address indexed registry,
        address indexed practitioner,
        address indexed registrar,
        uint40 validUntil,
        bool emergencyCapable,
        string name,
        string licence,
        string specialty,
        string organisation
    );
    /// @notice A registrar corrected a directory entry.
    event PractitionerAmended(
        address indexed registry,
        address indexed practitioner,
        address indexed registrar,
        string name,
        string licence,
        string specialty,
        string organisation
    );
    /// @notice A registrar set a new end of validity (later or earlier), and whether the practitioner may break the glass.
    event PractitionerRenewed(
        address indexed registry,
        address indexed practitioner,
        address indexed registrar,
        uint40 validUntil,
        bool emergencyCapable
    );
    /// @notice A registrar suspended a practitioner.
    event PractitionerSuspended(address indexed registry, address indexed practitioner, address indexed registrar);
    /// @notice A registrar lifted a suspension.
    event PractitionerReinstated(address indexed registry, address indexed practitioner, address indexed registrar);
    /// @notice A role was given (`held`) or taken. The trail's own record of OpenZeppelin's RoleGranted and RoleRevoked.
    /// @param actor who did it: the admin, or the holder giving it up
    event RoleChanged(
        address indexed registry, address indexed account, bytes32 indexed role, bool held, address actor
    );

    /// @notice The admin began or called off a hand-over, or a change of the delay before one. The trail's own record of
    /// OpenZeppelin's DefaultAdminTransferScheduled, DefaultAdminTransferCanceled, DefaultAdminDelayChangeScheduled and
    /// DefaultAdminDelayChangeCanceled, which say when.
    /// @param newAdmin who may take over; zero: nobody
    /// @param newDelay the delay to come, seconds; zero: it stays
    /// @param actor the admin
    event AdminChangePending(
        address indexed registry, address indexed newAdmin, uint48 indexed newDelay, address actor
    );

    /// @notice Thrown when a registrar's act names an account that none ever vouched for.
    error UnknownPractitioner(address account);
    /// @notice Thrown when registering a practitioner again: use `renewPractitioner` or `amendPractitioner`.
    error PractitionerAlreadyRegistered(address practitioner);
    /// @notice Thrown when a suspended practitioner is suspended again.
    error SuspendedPractitioner(address practitioner);
    /// @notice Thrown when reinstating a practitioner who is not suspended.
    error NotSuspended(address practitioner);
    /// @notice Thrown when an act needs a practitioner in good standing and the account is none.
    /// @param standing why: `UnknownPractitioner`, `PractitionerSuspended` or `PractitionerLapsed`
    error NotInGoodStanding(address account, Reason standing);
    /// @notice Thrown when a directory entry has no name.
    error DirectoryNameMissing();
    /// @notice Thrown when a text of a directory entry is longer than `maximum` bytes of UTF-8.
    error DirectoryTextTooLong(uint256 length, uint256 maximum);
    /// @notice Thrown when an address that must be somebody's is zero.
    error ZeroAddress();

    /// @notice Vouches for a practitioner until `validUntil` (Unix seconds). Registrars only.
    /// @param entry goes into the public directory: professional facts only, each at most 200 bytes
    function registerPractitioner(
        address practitioner,
        uint40 validUntil,
        bool emergencyCapable,
        DirectoryEntry calldata entry
    ) external;

    /// @notice Replaces a practitioner's directory entry. Registrars only.
    function amendPractitioner(address practitioner, DirectoryEntry calldata entry) external;

    /// @notice Sets a practitioner's end of validity and emergency capability. A suspension stays. Registrars only.
    function renewPractitioner(address practitioner, uint40 validUntil, bool emergencyCapable) external;

    /// @notice Suspends a practitioner at once. Registrars only.
    function suspendPractitioner(address practitioner) external;

    /// @notice Lifts a suspension at once. Registrars only.
    function reinstatePractitioner(address practitioner) external;

    /// @notice A practitioner's standing; all zero if never registered.
    function practitionerOf(address account) external view returns (Practitioner memory);
}
