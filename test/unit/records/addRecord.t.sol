// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {IRecords} from "../../../contracts/interfaces/IRecords.sol";
import {Digest, Record, RecordStatus} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract AddRecordTest is Base {
    function setUp() public override {
        super.setUp();
        _registerPatient(patient);
    }

    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account) external {
        vm.assume(account != patient);
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        _addRecord(account, Defaults.DIGEST, 0);
    }

    function testFuzz_RevertWhen_TheCallerIsNotThePatient(address caller) external {
        vm.assume(caller != patient);
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, patient, caller));
        vm.prank(caller);
        chartkey.addRecord(patient, Defaults.cid(Defaults.DIGEST), 0, 0, "");
    }

    function testFuzz_RevertWhen_TheDigestLiesWhereScopesAreFolders(uint32 number) external {
        Digest digest = Digest.wrap(bytes32(uint256(number)));
        vm.expectRevert(abi.encodeWithSelector(IRecords.ReservedDigest.selector, digest));
        _addRecord(patient, digest, 0);
    }

    function testFuzz_RevertWhen_TheRecordIsInTheChartAlready(uint32 folder, uint32 otherFolder) external {
        _addRecord(patient, Defaults.DIGEST, folder);
        vm.expectRevert(abi.encodeWithSelector(IRecords.RecordAlreadyAdded.selector, patient, Defaults.DIGEST));
        _addRecord(patient, Defaults.DIGEST, otherFolder);
    }

    function testFuzz_RevertWhen_TheSealedMetadataIsTooLong(uint256 length) external {
        length = _bound(length, 513, 2000);
        vm.expectRevert(abi.encodeWithSelector(IRecords.SealedMetadataTooLong.selector, length, 512));
        vm.prank(patient);
        chartkey.addRecord(patient, Defaults.cid(Defaults.DIGEST), 0, 0, new bytes(length));
    }

    function testFuzz_WhenTheCIDIsOfVersion1(
        uint256 content,
        bool dagPb,
        uint32 folder,
        bytes32 keyCommit,
        uint256 length,
        uint40 time
    ) external {
        Digest digest = Digest.wrap(bytes32(_bound(content, uint256(type(uint32).max) + 1, type(uint256).max)));
        uint8 codec = dagPb ? 0x70 : 0x55;
        bytes memory metadata = new bytes(_bound(length, 0, 512));
        vm.warp(time);
        vm.expectEmit(address(chartkey));
        emit IRecords.RecordAdded(patient, digest, patient, codec, folder, keyCommit, metadata);
        vm.prank(patient);
        Digest returned = chartkey.addRecord(
            patient, abi.encodePacked(hex"01", codec, hex"1220", digest), folder, keyCommit, metadata
        );
        vm.assertEq(Digest.unwrap(returned), Digest.unwrap(digest), "returned digest");
        Record memory record = chartkey.recordOf(patient, digest);
        vm.assertEq(record.author, patient, "author");
        vm.assertEq(record.addedAt, time, "time");
        vm.assertEq(record.folder, folder, "folder");
        vm.assertEq(record.codec, codec, "codec");
        vm.assertTrue(record.status == RecordStatus.Current, "status");
    }

    function test_WhenTheCIDIsOfVersion0() external {
        vm.expectEmit(address(chartkey));
        emit IRecords.RecordAdded(patient, Defaults.DIGEST, patient, 0x70, 0, Defaults.KEY_COMMIT, "");
        vm.prank(patient);
        chartkey.addRecord(patient, abi.encodePacked(hex"1220", Defaults.DIGEST), 0, Defaults.KEY_COMMIT, "");
        vm.assertEq(chartkey.recordOf(patient, Defaults.DIGEST).codec, 0x70, "codec");
    }

    function test_WhenTheSameFileIsInAnotherChart() external {
        _registerPatient(otherPatient);
        _addRecord(patient, Defaults.DIGEST, 1);
        _addRecord(otherPatient, Defaults.DIGEST, 2);
        vm.assertEq(chartkey.recordOf(patient, Defaults.DIGEST).folder, 1, "the one");
        vm.assertEq(chartkey.recordOf(otherPatient, Defaults.DIGEST).folder, 2, "the other");
    }
}
