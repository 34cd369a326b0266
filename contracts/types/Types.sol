// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The sha2-256 digest inside a record's CID. With the codec it rebuilds the CID; it is the record's key in a chart.
type Digest is bytes32;

/// @notice What a grant covers, in one word:
///   0                     the whole chart
///   1 … 2^32 - 1          one folder, by the patient's own number
///   anything greater      one record, by its digest
/// The three never overlap, because `addRecord` refuses a digest below 2^32.
type Scope is bytes32;

/// @notice Why a record is read: HL7 v3 PurposeOfUse (http://terminology.hl7.org/ValueSet/v3-PurposeOfUse).
/// A grant names purposes as a bit mask: bit `1 << uint8(purpose)`. New ones are only ever appended; there is room for 16.
enum Purpose {
    TREAT, // treatment
    ETREAT, // emergency treatment
    BTG, // break the glass
    HPAYMT, // payment
    HOPERAT, // healthcare operations
    HRESCH, // research
    PATRQT, // the patient's request
    FAMRQT, // the family's request
    PUBHLTH, // public health
    HLEGAL // legal proceedings
}

/// @dev Every purpose's bit.
uint16 constant ALL_PURPOSES = uint16((1 << (uint8(type(Purpose).max) + 1)) - 1);

/// @dev Rights of a grant, as bits.
uint8 constant READ = 1; // open records
uint8 constant WRITE = 2; // add records
uint8 constant REFER = 4; // pass on, at most as much as held
uint8 constant ALL_RIGHTS = READ | WRITE | REFER;

/// @dev Key suites (HPKE, RFC 9180): what `publishKey` accepts.
uint8 constant SUITE_XWING = 0x01; // X-Wing (KEM 0x647a), HKDF-SHA256, AES-256-GCM: 1216-byte public keys
uint8 constant SUITE_X25519 = 0x02; // DHKEM(X25519), HKDF-SHA256, AES-256-GCM: 32-byte public keys

/// @dev 9999-12-31T23:59:59Z, in Unix seconds: the last moment that RFC 3339 can write. No expiry or validity lies beyond.
uint40 constant LAST_MOMENT = 253_402_300_799;

/// @notice Life of a record. Values are only ever appended.
enum RecordStatus {
    None, // never added
    Current
}

/// @notice One record, one slot. The CID is (codec, sha2-256, digest), so the contract holds it whole.
struct Record {
    address author; // who added it
    uint40 addedAt; // Unix seconds
    uint32 folder; // 0: in no folder
    uint8 codec; // multicodec of the CID: 0x55 raw or 0x70 dag-pb
    RecordStatus status;
}

/// @notice One grant, one slot. All zero: there is none (never was, or revoked or renounced since; the trail tells which).
struct Grant {
    uint40 expiresAt; // Unix seconds; in force while block.timestamp < expiresAt
    uint32 epoch; // the chart's epoch when it was granted; void once the chart's has moved on
    uint16 purposes; // bit mask of Purpose
    uint8 rights; // bit mask of READ, WRITE, REFER
    address referrer; // who passed it on; zero: the patient granted it
}

/// @notice One practitioner's standing, one slot. Who they are (name, licence, …) is in the events: a public directory.
struct Practitioner {
    uint40 validUntil; // Unix seconds; in good standing while block.timestamp < validUntil; 0: never registered
    bool suspended;
    bool emergencyCapable; // may break the glass
}

/// @notice A practitioner's entry in the public directory. It travels in events only.
struct DirectoryEntry {
    string name;
    string licence; // licence number, as its issuer writes it
    string specialty;
    string organisation; // hospital or practice
}

/// @notice What the judge says. In `whyNot`, where several grants fail for different reasons, the greatest of theirs is
/// given: the one closest to `Allowed` by the order here. Values are only ever appended.
enum Reason {
    Allowed,
    UnknownPatient, // the subject never registered
    UnknownRecord, // not in that patient's chart
    UnknownPractitioner, // the reader was never registered by a registrar
    PractitionerSuspended, // suspended by a registrar
    PractitionerLapsed, // registration ran out
    NotATeamMember, // `via` names a team the reader does not belong to
    NoGrant, // none covers the record: never given, revoked or renounced
    GrantVoided, // given before the patient's latest `revokeEveryone`
    GrantExpired, // its end has passed
    RightNotGranted, // it does not include READ
    PurposeNotGranted // it does not include this purpose
}
