// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Patients and published keys
/// @notice A patient is an account with a chart. Registering starts its trail: `trail(patient) != 0` *is* registration.
/// Nothing about the person is stored or emitted, and nobody registers anybody else.
interface IPatients {
    /// @notice A patient registered. Part of the registry's trail: it proves that no patient is missing.
    /// @param registry always zero
    /// @param patient the new patient
    /// @param keyId of the key published with it (see `KeyPublished`, which follows in the patient's own trail)
    event PatientRegistered(address indexed registry, address indexed patient, bytes32 indexed keyId);

    /// @notice An account published an encryption key; its latest one is the one to seal to. Versions are counted from the
    /// events (first = 1), so that publishing needs no storage; earlier keys stay in history.
    /// @param subject the account if it is a patient at that moment, else zero (the registry's trail)
    /// @param account whose key
    /// @param keyId keccak256(suite ‖ key)
    /// @param suite `SUITE_XWING` or `SUITE_X25519`
    /// @param key the public key: 1216 or 32 bytes
    event KeyPublished(address indexed subject, address indexed account, bytes32 indexed keyId, uint8 suite, bytes key);

    /// @notice Thrown when registering an account that is a patient already.
    error AlreadyRegistered(address patient);
    /// @notice Thrown when an act names a patient that never registered.
    error UnknownPatient(address patient);
    /// @notice Thrown when an act on a chart needs the patient, or a guardian in force, and the caller is neither.
    error NotThePatient(address patient, address actor);
    /// @notice Thrown when a key is neither of a suite's length: 32 bytes (X25519) or 1216 (X-Wing).
    error UnknownKeyLength(uint256 length);

    /// @notice Registers the caller as a patient and publishes their first encryption key. Its length tells its suite.
    /// @dev Warning: the key is not checked to be a point on its curve; clients refuse low-order keys before sealing to them.
    function registerPatient(bytes calldata key) external;

    /// @notice Publishes a new encryption key of the caller, patient or not. Its length tells its suite.
    function publishKey(bytes calldata key) external;

    /// @notice Whether `account` registered as a patient.
    function isPatient(address account) external view returns (bool);
}
