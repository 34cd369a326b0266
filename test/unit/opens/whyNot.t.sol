// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, Purpose, REFER, Reason, Scope, WRITE} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract WhyNotTest is Base {
    address private constant NO_TEAM = address(0);
    uint16 private constant RESEARCH_ONLY = uint16(1 << uint8(Purpose.HRESCH));
    uint16 private constant ALL_BUT_TREATMENT = Defaults.PURPOSES ^ uint16(1 << uint8(Purpose.TREAT));

    function setUp() public override {
        super.setUp();
        _registerPatient(patient);
        _registerPractitioner(doctor);
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
    }

    function testFuzz_WhenTheSubjectNeverRegistered(address subject, Digest digest, address reader) external view {
        vm.assume(subject != patient);
        _isRefused(subject, digest, reader, NO_TEAM, Reason.UnknownPatient);
        _isRefused(REGISTRY, digest, reader, NO_TEAM, Reason.UnknownPatient);
    }

    function testFuzz_WhenTheRecordIsNotInTheChart(Digest digest, address reader) external {
        vm.assume(Digest.unwrap(digest) != Digest.unwrap(Defaults.DIGEST));
        _grant(patient, doctor, Defaults.CHART);
        _isRefused(patient, digest, reader, NO_TEAM, Reason.UnknownRecord);
        _isRefused(patient, digest, doctor, NO_TEAM, Reason.UnknownRecord);
        _isRefused(patient, digest, patient, NO_TEAM, Reason.UnknownRecord);
    }

    function testFuzz_WhenTheReaderIsThePatient(address via, uint8 purpose) external {
        Purpose why = Purpose(purpose % 10);
        _revokeEveryone(patient);
        vm.assertTrue(chartkey.whyNot(patient, Defaults.DIGEST, patient, via, why) == Reason.Allowed, "allowed");
    }

    function testFuzz_WhenTheReaderWasNeverRegistered(address reader, address via) external view {
        vm.assume(reader != doctor && reader != patient);
        _isRefused(patient, Defaults.DIGEST, reader, via, Reason.UnknownPractitioner);
    }

    function testFuzz_WhenTheReaderIsSuspended(address via) external {
        _grant(patient, doctor, Defaults.CHART);
        _suspend(doctor);
        _isRefused(patient, Defaults.DIGEST, doctor, via, Reason.PractitionerSuspended);
        vm.prank(registrar);
        chartkey.reinstatePractitioner(doctor);
        _says(Reason.Allowed);
    }

    function test_WhenTheReadersRegistrationRanOut() external {
        _grant(patient, doctor, Defaults.CHART, Defaults.RIGHTS, Defaults.PURPOSES, Defaults.VALID_UNTIL + 365 days);
        vm.warp(Defaults.VALID_UNTIL - 1);
        _says(Reason.Allowed);
        vm.warp(Defaults.VALID_UNTIL);
        _says(Reason.PractitionerLapsed);
    }

    function testFuzz_WhenATeamIsNamed(address via) external {
        vm.assume(via != NO_TEAM);
        _grant(patient, doctor, Defaults.CHART);
        _isRefused(patient, Defaults.DIGEST, doctor, via, Reason.NotATeamMember);
    }

    function test_WhenNoGrantCoversTheRecord() external {
        _says(Reason.NoGrant);
        _addRecord(patient, Defaults.OTHER_DIGEST, 0);
        _registerPractitioner(otherDoctor);
        _registerPatient(otherPatient);
        _grant(patient, doctor, _recordScope(Defaults.OTHER_DIGEST));
        _grant(patient, doctor, _folderScope(Defaults.FOLDER + 1));
        _grant(patient, otherDoctor, Defaults.CHART);
        _grant(otherPatient, doctor, Defaults.CHART);
        _says(Reason.NoGrant);
        _grant(patient, doctor, Defaults.CHART);
        _revoke(patient, doctor, Defaults.CHART);
        _says(Reason.NoGrant);
    }

    function test_WhenTheGrantIsOfAnEarlierEpoch() external {
        _grant(patient, doctor, Defaults.CHART);
        _revokeEveryone(patient);
        _says(Reason.GrantVoided);
    }

    function test_WhenTheGrantHasExpired() external {
        _grant(patient, doctor, Defaults.CHART);
        vm.warp(Defaults.EXPIRES_AT - 1);
        _says(Reason.Allowed);
        vm.warp(Defaults.EXPIRES_AT);
        _says(Reason.GrantExpired);
    }

    function test_WhenTheGrantDoesNotIncludeREAD() external {
        _grant(patient, doctor, Defaults.CHART, WRITE | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _says(Reason.RightNotGranted);
    }

    function testFuzz_WhenTheGrantDoesNotIncludeThePurpose(uint8 purpose) external {
        Purpose why = Purpose(purpose % 10);
        uint16 others = Defaults.PURPOSES ^ uint16(1 << uint8(why));
        _grant(patient, doctor, Defaults.CHART, Defaults.RIGHTS, others, Defaults.EXPIRES_AT);
        for (uint8 i = 0; i < 10; ++i) {
            Reason expected = i == uint8(why) ? Reason.PurposeNotGranted : Reason.Allowed;
            vm.assertTrue(chartkey.whyNot(patient, Defaults.DIGEST, doctor, NO_TEAM, Purpose(i)) == expected, "reason");
        }
    }

    function test_WhenTheGrantFailsForSeveralReasons() external {
        _grant(patient, doctor, Defaults.CHART, WRITE, RESEARCH_ONLY, Defaults.EXPIRES_AT);
        _says(Reason.RightNotGranted);
        vm.warp(Defaults.EXPIRES_AT);
        _says(Reason.GrantExpired);
        _revokeEveryone(patient);
        _says(Reason.GrantVoided);
        vm.warp(Defaults.VALID_UNTIL);
        _says(Reason.PractitionerLapsed);
        _suspend(doctor);
        _says(Reason.PractitionerSuspended);
    }

    /// @dev Each of three grants fails for a reason of its own, in every arrangement.
    function testFuzz_WhenSeveralGrantsFailForDifferentReasons(uint8 chart, uint8 folder, uint8 record) external {
        Reason[3] memory reasons = [_failure(chart), _failure(folder), _failure(record)];
        Scope[3] memory scopes = [Defaults.CHART, _folderScope(Defaults.FOLDER), _recordScope(Defaults.DIGEST)];
        Reason greatest = Reason.NoGrant;
        for (uint256 i = 0; i < 3; ++i) {
            if (reasons[i] == Reason.GrantVoided) _grant(patient, doctor, scopes[i]);
            if (reasons[i] > greatest) greatest = reasons[i];
        }
        _revokeEveryone(patient);
        for (uint256 i = 0; i < 3; ++i) {
            _grantToFail(scopes[i], reasons[i]);
        }
        vm.warp(Defaults.EXPIRES_AT - 1);
        _says(greatest);
    }

    function test_WhenTheRecordIsInNoFolder() external {
        _addRecord(patient, Defaults.OTHER_DIGEST, 0);
        _grant(patient, doctor, _folderScope(Defaults.FOLDER));
        _isRefused(patient, Defaults.OTHER_DIGEST, doctor, NO_TEAM, Reason.NoGrant);
        _grant(patient, doctor, _recordScope(Defaults.OTHER_DIGEST));
        vm.assertTrue(
            chartkey.canOpen(patient, Defaults.OTHER_DIGEST, doctor, NO_TEAM, Defaults.PURPOSE), "by the record"
        );
    }

    function testFuzz_WhenItSaysAllowed(bool granted, address caller) external {
        if (granted) _grant(patient, doctor, Defaults.CHART);
        vm.prank(caller);
        vm.assertTrue(
            chartkey.canOpen(patient, Defaults.DIGEST, doctor, NO_TEAM, Defaults.PURPOSE) == granted, "canOpen"
        );
        _says(granted ? Reason.Allowed : Reason.NoGrant);
        vm.prank(doctor);
        (bool opened,) = address(chartkey)
            .call(abi.encodeCall(chartkey.openRecord, (patient, Defaults.DIGEST, NO_TEAM, Defaults.PURPOSE)));
        vm.assertTrue(opened == granted, "openRecord");
    }

    /// @dev Gives the doctor a grant that fails for this reason. A void one exists already, from the epoch before.
    function _grantToFail(Scope scope, Reason reason) private {
        if (reason == Reason.GrantExpired) {
            _grant(patient, doctor, scope, Defaults.RIGHTS, Defaults.PURPOSES, Defaults.START + 1);
        } else if (reason == Reason.RightNotGranted) {
            _grant(patient, doctor, scope, WRITE, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        } else if (reason == Reason.PurposeNotGranted) {
            _grant(patient, doctor, scope, Defaults.RIGHTS, ALL_BUT_TREATMENT, Defaults.EXPIRES_AT);
        }
    }

    function _failure(uint8 seed) private pure returns (Reason) {
        return Reason(uint8(Reason.NoGrant) + seed % 5);
    }

    function _says(Reason expected) private view {
        Reason reason = chartkey.whyNot(patient, Defaults.DIGEST, doctor, NO_TEAM, Defaults.PURPOSE);
        vm.assertEq(uint8(reason), uint8(expected), "reason");
    }

    function _isRefused(address owner, Digest digest, address reader, address via, Reason expected) private view {
        Reason reason = chartkey.whyNot(owner, digest, reader, via, Defaults.PURPOSE);
        vm.assertEq(uint8(reason), uint8(expected), "reason");
        vm.assertFalse(chartkey.canOpen(owner, digest, reader, via, Defaults.PURPOSE), "can open");
    }
}
