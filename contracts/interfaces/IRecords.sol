// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, Record} from "../types/Types.sol";

/// @title Records: the CIDs in a patient's chart
/// @notice One record is one encrypted file on IPFS. It is keyed by (patient, digest), so nobody can squat another chart's
/// record, and it is never erased.
interface IRecords {
    /// @notice A record was added to a chart.
    /// @param patient whose chart
    /// @param digest sha2-256 digest of the CID
    /// @param author who added it
    /// @param codec multicodec of the CID, 0x55 (raw) or 0x70 (dag-pb); a CIDv0 is normalised to dag-pb
    /// @param folder the patient's own number, 0 for none; its name is never on chain
    /// @param keyCommit commitment to the content key (vault/README.md); zero if there is none
    /// @param sealedMetadata title, type and date sealed for the grantees, at most 512 bytes; may be empty
    event RecordAdded(
        address indexed patient,
        Digest indexed digest,
        address indexed author,
        uint8 codec,
        uint32 folder,
        bytes32 keyCommit,
        bytes sealedMetadata
    );

    /// @notice Thrown when the record is in that chart already.
    error RecordAlreadyAdded(address patient, Digest digest);
    /// @notice Thrown when an act names a record that is not in that chart.
    error UnknownRecord(address patient, Digest digest);
    /// @notice Thrown when a digest lies below 2^32, where scopes are folders (no real file's does).
    error ReservedDigest(Digest digest);
    /// @notice Thrown when sealed metadata is longer than `maximum` bytes.
    error SealedMetadataTooLong(uint256 length, uint256 maximum);

    /// @notice Adds a record to a chart. For the patient.
    /// @param patient whose chart
    /// @param cid binary CID, version 0 (34 bytes) or 1 (36 bytes): sha2-256 with raw or dag-pb, see libraries/Cid.sol
    /// @param folder 0 or the patient's own number
    /// @param keyCommit see `RecordAdded`
    /// @param sealedMetadata see `RecordAdded`
    /// @return digest the record's key in this chart
    function addRecord(
        address patient,
        bytes calldata cid,
        uint32 folder,
        bytes32 keyCommit,
        bytes calldata sealedMetadata
    ) external returns (Digest digest);

    /// @notice A record's slot; all zero if it is not in that chart.
    function recordOf(address patient, Digest digest) external view returns (Record memory);

    /// @notice The record's CID, version 1, binary (36 bytes). Reverts with `UnknownRecord`.
    function cidOf(address patient, Digest digest) external view returns (bytes memory);
}
