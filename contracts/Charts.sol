// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Guardians} from "./Guardians.sol";
import {IRecords} from "./interfaces/IRecords.sol";
import {Cid} from "./libraries/Cid.sol";
import {Digest, Record, RecordStatus} from "./types/Types.sol";

/// @title Charts: the records that are there
/// @notice What grants and the judge ask of records; `Records` has the acts, which ask the judge.
abstract contract Charts is Guardians, IRecords {
    /* STORAGE */

    mapping(address patient => mapping(Digest digest => Record record)) private _records;

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
        if (_record(patient, digest).status == RecordStatus.None) revert UnknownRecord(patient, digest);
    }

    /// @dev Two fields of a record by one read of its slot, laid out as in `_putRecord`.
    function _statusAndFolder(address patient, Digest digest)
        internal
        view
        returns (RecordStatus status, uint32 folder)
    {
        Record storage record = _record(patient, digest);
        assembly ("memory-safe") {
            let packed := sload(record.slot)
            folder := and(shr(200, packed), 0xffffffff)
            status := shr(240, packed)
        }
    }

    function _record(address patient, Digest digest) internal view returns (Record storage) {
        return _records[patient][digest];
    }

    /// @dev Writes a new record, current from now on. Packed by hand, as in `Grants`.
    function _putRecord(address patient, Digest digest, address author, uint32 folder, uint8 codec) internal {
        uint256 packed = uint8(RecordStatus.Current);
        packed = packed << 8 | codec;
        packed = packed << 32 | folder;
        packed = packed << 40 | uint40(block.timestamp);
        packed = packed << 160 | uint160(author);
        Record storage record = _record(patient, digest);
        assembly ("memory-safe") {
            sstore(record.slot, packed)
        }
    }
}
