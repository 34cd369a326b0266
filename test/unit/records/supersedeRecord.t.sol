// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {IRecords} from "../../../contracts/interfaces/IRecords.sol";
import {Cid} from "../../../contracts/libraries/Cid.sol";
import {Digest, NewRecord, READ, Reason, Record, RecordStatus, Scope} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Writing} from "./Writing.sol";

contract SupersedeRecordTest is Writing {
    Digest private constant THIRD_DIGEST = Digest.wrap(keccak256("a discharge letter"));

    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account, address via) external {
        vm.assume(account != patient && account != address(forwarder));
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        vm.prank(account);
        chartkey.supersedeRecord(account, via, Defaults.DIGEST, Defaults.record(Defaults.OTHER_DIGEST));
    }

    function testFuzz_RevertWhen_TheCallerMayNotWrite(address caller, bool known) external {
        vm.assume(caller != patient && caller != doctor && caller != otherDoctor && caller != address(forwarder));
        if (known) _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _refuses(caller, SELF, Reason.UnknownPractitioner);
        _refuses(doctor, SELF, Reason.NoGrant);
        _refuses(doctor, patient, Reason.NotAGuardian);
    }

    function testFuzz_RevertWhen_TheAuthorMayWriteNoLonger(uint8 how) external {
        _addAsDoctor();
        Reason reason = Reason.NoGrant;
        if (how % 6 == 0) {
            _revoke(patient, doctor, Defaults.CHART);
        } else if (how % 6 == 1) {
            _grant(patient, doctor, Defaults.CHART, READ, Defaults.PURPOSES, Defaults.EXPIRES_AT);
            reason = Reason.RightNotGranted;
        } else if (how % 6 == 2) {
            _revokeEveryone(patient);
            reason = Reason.GrantVoided;
        } else if (how % 6 == 3) {
            vm.warp(Defaults.EXPIRES_AT);
            reason = Reason.GrantExpired;
        } else if (how % 6 == 4) {
            _suspend(doctor);
            reason = Reason.PractitionerSuspended;
        } else {
            vm.warp(Defaults.VALID_UNTIL);
            reason = Reason.PractitionerLapsed;
        }
        _refuses(doctor, SELF, reason);
    }

    function test_RevertWhen_TheAuthorMayWriteInAnotherFolderOnly() external {
        _addAsDoctor();
        _revoke(patient, doctor, Defaults.CHART);
        _grantWrite(doctor, _folderScope(Defaults.FOLDER + 1));
        _refuses(doctor, SELF, Reason.NoGrant);
    }

    function testFuzz_RevertWhen_TheRecordIsNotInTheChart(Digest digest) external {
        _grantWrite(doctor, Defaults.CHART);
        _registerPatient(otherPatient);
        _addRecord(otherPatient, Defaults.DIGEST, 0);
        _expectUnknownRecord(Defaults.DIGEST);
        _supersede(patient, SELF, Defaults.DIGEST, Defaults.OTHER_DIGEST);
        _expectUnknownRecord(digest);
        _supersede(guardian, patient, digest, Defaults.OTHER_DIGEST);
        _expectUnknownRecord(digest);
        _supersede(doctor, SELF, digest, Defaults.OTHER_DIGEST);
    }

    function testFuzz_RevertWhen_APractitionerWhoMayWriteIsNotTheAuthor(bool ofAPractitioner) external {
        address third = _actor("third doctor");
        _registerPractitioner(third);
        _grantWrite(third, Defaults.CHART);
        _addAs(ofAPractitioner ? third : patient, SELF, Defaults.FOLDER, Defaults.DIGEST);
        address[3] memory vias = [SELF, team, otherDoctor];
        _grantWrite(doctor, Defaults.CHART);
        _grantWrite(team, Defaults.CHART);
        _referWrite(doctor, Defaults.CHART);
        for (uint256 i = 0; i < vias.length; ++i) {
            _expectNotTheAuthor(Defaults.DIGEST, doctor);
            _supersede(doctor, vias[i], Defaults.DIGEST, Defaults.OTHER_DIGEST);
        }
    }

    function test_RevertWhen_AGuardianActsAsAPractitionerAndIsNotTheAuthor() external {
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _setGuardian(patient, doctor);
        _grantWrite(doctor, Defaults.CHART);
        _expectNotTheAuthor(Defaults.DIGEST, doctor);
        _supersede(doctor, SELF, Defaults.DIGEST, Defaults.OTHER_DIGEST);
    }

    function test_RevertWhen_TheRecordIsSuperseded() external {
        _addAsDoctor();
        _supersede(doctor, SELF, Defaults.DIGEST, Defaults.OTHER_DIGEST);
        _expectNotCurrent(Defaults.DIGEST, RecordStatus.Superseded);
        _supersede(doctor, SELF, Defaults.DIGEST, THIRD_DIGEST);
        _expectNotCurrent(Defaults.DIGEST, RecordStatus.Superseded);
        _supersede(patient, SELF, Defaults.DIGEST, THIRD_DIGEST);
    }

    function test_RevertWhen_TheRecordIsRetracted() external {
        _addAsDoctor();
        _retract(doctor, SELF, Defaults.DIGEST);
        _expectNotCurrent(Defaults.DIGEST, RecordStatus.Retracted);
        _supersede(doctor, SELF, Defaults.DIGEST, Defaults.OTHER_DIGEST);
        _expectNotCurrent(Defaults.DIGEST, RecordStatus.Retracted);
        _supersede(patient, SELF, Defaults.DIGEST, Defaults.OTHER_DIGEST);
    }

    function test_RevertWhen_TheCIDIsNoneThatIsSupported() external {
        _addRecord(patient, Defaults.DIGEST, 0);
        NewRecord memory record = Defaults.record(Defaults.OTHER_DIGEST);
        record.cid = abi.encodePacked(hex"01711220", Defaults.OTHER_DIGEST);
        vm.expectRevert(abi.encodeWithSelector(Cid.UnsupportedCidCodec.selector, 0x71));
        vm.prank(patient);
        chartkey.supersedeRecord(patient, SELF, Defaults.DIGEST, record);
    }

    function testFuzz_RevertWhen_TheSuccessorsDigestIsAReservedWord(uint32 number, bool emergency) external {
        _addRecord(patient, Defaults.DIGEST, 0);
        Digest successor = Digest.wrap(bytes32(emergency ? type(uint256).max : number));
        vm.expectRevert(abi.encodeWithSelector(IRecords.ReservedDigest.selector, successor));
        _supersede(patient, SELF, Defaults.DIGEST, successor);
    }

    function test_RevertWhen_TheSuccessorIsInTheChartAlready() external {
        _addRecord(patient, Defaults.DIGEST, 0);
        _addRecord(patient, Defaults.OTHER_DIGEST, 0);
        vm.expectRevert(abi.encodeWithSelector(IRecords.RecordAlreadyAdded.selector, patient, Defaults.DIGEST));
        _supersede(patient, SELF, Defaults.DIGEST, Defaults.DIGEST);
        vm.expectRevert(abi.encodeWithSelector(IRecords.RecordAlreadyAdded.selector, patient, Defaults.OTHER_DIGEST));
        _supersede(patient, SELF, Defaults.DIGEST, Defaults.OTHER_DIGEST);
        _retract(patient, SELF, Defaults.OTHER_DIGEST);
        vm.expectRevert(abi.encodeWithSelector(IRecords.RecordAlreadyAdded.selector, patient, Defaults.OTHER_DIGEST));
        _supersede(patient, SELF, Defaults.DIGEST, Defaults.OTHER_DIGEST);
        _hasStatus(Defaults.DIGEST, RecordStatus.Current);
    }

    function testFuzz_RevertWhen_TheSealedMetadataIsTooLong(uint256 length) external {
        length = _bound(length, 513, 2000);
        _addRecord(patient, Defaults.DIGEST, 0);
        NewRecord memory record = Defaults.record(Defaults.OTHER_DIGEST);
        record.sealedMetadata = new bytes(length);
        vm.expectRevert(abi.encodeWithSelector(IRecords.SealedMetadataTooLong.selector, length, 512));
        vm.prank(patient);
        chartkey.supersedeRecord(patient, SELF, Defaults.DIGEST, record);
    }

    function testFuzz_WhenThePatientCorrectsARecord(uint32 folder, address via) external {
        _addRecord(patient, Defaults.DIGEST, folder);
        Record memory old = chartkey.recordOf(patient, Defaults.DIGEST);
        vm.warp(Defaults.START + 1);
        _expectSuperseded(patient, folder, SELF, Defaults.CHART);
        Digest returned = _supersede(patient, via, Defaults.DIGEST, Defaults.OTHER_DIGEST);
        vm.assertEq(Digest.unwrap(returned), Digest.unwrap(Defaults.OTHER_DIGEST), "returned digest");
        old.status = RecordStatus.Superseded;
        vm.assertEq(abi.encode(chartkey.recordOf(patient, Defaults.DIGEST)), abi.encode(old), "the record");
        (old.status, old.addedAt) = (RecordStatus.Current, Defaults.START + 1);
        vm.assertEq(abi.encode(chartkey.recordOf(patient, Defaults.OTHER_DIGEST)), abi.encode(old), "its successor");
    }

    function test_WhenThePatientCorrectsAPractitionersRecord() external {
        _addAsDoctor();
        _corrects(patient, SELF, Defaults.CHART);
        vm.assertEq(chartkey.recordOf(patient, Defaults.DIGEST).author, doctor, "the record's author");
        vm.assertEq(chartkey.recordOf(patient, Defaults.OTHER_DIGEST).author, patient, "its successor's author");
    }

    function test_WhenAGuardianCorrectsARecord() external {
        _addAsDoctor();
        _corrects(guardian, patient, Defaults.CHART);
    }

    function testFuzz_WhenTheAuthorCorrectsARecordByAGrantOfTheirOwn(bool folder) external {
        _addAsDoctor();
        Scope scope = folder ? _folderScope(Defaults.FOLDER) : Defaults.CHART;
        if (folder) _revoke(patient, doctor, Defaults.CHART);
        _grantWrite(doctor, scope);
        _corrects(doctor, SELF, scope);
    }

    function test_WhenTheAuthorCorrectsARecordByAGrantForItAlone() external {
        _addAsDoctor();
        _revoke(patient, doctor, Defaults.CHART);
        _grantWrite(doctor, _recordScope(Defaults.DIGEST));
        _corrects(doctor, SELF, _recordScope(Defaults.DIGEST));
        _expectWriteRefused(doctor, SELF, Reason.NoGrant);
        _supersede(doctor, SELF, Defaults.OTHER_DIGEST, THIRD_DIGEST);
    }

    function test_WhenTheAuthorCorrectsARecordAsAMemberOfATeam() external {
        _addAsDoctor();
        _revoke(patient, doctor, Defaults.CHART);
        _grantWrite(team, _folderScope(Defaults.FOLDER));
        _corrects(doctor, team, _folderScope(Defaults.FOLDER));
    }

    function test_WhenTheAuthorCorrectsARecordByAReferral() external {
        _addAsDoctor();
        _revoke(patient, doctor, Defaults.CHART);
        _referWrite(doctor, _folderScope(Defaults.FOLDER));
        _corrects(doctor, otherDoctor, _folderScope(Defaults.FOLDER));
    }

    function test_WhenTheSuccessorIsCorrectedInTurn() external {
        _addAsDoctor();
        _supersede(doctor, SELF, Defaults.DIGEST, Defaults.OTHER_DIGEST);
        _supersede(doctor, SELF, Defaults.OTHER_DIGEST, THIRD_DIGEST);
        _hasStatus(Defaults.DIGEST, RecordStatus.Superseded);
        _hasStatus(Defaults.OTHER_DIGEST, RecordStatus.Superseded);
        _hasStatus(THIRD_DIGEST, RecordStatus.Current);
        vm.assertEq(chartkey.recordOf(patient, THIRD_DIGEST).folder, Defaults.FOLDER, "folder");
    }

    function _addAsDoctor() private {
        _grantWrite(doctor, Defaults.CHART);
        _addAs(doctor, SELF, Defaults.FOLDER, Defaults.DIGEST);
    }

    function _refuses(address caller, address via, Reason reason) private {
        _expectWriteRefused(caller, via, reason);
        _supersede(caller, via, Defaults.DIGEST, Defaults.OTHER_DIGEST);
    }

    function _corrects(address author, address via, Scope scope) private {
        _expectSuperseded(author, Defaults.FOLDER, via, scope);
        _supersede(author, via, Defaults.DIGEST, Defaults.OTHER_DIGEST);
    }

    function _expectSuperseded(address author, uint32 folder, address via, Scope scope) private {
        _expectAdded(Defaults.OTHER_DIGEST, author, folder, via, scope);
        vm.expectEmit(address(chartkey));
        emit IRecords.RecordSuperseded(patient, Defaults.DIGEST, Defaults.OTHER_DIGEST, author);
    }
}
