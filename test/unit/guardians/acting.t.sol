// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {IRecords} from "../../../contracts/interfaces/IRecords.sol";
import {Digest, LAST_MOMENT, Reason, RecordStatus} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

/// @notice What a guardian may do, and until when: Guardians._actorOn and the judge.
contract ActingTest is Base {
    address private guardian;

    function setUp() public override {
        super.setUp();
        guardian = _actor("guardian");
        _registerPatient(patient);
        _registerPatient(otherPatient);
        _registerPractitioner(doctor);
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _addRecord(otherPatient, Defaults.DIGEST, Defaults.FOLDER);
        _setGuardian(patient, guardian);
    }

    function testFuzz_WhenTheGuardiansTimeHasNotEnded(uint40 time) external {
        vm.warp(_bound(time, Defaults.START, Defaults.EXPIRES_AT - 1));
        _acts();
    }

    function testFuzz_WhenTheGuardiansTimeHasEnded(uint40 time) external {
        vm.warp(_bound(time, Defaults.EXPIRES_AT, LAST_MOMENT));
        _doesNothing(patient);
    }

    function test_WhenTheGuardianWasRemoved() external {
        vm.prank(patient);
        chartkey.removeGuardian(patient, guardian);
        _doesNothing(patient);
    }

    function test_WhenTheGuardianWasGivenANewEndAfterTheOldOneHadPassed() external {
        vm.warp(Defaults.EXPIRES_AT);
        vm.prank(patient);
        chartkey.setGuardian(guardian, Defaults.EXPIRES_AT + 2);
        vm.warp(Defaults.EXPIRES_AT + 1);
        _acts();
    }

    function test_WhenItIsAnotherPatientsChart() external {
        _doesNothing(otherPatient);
    }

    function test_WhenThePatientRevokesEveryone() external {
        _revokeEveryone(patient);
        _acts();
    }

    function test_WhenTheGuardianReadsWithoutNamingThePatient() external {
        vm.assertTrue(
            chartkey.whyNot(patient, Defaults.DIGEST, guardian, address(0), Defaults.PURPOSE)
                == Reason.UnknownPractitioner,
            "no practitioner"
        );
        _registerPractitioner(guardian);
        vm.assertTrue(
            chartkey.whyNot(patient, Defaults.DIGEST, guardian, address(0), Defaults.PURPOSE) == Reason.NoGrant,
            "a practitioner"
        );
    }

    /// @dev Every act on the chart, all allowed.
    function _acts() private {
        uint40 end = uint40(block.timestamp) + 1;
        uint32 epoch = chartkey.epochOf(patient);
        vm.prank(guardian);
        chartkey.grantAccess(patient, doctor, Defaults.CHART, Defaults.RIGHTS, Defaults.PURPOSES, end, "");
        vm.assertEq(chartkey.grantOf(patient, doctor, Defaults.CHART).expiresAt, end, "granted");
        vm.prank(guardian);
        chartkey.revokeAccess(patient, doctor, Defaults.CHART);
        vm.assertEq(chartkey.grantOf(patient, doctor, Defaults.CHART).expiresAt, 0, "revoked");
        vm.prank(guardian);
        chartkey.revokeEveryone(patient);
        vm.assertEq(chartkey.epochOf(patient), epoch + 1, "everyone revoked");
        vm.prank(guardian);
        chartkey.setEmergencyPolicy(patient, Defaults.EMERGENCY);
        vm.assertEq(chartkey.emergencyPolicyOf(patient), Defaults.EMERGENCY, "emergency policy");

        _open(patient, Defaults.DIGEST, guardian, patient);
        vm.prank(guardian);
        chartkey.supersedeRecord(patient, patient, Defaults.DIGEST, Defaults.record(Defaults.OTHER_DIGEST));
        vm.assertTrue(_status(Defaults.DIGEST) == RecordStatus.Superseded, "superseded");
        vm.prank(guardian);
        chartkey.retractRecord(patient, patient, Defaults.OTHER_DIGEST, 0);
        vm.assertTrue(_status(Defaults.OTHER_DIGEST) == RecordStatus.Retracted, "retracted");
        _open(patient, Defaults.OTHER_DIGEST, guardian, patient);
        Digest added = Digest.wrap(keccak256("a letter"));
        vm.prank(guardian);
        chartkey.addRecord(patient, patient, 0, Defaults.record(added));
        vm.assertEq(chartkey.recordOf(patient, added).author, guardian, "author");
    }

    /// @dev Every act on the chart, all refused.
    function _doesNothing(address owner) private {
        bytes memory notThePatient = abi.encodeWithSelector(IPatients.NotThePatient.selector, owner, guardian);
        vm.startPrank(guardian);
        vm.expectRevert(notThePatient);
        chartkey.grantAccess(owner, doctor, Defaults.CHART, 1, 1, LAST_MOMENT, "");
        vm.expectRevert(notThePatient);
        chartkey.revokeAccess(owner, doctor, Defaults.CHART);
        vm.expectRevert(notThePatient);
        chartkey.revokeEveryone(owner);
        vm.expectRevert(notThePatient);
        chartkey.setEmergencyPolicy(owner, 0);

        bytes memory mayNotWrite =
            abi.encodeWithSelector(IRecords.WriteRefused.selector, owner, guardian, owner, Reason.NotAGuardian);
        vm.expectRevert(mayNotWrite);
        chartkey.addRecord(owner, owner, 0, Defaults.record(Defaults.OTHER_DIGEST));
        vm.expectRevert(mayNotWrite);
        chartkey.supersedeRecord(owner, owner, Defaults.DIGEST, Defaults.record(Defaults.OTHER_DIGEST));
        vm.expectRevert(mayNotWrite);
        chartkey.retractRecord(owner, owner, Defaults.DIGEST, 0);
        vm.stopPrank();
        vm.assertTrue(
            chartkey.whyNot(owner, Defaults.DIGEST, guardian, owner, Defaults.PURPOSE) == Reason.NotAGuardian, "opens"
        );
    }

    function _status(Digest digest) private view returns (RecordStatus) {
        return chartkey.recordOf(patient, digest).status;
    }
}
