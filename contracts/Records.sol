// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Judge} from "./Judge.sol";
import {IRecords} from "./interfaces/IRecords.sol";
import {Cid} from "./libraries/Cid.sol";
import {Scopes} from "./libraries/Scopes.sol";
import {Digest, NewRecord, Reason, Record, RecordStatus, Scope} from "./types/Types.sol";

/// @title Records: adding, correcting and retracting them
abstract contract Records is Judge {
    /* CONSTANTS */

    uint256 private constant MAX_SEALED_METADATA = 512;

    /* ACTS */

    /// @inheritdoc IRecords
    function addRecord(address patient, address via, uint32 folder, NewRecord calldata record)
        external
        returns (Digest digest)
    {
        (address author, address through, Scope scope) = _author(patient, Digest.wrap(0), folder, via);
        digest = _add(patient, author, through, scope, folder, record);
    }

    /// @inheritdoc IRecords
    function supersedeRecord(address patient, address via, Digest digest, NewRecord calldata record)
        external
        returns (Digest successor)
    {
        Record storage old = _record(patient, digest);
        (address author, address through, Scope scope) = _editor(patient, digest, via);
        if (old.status != RecordStatus.Current) revert RecordNotCurrent(patient, digest, old.status);
        successor = _add(patient, author, through, scope, old.folder, record);
        old.status = RecordStatus.Superseded;
        _log(RecordSuperseded.selector, patient, Digest.unwrap(digest), Digest.unwrap(successor), abi.encode(author));
    }

    /// @inheritdoc IRecords
    function retractRecord(address patient, address via, Digest digest, bytes32 reasonHash) external {
        Record storage record = _record(patient, digest);
        (address author, address through, Scope scope) = _editor(patient, digest, via);
        if (record.status == RecordStatus.Retracted) revert RecordNotCurrent(patient, digest, record.status);
        record.status = RecordStatus.Retracted;
        _log(
            RecordRetracted.selector,
            patient,
            Digest.unwrap(digest),
            _topic(author),
            abi.encode(through, scope, reasonHash)
        );
    }

    /* PRIVATE */

    /// @dev The caller, through whom they act, and the scope of the grant that allows it. Reverts unless they may write.
    function _author(address patient, Digest digest, uint32 folder, address via)
        private
        view
        returns (address author, address through, Scope scope)
    {
        _checkPatient(patient);
        author = _msgSender();
        Reason reason;
        (reason, scope) = _judgeWrite(patient, digest, folder, author, via);
        if (reason != Reason.Allowed) revert WriteRefused(patient, author, via, reason);
        through = _through(patient, author, via);
    }

    /// @dev As `_author`, for a record that is there. Practitioners change only what they added themselves.
    function _editor(address patient, Digest digest, address via)
        private
        view
        returns (address editor, address through, Scope scope)
    {
        Record storage record = _record(patient, digest);
        (editor, through, scope) = _author(patient, digest, record.folder, via);
        _checkRecord(patient, digest);
        if (editor != patient && through != patient && editor != record.author) {
            revert NotTheAuthor(patient, digest, editor);
        }
    }

    function _add(address patient, address author, address via, Scope scope, uint32 folder, NewRecord calldata record)
        private
        returns (Digest digest)
    {
        uint8 codec;
        (codec, digest) = Cid.parse(record.cid);
        if (!Scopes.isRecord(Scopes.ofRecord(digest))) revert ReservedDigest(digest);
        if (_record(patient, digest).status != RecordStatus.None) revert RecordAlreadyAdded(patient, digest);
        if (record.sealedMetadata.length > MAX_SEALED_METADATA) {
            revert SealedMetadataTooLong(record.sealedMetadata.length, MAX_SEALED_METADATA);
        }
        _putRecord(patient, digest, author, folder, codec);
        _log(
            RecordAdded.selector,
            patient,
            Digest.unwrap(digest),
            _topic(author),
            abi.encode(codec, folder, via, scope, record.keyCommit, record.sealedMetadata)
        );
    }
}
