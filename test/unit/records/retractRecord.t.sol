// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {IRecords} from "../../../contracts/interfaces/IRecords.sol";
import {Digest, READ, Reason, Record, RecordStatus, Scope} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Writing} from "./Writing.sol";

contract RetractRecordTest is Writing {
    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account, address via) external {
        vm.assume(account != patient && account != address(forwarder));
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        vm.prank(account);
        chartkey.retractRecord(account, via, Defaults.DIGEST, 0);
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
        if (how % 5 == 0) {
            _revoke(patient, doctor, Defaults.CHART);
        } else if (how % 5 == 1) {
            _grant(patient, doctor, Defaults.CHART, READ, Defaults.PURPOSES, Defaults.EXPIRES_AT);
            reason = Reason.RightNotGranted;
        } else if (how % 5 == 2) {
            vm.warp(Defaults.EXPIRES_AT);
            reason = Reason.GrantExpired;
        } else if (how % 5 == 3) {
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
        _retract(patient, SELF, Defaults.DIGEST);
        _expectUnknownRecord(digest);
        _retract(guardian, patient, digest);
        _expectUnknownRecord(digest);
        _retract(doctor, SELF, digest);
    }

    function testFuzz_RevertWhen_APractitionerWhoMayWriteIsNotTheAuthor(bool ofAGuardian) external {
        _addAs(ofAGuardian ? guardian : patient, patient, Defaults.FOLDER, Defaults.DIGEST);
        address[3] memory vias = [SELF, team, otherDoctor];
        _grantWrite(doctor, Defaults.CHART);
        _grantWrite(team, Defaults.CHART);
        _referWrite(doctor, Defaults.CHART);
        for (uint256 i = 0; i < vias.length; ++i) {
            _expectNotTheAuthor(Defaults.DIGEST, doctor);
            _retract(doctor, vias[i], Defaults.DIGEST);
        }
    }

    function test_RevertWhen_AGuardianActsAsAPractitionerAndIsNotTheAuthor() external {
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _setGuardian(patient, doctor);
        _grantWrite(doctor, Defaults.CHART);
        _expectNotTheAuthor(Defaults.DIGEST, doctor);
        _retract(doctor, SELF, Defaults.DIGEST);
    }

    function test_RevertWhen_TheRecordIsRetracted() external {
        _addAsDoctor();
        _retract(doctor, SELF, Defaults.DIGEST);
        _expectNotCurrent(Defaults.DIGEST, RecordStatus.Retracted);
        _retract(doctor, SELF, Defaults.DIGEST);
        _expectNotCurrent(Defaults.DIGEST, RecordStatus.Retracted);
        _retract(patient, SELF, Defaults.DIGEST);
    }

    function testFuzz_WhenThePatientRetractsARecord(uint32 folder, address via, bytes32 reasonHash) external {
        _addRecord(patient, Defaults.DIGEST, folder);
        Record memory record = chartkey.recordOf(patient, Defaults.DIGEST);
        vm.warp(Defaults.START + 1);
        vm.expectEmit(address(chartkey));
        emit IRecords.RecordRetracted(patient, Defaults.DIGEST, patient, SELF, Defaults.CHART, reasonHash);
        vm.prank(patient);
        chartkey.retractRecord(patient, via, Defaults.DIGEST, reasonHash);
        record.status = RecordStatus.Retracted;
        vm.assertEq(abi.encode(chartkey.recordOf(patient, Defaults.DIGEST)), abi.encode(record), "record");
    }

    function test_WhenThePatientRetractsAPractitionersRecord() external {
        _addAsDoctor();
        _retracts(patient, SELF, Defaults.CHART);
        vm.assertEq(chartkey.recordOf(patient, Defaults.DIGEST).author, doctor, "author");
    }

    function test_WhenAGuardianRetractsARecord() external {
        _addAsDoctor();
        _retracts(guardian, patient, Defaults.CHART);
    }

    function testFuzz_WhenTheAuthorRetractsARecordByAGrantOfTheirOwn(uint8 which) external {
        _addAsDoctor();
        Scope scope = [Defaults.CHART, _folderScope(Defaults.FOLDER), _recordScope(Defaults.DIGEST)][which % 3];
        _revoke(patient, doctor, Defaults.CHART);
        _grantWrite(doctor, scope);
        _retracts(doctor, SELF, scope);
    }

    function test_WhenTheAuthorRetractsARecordAsAMemberOfATeam() external {
        _addAsDoctor();
        _revoke(patient, doctor, Defaults.CHART);
        _grantWrite(team, _folderScope(Defaults.FOLDER));
        _retracts(doctor, team, _folderScope(Defaults.FOLDER));
    }

    function test_WhenTheAuthorRetractsARecordByAReferral() external {
        _addAsDoctor();
        _revoke(patient, doctor, Defaults.CHART);
        _referWrite(doctor, _recordScope(Defaults.DIGEST));
        _retracts(doctor, otherDoctor, _recordScope(Defaults.DIGEST));
    }

    function test_WhenTheRecordIsSuperseded() external {
        _addAsDoctor();
        _supersede(doctor, SELF, Defaults.DIGEST, Defaults.OTHER_DIGEST);
        _retracts(doctor, SELF, Defaults.CHART);
        _hasStatus(Defaults.OTHER_DIGEST, RecordStatus.Current);
    }

    function _addAsDoctor() private {
        _grantWrite(doctor, Defaults.CHART);
        _addAs(doctor, SELF, Defaults.FOLDER, Defaults.DIGEST);
    }

    function _refuses(address caller, address via, Reason reason) private {
        _expectWriteRefused(caller, via, reason);
        _retract(caller, via, Defaults.DIGEST);
    }

    function _retracts(address author, address via, Scope scope) private {
        vm.expectEmit(address(chartkey));
        emit IRecords.RecordRetracted(patient, Defaults.DIGEST, author, via, scope, Defaults.REASON_HASH);
        _retract(author, via, Defaults.DIGEST);
        _hasStatus(Defaults.DIGEST, RecordStatus.Retracted);
    }
}
