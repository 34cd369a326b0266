// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {IRecords} from "../../../contracts/interfaces/IRecords.sol";
import {Digest, NewRecord, Reason, Record, RecordStatus} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Writing} from "./Writing.sol";

/// @notice By the patient. Who else may: addRecordAuthor.t.sol.
contract AddRecordTest is Writing {
    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account, address via) external {
        vm.assume(account != patient && account != address(forwarder));
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        vm.prank(account);
        chartkey.addRecord(account, via, 0, Defaults.record(Defaults.DIGEST));
    }

    function test_RevertWhen_TheAuthorMayNotWrite() external {
        NewRecord memory record = NewRecord({cid: "", keyCommit: 0, sealedMetadata: new bytes(513)});
        _expectWriteRefused(stranger, SELF, Reason.UnknownPractitioner);
        vm.prank(stranger);
        chartkey.addRecord(patient, SELF, 0, record);
    }

    function testFuzz_RevertWhen_TheDigestLiesWhereScopesAreFolders(uint32 number) external {
        Digest digest = Digest.wrap(bytes32(uint256(number)));
        vm.expectRevert(abi.encodeWithSelector(IRecords.ReservedDigest.selector, digest));
        _addRecord(patient, digest, 0);
    }

    function test_RevertWhen_TheDigestIsTheEmergencysScope() external {
        Digest digest = Digest.wrap(bytes32(type(uint256).max));
        vm.expectRevert(abi.encodeWithSelector(IRecords.ReservedDigest.selector, digest));
        _addRecord(patient, digest, 0);
    }

    function testFuzz_RevertWhen_TheRecordIsInTheChartAlready(uint32 folder, uint32 otherFolder, uint8 fate) external {
        _addRecord(patient, Defaults.DIGEST, folder);
        if (fate % 3 == 1) _supersede(patient, SELF, Defaults.DIGEST, Defaults.OTHER_DIGEST);
        if (fate % 3 == 2) _retract(patient, SELF, Defaults.DIGEST);
        bytes memory expected = abi.encodeWithSelector(IRecords.RecordAlreadyAdded.selector, patient, Defaults.DIGEST);
        vm.expectRevert(expected);
        _addRecord(patient, Defaults.DIGEST, otherFolder);
        vm.expectRevert(expected);
        _addAs(guardian, patient, folder, Defaults.DIGEST);
    }

    function testFuzz_RevertWhen_TheSealedMetadataIsTooLong(uint256 length) external {
        length = _bound(length, 513, 2000);
        NewRecord memory record = Defaults.record(Defaults.DIGEST);
        record.sealedMetadata = new bytes(length);
        vm.expectRevert(abi.encodeWithSelector(IRecords.SealedMetadataTooLong.selector, length, 512));
        vm.prank(patient);
        chartkey.addRecord(patient, SELF, 0, record);
    }

    function testFuzz_WhenTheCIDIsOfVersion1(
        uint256 content,
        bool dagPb,
        uint32 folder,
        bytes32 keyCommit,
        uint256 length,
        uint40 time
    ) external {
        Digest digest = Digest.wrap(bytes32(_bound(content, uint256(type(uint32).max) + 1, type(uint256).max - 1)));
        uint8 codec = dagPb ? 0x70 : 0x55;
        NewRecord memory record = NewRecord({
            cid: abi.encodePacked(hex"01", codec, hex"1220", digest),
            keyCommit: keyCommit,
            sealedMetadata: new bytes(_bound(length, 0, 512))
        });
        vm.warp(time);
        vm.expectEmit(address(chartkey));
        emit IRecords.RecordAdded(
            patient, digest, patient, codec, folder, SELF, Defaults.CHART, keyCommit, record.sealedMetadata
        );
        vm.prank(patient);
        Digest returned = chartkey.addRecord(patient, SELF, folder, record);
        vm.assertEq(Digest.unwrap(returned), Digest.unwrap(digest), "returned digest");
        Record memory expected =
            Record({author: patient, addedAt: time, folder: folder, codec: codec, status: RecordStatus.Current});
        vm.assertEq(abi.encode(chartkey.recordOf(patient, digest)), abi.encode(expected), "record");
    }

    function test_WhenTheCIDIsOfVersion0() external {
        NewRecord memory record = Defaults.record(Defaults.DIGEST);
        record.cid = abi.encodePacked(hex"1220", Defaults.DIGEST);
        vm.expectEmit(address(chartkey));
        emit IRecords.RecordAdded(
            patient, Defaults.DIGEST, patient, 0x70, 0, SELF, Defaults.CHART, Defaults.KEY_COMMIT, ""
        );
        vm.prank(patient);
        chartkey.addRecord(patient, SELF, 0, record);
        vm.assertEq(chartkey.recordOf(patient, Defaults.DIGEST).codec, 0x70, "codec");
    }

    function test_WhenTheSameFileIsInAnotherChart() external {
        _registerPatient(otherPatient);
        _addRecord(patient, Defaults.DIGEST, 1);
        _addRecord(otherPatient, Defaults.DIGEST, 2);
        vm.assertEq(chartkey.recordOf(patient, Defaults.DIGEST).folder, 1, "the one");
        vm.assertEq(chartkey.recordOf(otherPatient, Defaults.DIGEST).folder, 2, "the other");
    }

    function testFuzz_WhenThePatientNamesSomebody(address via) external {
        _expectAdded(Defaults.DIGEST, patient, Defaults.FOLDER, SELF, Defaults.CHART);
        _addAs(patient, via, Defaults.FOLDER, Defaults.DIGEST);
        _expectAdded(Defaults.OTHER_DIGEST, patient, Defaults.FOLDER, SELF, Defaults.CHART);
        _addAs(patient, patient, Defaults.FOLDER, Defaults.OTHER_DIGEST);
    }
}
