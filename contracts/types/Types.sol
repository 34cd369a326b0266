// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The sha2-256 digest inside a record's CID. With the codec it rebuilds the CID; it is the record's key in a chart.
type Digest is bytes32;

/// @notice What a grant covers, in one word:
///   0                     the whole chart
///   1 … 2^32 - 1          one folder, by the patient's own number
///   2^256 - 1             the whole chart in an emergency: what breaking the glass gives, and nothing else can
///   anything between      one record, by its digest
/// They never overlap, because `addRecord` refuses a digest that is one of the other words.
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

/// @dev Every purpose's bit. A number, because the compiler would work an expression out wherever it stands.
uint16 constant ALL_PURPOSES = 0x03ff;

/// @dev Rights of a grant, as bits.
uint8 constant READ = 1; // open records
uint8 constant WRITE = 2; // add records
uint8 constant REFER = 4; // pass on, at most as much as held
uint8 constant ALL_RIGHTS = 7;

/// @dev Key suites (HPKE, RFC 9180): which of them a published key is of is told by its length.
uint8 constant SUITE_XWING = 0x01; // X-Wing (KEM 0x647a), HKDF-SHA256, AES-256-GCM: 1216-byte public keys
uint8 constant SUITE_X25519 = 0x02; // DHKEM(X25519), HKDF-SHA256, AES-256-GCM: 32-byte public keys

/// @dev 9999-12-31T23:59:59Z, in Unix seconds: the last moment that RFC 3339 can write. No expiry or validity lies beyond.
uint40 constant LAST_MOMENT = 253_402_300_799;

/// @dev Longest time that a broken glass stays open, in seconds.
uint32 constant MAX_EMERGENCY = 72 hours;

/// @notice Life of a record. Values are only ever appended.
enum RecordStatus {
    None, // never added
    Current,
    Superseded, // corrected: its successor is named in `RecordSuperseded`; it stays readable
    Retracted // entered in error: only the patient and their guardians still open it
}

/// @notice One record, one slot. The CID is (codec, sha2-256, digest), so the contract holds it whole.
struct Record {
    address author; // who added it
    uint40 addedAt; // Unix seconds
    uint32 folder; // 0: in no folder; never changes
    uint8 codec; // multicodec of the CID: 0x55 raw or 0x70 dag-pb
    RecordStatus status;
}

/// @notice A record to add.
struct NewRecord {
    bytes cid; // binary, version 0 (34 bytes) or 1 (36 bytes): sha2-256 with raw or dag-pb, see libraries/Cid.sol
    bytes32 keyCommit; // commitment to the content key (vault/README.md); zero: none
    bytes sealedMetadata; // title, type and date, sealed; at most 512 bytes; may be empty
}

/// @notice One grant, one slot. All zero: there is none (never was, or revoked or renounced since; the trail tells which).
struct Grant {
    uint40 expiresAt; // Unix seconds; in force while block.timestamp < expiresAt
    uint32 epoch; // the chart's epoch when it was granted; void once the chart's has moved on
    uint16 purposes; // bit mask of Purpose
    uint8 rights; // bit mask of READ, WRITE, REFER
    bytes20 id; // the first 20 bytes of the patient's trail before it was granted: no two grants of a chart share it
}

/// @notice How wide the grant is that a referral rests on. With the record it is used for, that makes the grant's scope.
enum ParentScope {
    Chart,
    Folder,
    Record
}

/// @notice One referral, one slot. All zero: there is none. It rests on one grant of the referrer, its parent, and is in force only
/// while that very grant is.
struct Referral {
    uint40 expiresAt; // Unix seconds, at most the parent's
    uint16 purposes; // bit mask of Purpose, all of them the parent's
    uint8 rights; // bit mask of READ and WRITE, all of them the parent's
    ParentScope parentScope;
    bytes20 parentId; // `Grant.id` of the parent
}

/// @notice How long somebody is a guardian or a team's member, one slot.
struct Term {
    uint40 until; // Unix seconds; holds while block.timestamp < until; 0: never, or no longer
}

/// @notice What a referrer passes on.
struct ReferralTerms {
    Scope parent; // scope of the referrer's own grant that it rests on
    address grantee; // a practitioner in good standing
    Scope scope; // the parent's, or narrower
    uint8 rights; // at most the parent's, without REFER
    uint16 purposes; // at most the parent's
    uint40 expiresAt; // Unix seconds, at most the parent's
    bytes sealedKey; // the referral's seed sealed to the grantee's key, at most 2048 bytes; may be empty
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

/// @notice An open that its reader signed (EIP-712, in this order) for anybody to log.
struct OpenRequest {
    address patient;
    Digest digest;
    address reader;
    address via; // see IOpens
    uint8 purpose; // a `Purpose`
    uint256 nonce; // any that the reader has not used or cancelled, in any order; never 0
    uint256 deadline; // Unix seconds; valid while block.timestamp <= deadline
}

/// @notice Why a signed open was not logged. Values are only ever appended.
enum Skip {
    None, // it was logged
    Malformed, // an address has more than 160 bits, or the purpose is beyond the enum
    DeadlinePassed,
    NonceSpent, // used or cancelled before, or 0
    SignatureInvalid, // not the reader's
    OpenRefused // by the judge, whose `Reason` is beside it
}

/// @notice What the judge says. In `whyNot`, where several grants fail for different reasons, the greatest of theirs is
/// given: the one closest to `Allowed` by the order here. Values are only ever appended.
enum Reason {
    Allowed,
    UnknownPatient, // the subject never registered
    UnknownRecord, // not in that patient's chart
    RecordRetracted, // entered in error: for the patient and their guardians only
    NotAGuardian, // `via` names the patient, for whom the reader does not act, or no longer
    UnknownPractitioner, // the reader was never registered by a registrar
    PractitionerSuspended, // suspended by a registrar
    PractitionerLapsed, // registration ran out
    NotATeamMember, // `via` names a team the reader does not belong to, or no longer
    ReferrerNotInGoodStanding, // `via` names an account that is no practitioner in good standing, and no team
    NoGrant, // none covers the record: never given, revoked or renounced
    ParentEnded, // the referrer's grant that the referral rests on was revoked, renounced or replaced
    GrantVoided, // given before the patient's latest `revokeEveryone`
    GrantExpired, // its end has passed
    RightNotGranted, // it does not include READ (for a reader) or WRITE (for an author)
    PurposeNotGranted, // it does not include this purpose
    NotJudged // a signed open was skipped before the judge was asked
}
