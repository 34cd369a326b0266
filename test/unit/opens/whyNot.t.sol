// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, Purpose, READ, REFER, Reason, ReferralTerms} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Judged} from "./Judged.sol";

/// @notice What holds through whomever somebody reads. Each way has a file of its own beside this one.
contract WhyNotTest is Judged {
    uint16 private constant ALL_BUT_BREAKING = Defaults.PURPOSES ^ uint16(1 << uint8(Purpose.BTG));

    address private guardian;
    address private member;
    address private team;

    function setUp() public override {
        super.setUp();
        guardian = _actor("guardian");
        member = _actor("member");
    }

    function testFuzz_WhenTheSubjectNeverRegistered(address subject, Digest digest, address reader, address via)
        external
    {
        vm.assume(subject != patient);
        _says(subject, digest, reader, via, Defaults.PURPOSE, Reason.UnknownPatient);
        _says(subject, Defaults.DIGEST, subject, SELF, Defaults.PURPOSE, Reason.UnknownPatient);
        _says(subject, Defaults.DIGEST, reader, subject, Defaults.PURPOSE, Reason.UnknownPatient);
        _says(REGISTRY, digest, reader, via, Defaults.PURPOSE, Reason.UnknownPatient);
    }

    function testFuzz_WhenTheRecordIsNotInTheChart(Digest digest, address reader, address via) external {
        vm.assume(Digest.unwrap(digest) != Digest.unwrap(Defaults.DIGEST));
        _giveEveryWay();
        _registerPatient(otherPatient);
        _says(otherPatient, Defaults.DIGEST, reader, via, Defaults.PURPOSE, Reason.UnknownRecord);
        _saysOf(digest, reader, via, Reason.UnknownRecord);
        _saysOf(digest, patient, SELF, Reason.UnknownRecord);
        _saysOf(digest, guardian, patient, Reason.UnknownRecord);
        _saysOf(digest, doctor, SELF, Reason.UnknownRecord);
    }

    function testFuzz_WhenTheReaderIsThePatient(address via, uint8 purpose) external {
        _revokeEveryone(patient);
        _saysFor(_purpose(purpose), patient, via, Reason.Allowed);
        _saysFor(_purpose(purpose), patient, patient, Reason.Allowed);
    }

    function test_WhenTheRecordIsSuperseded() external {
        _giveEveryWay();
        _supersede(Defaults.DIGEST, Defaults.OTHER_DIGEST);
        _saysToEverybody(Defaults.DIGEST, Reason.Allowed);
        _saysToEverybody(Defaults.OTHER_DIGEST, Reason.Allowed);
    }

    function test_WhenTheReadersGrantIsForASupersededRecordAlone() external {
        _grant(patient, doctor, _recordScope(Defaults.DIGEST));
        _supersede(Defaults.DIGEST, Defaults.OTHER_DIGEST);
        _saysOf(Defaults.DIGEST, doctor, SELF, Reason.Allowed);
        _saysOf(Defaults.OTHER_DIGEST, doctor, SELF, Reason.NoGrant);
    }

    function testFuzz_WhenTheRecordIsRetracted(address reader, address via, uint8 purpose) external {
        vm.assume(reader != patient && via != patient);
        _giveEveryWay();
        _saysToEverybody(Defaults.DIGEST, Reason.Allowed);
        _retract(Defaults.DIGEST);
        _saysToEverybody(Defaults.DIGEST, Reason.RecordRetracted);
        _saysFor(_purpose(purpose), reader, via, Reason.RecordRetracted);
        _saysFor(_purpose(purpose), patient, via, Reason.Allowed);
        _saysFor(_purpose(purpose), guardian, patient, Reason.Allowed);
        _says(guardian, SELF, Reason.RecordRetracted);
    }

    function test_WhenTheRecordWasSupersededBeforeItWasRetracted() external {
        _giveEveryWay();
        _supersede(Defaults.DIGEST, Defaults.OTHER_DIGEST);
        _retract(Defaults.DIGEST);
        _saysToEverybody(Defaults.DIGEST, Reason.RecordRetracted);
        _saysToEverybody(Defaults.OTHER_DIGEST, Reason.Allowed);
    }

    function testFuzz_WhenSomebodyWhoIsNoGuardianAsksForARetractedRecordThroughThePatient(address reader) external {
        _giveEveryWay();
        vm.assume(reader != patient && reader != guardian);
        _retract(Defaults.DIGEST);
        _says(reader, patient, Reason.NotAGuardian);
        _says(doctor, patient, Reason.NotAGuardian);
    }

    function testFuzz_WhenItIsAskedByAnotherAccount(address caller, bool granted) external {
        if (granted) _grant(patient, doctor, Defaults.CHART);
        Reason expected = granted ? Reason.Allowed : Reason.NoGrant;
        vm.prank(caller);
        Reason reason = chartkey.whyNot(patient, Defaults.DIGEST, doctor, SELF, Defaults.PURPOSE);
        vm.assertEq(uint8(reason), uint8(expected), "whyNot");
        vm.prank(caller);
        vm.assertTrue(chartkey.canOpen(patient, Defaults.DIGEST, doctor, SELF, Defaults.PURPOSE) == granted, "canOpen");
    }

    /// @dev The doctor may open by their own grant and by a broken glass, the other by referral, the member by the team.
    function _giveEveryWay() private {
        _setGuardian(patient, guardian);
        _registerPractitioner(member);
        team = _createTeam();
        _setTeamMember(team, member);
        _grant(patient, team, Defaults.CHART);
        _grant(patient, doctor, Defaults.CHART, READ | REFER, ALL_BUT_BREAKING, Defaults.EXPIRES_AT);
        ReferralTerms memory terms = Defaults.referral(otherDoctor, Defaults.CHART, Defaults.CHART);
        terms.purposes = ALL_BUT_BREAKING;
        vm.prank(doctor);
        chartkey.referAccess(patient, terms);
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _breakGlass(patient, doctor);
    }

    function _saysToEverybody(Digest digest, Reason expected) private {
        _saysOf(digest, patient, SELF, Reason.Allowed);
        _saysOf(digest, guardian, patient, Reason.Allowed);
        _saysOf(digest, doctor, SELF, expected);
        _saysOf(digest, otherDoctor, doctor, expected);
        _saysOf(digest, member, team, expected);
        _says(patient, digest, doctor, SELF, Purpose.BTG, expected);
    }
}
