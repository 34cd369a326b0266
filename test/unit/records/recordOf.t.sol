// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, NewRecord, Record, RecordStatus} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

/// @notice The contract packs a record's slot by hand: each field has to come back whole.
contract RecordOfTest is Base {
    function testFuzz_WhenTheRecordIsNotInTheChart(address owner, bytes32 content) external {
        vm.assume(owner != patient || content != Digest.unwrap(Defaults.DIGEST));
        _registerPatient(patient);
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _isStored(owner, Digest.wrap(content), Record(address(0), 0, 0, 0, RecordStatus.None));
    }

    function testFuzz_WhenTheRecordIsInTheChart(address author, uint256 content, uint40 time, uint32 folder, bool dagPb)
        external
    {
        vm.assume(author != address(0) && author != address(forwarder));
        _registerPatient(author);
        Digest digest = _digest(content);
        folder = uint32(_bound(folder, 0, type(uint32).max));
        time = uint40(_bound(time, 0, type(uint40).max));
        vm.warp(time);
        _add(author, digest, folder, dagPb);
        _isStored(author, digest, Record(author, time, folder, dagPb ? 0x70 : 0x55, RecordStatus.Current));
    }

    function testFuzz_WhenItWasSupersededAndRetracted(uint40 time, uint32 folder, bool dagPb) external {
        _registerPatient(patient);
        folder = uint32(_bound(folder, 0, type(uint32).max));
        time = uint40(_bound(time, 0, type(uint40).max - 1));
        vm.warp(time);
        _add(patient, Defaults.DIGEST, folder, dagPb);
        Record memory expected = chartkey.recordOf(patient, Defaults.DIGEST);
        vm.warp(time + 1);
        vm.prank(patient);
        chartkey.supersedeRecord(patient, address(0), Defaults.DIGEST, Defaults.record(Defaults.OTHER_DIGEST));
        expected.status = RecordStatus.Superseded;
        _isStored(patient, Defaults.DIGEST, expected);
        vm.prank(patient);
        chartkey.retractRecord(patient, address(0), Defaults.DIGEST, 0);
        expected.status = RecordStatus.Retracted;
        _isStored(patient, Defaults.DIGEST, expected);
    }

    function testFuzz_WhenTheSameFileIsInAnotherChart(uint256 content, uint32 folder, uint32 otherFolder) external {
        _registerPatient(patient);
        _registerPatient(otherPatient);
        Digest digest = _digest(content);
        _add(patient, digest, folder, false);
        _add(otherPatient, digest, otherFolder, true);
        _isStored(patient, digest, Record(patient, Defaults.START, folder, 0x55, RecordStatus.Current));
        _isStored(otherPatient, digest, Record(otherPatient, Defaults.START, otherFolder, 0x70, RecordStatus.Current));
    }

    function _add(address owner, Digest digest, uint32 folder, bool dagPb) private {
        NewRecord memory record = Defaults.record(digest);
        if (dagPb) record.cid = abi.encodePacked(hex"01701220", digest);
        vm.prank(owner);
        chartkey.addRecord(owner, address(0), folder, record);
    }

    /// @dev Any word that no other scope is.
    function _digest(uint256 content) private pure returns (Digest) {
        return Digest.wrap(bytes32(_bound(content, uint256(type(uint32).max) + 1, type(uint256).max - 1)));
    }

    function _isStored(address owner, Digest digest, Record memory expected) private view {
        vm.assertEq(abi.encode(chartkey.recordOf(owner, digest)), abi.encode(expected), "record");
    }
}
