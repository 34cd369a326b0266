// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {READ, REFER, Reason, WRITE} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Judged} from "./Judged.sol";

/// @notice The doctor is a member of the team, the other doctor is not.
contract WhyNotTeamTest is Judged {
    address private team;

    function setUp() public override {
        super.setUp();
        team = _createTeam();
        _setTeamMember(team, doctor);
    }

    function testFuzz_WhenTheReaderIsNoPractitioner(address reader) external {
        vm.assume(reader != patient && reader != doctor && reader != otherDoctor);
        _grant(patient, team, Defaults.CHART);
        _says(reader, team, Reason.UnknownPractitioner);
        _says(team, team, Reason.UnknownPractitioner);
    }

    function test_WhenTheMemberIsSuspended() external {
        _grant(patient, team, Defaults.CHART);
        _suspend(doctor);
        _says(doctor, team, Reason.PractitionerSuspended);
        _reinstate(doctor);
        _says(doctor, team, Reason.Allowed);
    }

    function test_WhenTheMembersRegistrationRanOut() external {
        _grant(patient, team, Defaults.CHART);
        _renew(doctor, Defaults.START + 2);
        vm.warp(Defaults.START + 1);
        _says(doctor, team, Reason.Allowed);
        vm.warp(Defaults.START + 2);
        _says(doctor, team, Reason.PractitionerLapsed);
    }

    function test_WhenTheReaderDoesNotBelongToTheTeam() external {
        _says(otherDoctor, team, Reason.NotATeamMember);
        _grant(patient, team, Defaults.CHART);
        _grant(patient, otherDoctor, Defaults.CHART);
        _says(otherDoctor, team, Reason.NotATeamMember);
    }

    function test_WhenTheReaderBelongsToAnotherTeam() external {
        address other = _createOtherTeam();
        _grant(patient, team, Defaults.CHART);
        _grant(patient, other, Defaults.CHART);
        _says(doctor, other, Reason.NotATeamMember);
        _says(doctor, team, Reason.Allowed);
    }

    function test_WhenTheMembershipHasEnded() external {
        _grant(patient, team, Defaults.CHART, READ, Defaults.PURPOSES, Defaults.EXPIRES_AT + 1);
        vm.warp(Defaults.EXPIRES_AT - 1);
        _says(doctor, team, Reason.Allowed);
        vm.warp(Defaults.EXPIRES_AT);
        _says(doctor, team, Reason.NotATeamMember);
        vm.prank(registrar);
        chartkey.setTeamMember(team, doctor, Defaults.EXPIRES_AT + 1);
        _says(doctor, team, Reason.Allowed);
    }

    function testFuzz_WhenTheMemberWasRemoved(bool byThemselves) external {
        _grant(patient, team, Defaults.CHART);
        vm.prank(byThemselves ? doctor : registrar);
        chartkey.removeTeamMember(team, doctor);
        _says(doctor, team, Reason.NotATeamMember);
    }

    function test_WhenNoGrantOfTheTeamCoversTheRecord() external {
        _grant(patient, doctor, Defaults.CHART);
        _says(doctor, team, Reason.NoGrant);
        _addRecord(patient, Defaults.OTHER_DIGEST, Defaults.FOLDER + 1);
        _registerPatient(otherPatient);
        _grant(patient, team, _folderScope(Defaults.FOLDER + 1));
        _grant(patient, team, _recordScope(Defaults.OTHER_DIGEST));
        _grant(otherPatient, team, Defaults.CHART);
        _says(doctor, team, Reason.NoGrant);
        _saysOf(Defaults.OTHER_DIGEST, doctor, team, Reason.Allowed);
    }

    function testFuzz_WhenAGrantOfTheTeamForTheChartTheFolderOrTheRecordIsInForce(uint8 which, uint8 purpose) external {
        _grant(patient, team, _coveringScopes()[which % 3]);
        _saysFor(_purpose(purpose), doctor, team, Reason.Allowed);
        _saysFor(_purpose(purpose), doctor, SELF, Reason.NoGrant);
    }

    function test_WhenTheTeamsGrantWasRevoked() external {
        _grant(patient, team, Defaults.CHART);
        _revoke(patient, team, Defaults.CHART);
        _says(doctor, team, Reason.NoGrant);
    }

    function test_WhenTheTeamsGrantIsOfAnEarlierEpoch() external {
        _grant(patient, team, Defaults.CHART);
        _revokeEveryone(patient);
        _says(doctor, team, Reason.GrantVoided);
        _grant(patient, team, Defaults.CHART);
        _says(doctor, team, Reason.Allowed);
    }

    function testFuzz_WhenTheTeamsGrantHasExpired(uint8 which) external {
        _grant(patient, team, _coveringScopes()[which % 3], READ, Defaults.PURPOSES, Defaults.START + 2);
        vm.warp(Defaults.START + 1);
        _says(doctor, team, Reason.Allowed);
        vm.warp(Defaults.START + 2);
        _says(doctor, team, Reason.GrantExpired);
    }

    function test_WhenTheTeamsGrantDoesNotIncludeREAD() external {
        _grant(patient, team, Defaults.CHART, WRITE | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _says(doctor, team, Reason.RightNotGranted);
    }

    function test_WhenTheTeamsGrantDoesNotIncludeThePurpose() external {
        _grant(patient, team, Defaults.CHART, READ, ALL_BUT_TREATMENT, Defaults.EXPIRES_AT);
        _says(doctor, team, Reason.PurposeNotGranted);
    }

    function test_WhenSeveralGrantsOfTheTeamFailForDifferentReasons() external {
        _grant(patient, team, Defaults.CHART);
        _revokeEveryone(patient);
        _says(doctor, team, Reason.GrantVoided);
        _grant(patient, team, _recordScope(Defaults.DIGEST), READ, Defaults.PURPOSES, Defaults.START + 1);
        vm.warp(Defaults.START + 1);
        _says(doctor, team, Reason.GrantExpired);
        _grant(patient, team, _folderScope(Defaults.FOLDER), WRITE, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _says(doctor, team, Reason.RightNotGranted);
        _grant(patient, team, _recordScope(Defaults.DIGEST), READ, RESEARCH_ONLY, Defaults.EXPIRES_AT);
        _says(doctor, team, Reason.PurposeNotGranted);
    }

    function test_WhenTheTeamsRegistrarIsOneNoLonger() external {
        _grant(patient, team, Defaults.CHART);
        vm.prank(admin);
        chartkey.revokeRole(REGISTRAR, registrar);
        _says(doctor, team, Reason.Allowed);
    }

    function test_WhenTheReaderIsOfTwoTeams() external {
        address other = _createOtherTeam();
        _setTeamMember(other, doctor);
        _grant(patient, team, Defaults.CHART);
        _says(doctor, team, Reason.Allowed);
        _says(doctor, other, Reason.NoGrant);
    }

    function _createOtherTeam() private returns (address) {
        vm.prank(registrar);
        return chartkey.createTeam(keccak256("another salt"), "Ward 4", "");
    }
}
