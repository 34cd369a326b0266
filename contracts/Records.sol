// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Patients} from "./Patients.sol";
import {IRecords} from "./interfaces/IRecords.sol";
import {Cid} from "./libraries/Cid.sol";
import {Scopes} from "./libraries/Scopes.sol";
import {Digest, Record, RecordStatus} from "./types/Types.sol";

/// @title Records: the CIDs in a patient's chart
abstract contract Records is Patients, IRecords {
    /* CONSTANTS */

    uint256 private constant MAX_SEALED_METADATA = 512;

    /* STORAGE */

    mapping(address patient => mapping(Digest digest => Record record)) private _records;

    /* ACTS */

    /// @inheritdoc IRecords
    function addRecord(
        address patient,
        bytes calldata cid,
        uint32 folder,
        bytes32 keyCommit,
        bytes calldata sealedMetadata
    ) external returns (Digest digest) {
        address author = _actorOn(patient);
        uint8 codec;
        (codec, digest) = Cid.parse(cid);
        if (!Scopes.isRecord(Scopes.ofRecord(digest))) revert ReservedDigest(digest);
        if (_exists(patient, digest)) revert RecordAlreadyAdded(patient, digest);
        if (sealedMetadata.length > MAX_SEALED_METADATA) {
            revert SealedMetadataTooLong(sealedMetadata.length, MAX_SEALED_METADATA);
        }
        _records[patient][digest] = Record({
            author: author, addedAt: uint40(block.timestamp), folder: folder, codec: codec, status: RecordStatus.Current
        });
        _log(
            RecordAdded.selector,
            patient,
            Digest.unwrap(digest),
            _topic(author),
            abi.encode(codec, folder, keyCommit, sealedMetadata)
        );
    }

    /* VIEWS */

    /// @inheritdoc IRecords
    function recordOf(address patient, Digest digest) external view returns (Record memory) {
        return _record(patient, digest);
    }

    /// @inheritdoc IRecords
    function cidOf(address patient, Digest digest) external view returns (bytes memory) {
        _checkRecord(patient, digest);
        return Cid.build(_record(patient, digest).codec, digest);
    }

    /* INTERNAL */

    /// @dev Reverts unless the record is in the chart.
    function _checkRecord(address patient, Digest digest) internal view {
        if (!_exists(patient, digest)) revert UnknownRecord(patient, digest);
    }

    function _exists(address patient, Digest digest) internal view returns (bool) {
        return _record(patient, digest).status != RecordStatus.None;
    }

    function _record(address patient, Digest digest) internal view returns (Record storage) {
        return _records[patient][digest];
    }
}
