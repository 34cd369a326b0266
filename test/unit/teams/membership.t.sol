// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IOpens} from "../../../contracts/interfaces/IOpens.sol";
import {Reason} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

/// @notice What a team's member may do, and until when. The grant outlasts the membership.
contract MembershipTest is Base {
    uint40 private constant UNTIL = Defaults.EXPIRES_AT - 10 days;

    address private team;

    function setUp() public override {
        super.setUp();
        _registerPatient(patient);
        _registerPractitioner(doctor);
        _registerPractitioner(otherDoctor);
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        team = _createTeam();
        vm.prank(registrar);
        chartkey.setTeamMember(team, doctor, UNTIL);
        _grant(patient, team, Defaults.CHART);
    }

    function testFuzz_WhenTheMembersTimeHasNotEnded(uint40 time) external {
        vm.warp(_bound(time, Defaults.START, UNTIL - 1));
        vm.expectEmit(address(chartkey));
        emit IOpens.RecordOpened(patient, Defaults.DIGEST, doctor, team, Defaults.CHART, Defaults.PURPOSE, 0);
        _open(patient, Defaults.DIGEST, doctor, team);
    }

    function testFuzz_WhenTheMembersTimeHasEnded(uint40 time) external {
        vm.warp(_bound(time, UNTIL, Defaults.EXPIRES_AT - 1));
        _isRefused(doctor, team, Reason.NotATeamMember);
    }

    function test_WhenTheMemberWasRemoved() external {
        vm.prank(registrar);
        chartkey.removeTeamMember(team, doctor);
        _isRefused(doctor, team, Reason.NotATeamMember);
    }

    function test_WhenTheMemberIsSuspendedOrHasLapsed() external {
        vm.prank(registrar);
        chartkey.renewPractitioner(doctor, Defaults.START + 1, false);
        vm.warp(Defaults.START + 1);
        _isRefused(doctor, team, Reason.PractitionerLapsed);
        _suspend(doctor);
        _isRefused(doctor, team, Reason.PractitionerSuspended);
    }

    function test_WhenTheReaderWasNeverAMember() external view {
        _isRefused(otherDoctor, team, Reason.NotATeamMember);
    }

    function test_WhenTheMemberDoesNotNameTheTeam() external view {
        _isRefused(doctor, address(0), Reason.NoGrant);
    }

    function test_WhenTheTeamsRegistrarHasLostTheirRole() external {
        vm.prank(admin);
        chartkey.revokeRole(REGISTRAR, registrar);
        _open(patient, Defaults.DIGEST, doctor, team);
    }

    function _isRefused(address reader, address via, Reason reason) private view {
        Reason found = chartkey.whyNot(patient, Defaults.DIGEST, reader, via, Defaults.PURPOSE);
        vm.assertEq(uint256(found), uint256(reason), "reason");
    }
}
