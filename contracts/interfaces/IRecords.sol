// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, NewRecord, Reason, Record, RecordStatus, Scope} from "../types/Types.sol";

/// @title Records: the CIDs in a patient's chart
/// @notice One record is one encrypted file on IPFS. It is keyed by (patient, digest), so nobody can squat another chart's
/// record, and it is never erased: a correction adds a successor and keeps both, a retraction marks it.
///
/// Who may write: the patient; a guardian; a practitioner in good standing with `WRITE` for the chart or the folder, of their own, as a
/// member of a team, or referred. `WRITE` for one record is enough for its author to correct or retract it. The judge decides it as
/// it decides who may open (see IOpens, where `via` is explained).
interface IRecords {
    /// @notice A record was added to a chart.
    /// @param patient whose chart
    /// @param digest sha2-256 digest of the CID
    /// @param author who added it
    /// @param codec multicodec of the CID, 0x55 (raw) or 0x70 (dag-pb); a CIDv0 is normalised to dag-pb
    /// @param folder the patient's own number for a group of records; 0: none
    /// @param via through whom the author wrote; zero: by themselves
    /// @param scope of the grant that allowed it; zero also for the patient and guardians
    /// @param keyCommit commitment to the content key (vault/README.md); zero: none
    /// @param sealedMetadata title, type and date, sealed, at most 512 bytes; may be empty
    event RecordAdded(
        address indexed patient,
        Digest indexed digest,
        address indexed author,
        uint8 codec,
        uint32 folder,
        address via,
        Scope scope,
        bytes32 keyCommit,
        bytes sealedMetadata
    );
    /// @notice A record was corrected. Its successor's `RecordAdded` stands right before this. The old one stays readable.
    /// @param author who corrected it
    event RecordSuperseded(address indexed patient, Digest indexed digest, Digest indexed successor, address author);
    /// @notice A record was marked as entered in error. Only the patient and guardians still open it.
    /// @param author who retracted it
    /// @param via as in `RecordAdded`
    /// @param scope as in `RecordAdded`
    /// @param reasonHash keccak256 of a reason that is kept elsewhere; zero: none
    event RecordRetracted(
        address indexed patient,
        Digest indexed digest,
        address indexed author,
        address via,
        Scope scope,
        bytes32 reasonHash
    );

    /// @notice Thrown when the record is in that chart already.
    error RecordAlreadyAdded(address patient, Digest digest);
    /// @notice Thrown when an act names a record that is not in that chart.
    error UnknownRecord(address patient, Digest digest);
    /// @notice Thrown when a record to be superseded is not current, or one to be retracted is retracted.
    error RecordNotCurrent(address patient, Digest digest, RecordStatus status);
    /// @notice Thrown when the judge does not allow an author to write; `reason` says why.
    error WriteRefused(address patient, address author, address via, Reason reason);
    /// @notice Thrown when a practitioner corrects or retracts a record that another added.
    error NotTheAuthor(address patient, Digest digest, address actor);
    /// @notice Thrown when a digest is a word that means another scope (no real file's does).
    error ReservedDigest(Digest digest);
    /// @notice Thrown when sealed metadata is longer than `maximum` bytes.
    error SealedMetadataTooLong(uint256 length, uint256 maximum);

    /// @notice Adds a record to a chart. For the patient, guardians, and practitioners with `WRITE` for the chart or the folder.
    /// @param patient whose chart
    /// @param via through whom the caller writes, see IOpens
    /// @param folder 0 or the patient's own number; it never changes
    /// @return digest the record's key in this chart
    /// @dev Warning: whoever may write to a chart can see a CID in a transaction that waits, and add it first, in another folder or with
    /// another commitment. The other then gets `RecordAlreadyAdded`, retracts that record and encrypts the file anew, which gives
    /// another CID.
    function addRecord(address patient, address via, uint32 folder, NewRecord calldata record)
        external
        returns (Digest digest);

    /// @notice Corrects a current record: adds its successor, in the same folder, and marks it as superseded. Grants for the chart
    /// and the folder cover the successor; a grant for the old record alone stays with the old one. For the patient, guardians, and
    /// its author while they may write.
    function supersedeRecord(address patient, address via, Digest digest, NewRecord calldata record)
        external
        returns (Digest successor);

    /// @notice Marks a record, current or superseded, as entered in error, for ever. For the patient, guardians, and its author while
    /// they may write.
    /// @param reasonHash see `RecordRetracted`
    function retractRecord(address patient, address via, Digest digest, bytes32 reasonHash) external;

    /// @notice A record's slot; all zero if it is not in that chart.
    function recordOf(address patient, Digest digest) external view returns (Record memory);

    /// @notice The record's CID, version 1, binary (36 bytes). Reverts with `UnknownRecord`.
    function cidOf(address patient, Digest digest) external view returns (bytes memory);
}
