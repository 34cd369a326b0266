// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {ICareTeams} from "../../../contracts/interfaces/ICareTeams.sol";
import {IPractitioners} from "../../../contracts/interfaces/IPractitioners.sol";
import {Dates} from "../../../contracts/libraries/Dates.sol";
import {LAST_MOMENT, Reason} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract SetTeamMemberTest is Base {
    address private team;

    function setUp() public override {
        super.setUp();
        _registerPractitioner(doctor);
        _registerPractitioner(otherDoctor);
        team = _createTeam();
    }

    function testFuzz_RevertWhen_TheCallerIsNoRegistrar(address caller) external {
        vm.assume(caller != registrar && caller != otherRegistrar && caller != address(forwarder));
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, REGISTRAR)
        );
        vm.prank(caller);
        chartkey.setTeamMember(team, doctor, Defaults.EXPIRES_AT);
    }

    function test_RevertWhen_TheTeamsRegistrarHasLostTheirRole() external {
        _takeRole();
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, registrar, REGISTRAR)
        );
        _setTeamMember(team, doctor);
    }

    function test_RevertWhen_TheCallerIsAnotherRegistrar() external {
        vm.expectRevert(abi.encodeWithSelector(ICareTeams.NotTheTeamsRegistrar.selector, team, otherRegistrar));
        vm.prank(otherRegistrar);
        chartkey.setTeamMember(team, doctor, Defaults.EXPIRES_AT);
    }

    function testFuzz_RevertWhen_NobodyMadeTheTeam(address account) external {
        vm.assume(account != team);
        vm.expectRevert(abi.encodeWithSelector(ICareTeams.NotTheTeamsRegistrar.selector, account, registrar));
        _setTeamMember(account, doctor);
    }

    function testFuzz_RevertWhen_TheMemberIsNoPractitioner(address account) external {
        vm.assume(account != doctor && account != otherDoctor);
        _standingRefused(account, Reason.UnknownPractitioner);
        _setTeamMember(team, account);
    }

    function test_RevertWhen_TheMemberIsATeam() external {
        _standingRefused(team, Reason.UnknownPractitioner);
        _setTeamMember(team, team);
    }

    function test_RevertWhen_TheMemberIsSuspended() external {
        _suspend(doctor);
        _standingRefused(doctor, Reason.PractitionerSuspended);
        _setTeamMember(team, doctor);
    }

    function testFuzz_RevertWhen_TheMemberHasLapsed(uint40 time) external {
        vm.warp(_bound(time, Defaults.VALID_UNTIL, LAST_MOMENT));
        _standingRefused(doctor, Reason.PractitionerLapsed);
        _setTeamMember(team, doctor);
    }

    function testFuzz_RevertWhen_TheEndIsNotInTheFuture(uint40 end) external {
        end = uint40(_bound(end, 0, Defaults.START));
        vm.expectRevert(abi.encodeWithSelector(Dates.EndNotInFuture.selector, end, uint256(Defaults.START)));
        _setUntil(doctor, end);
    }

    function testFuzz_RevertWhen_TheEndIsPastTheLastMoment(uint40 end) external {
        end = uint40(_bound(end, LAST_MOMENT + 1, type(uint40).max));
        vm.expectRevert(abi.encodeWithSelector(Dates.EndTooFar.selector, end, LAST_MOMENT));
        _setUntil(doctor, end);
    }

    function testFuzz_WhenAllIsWell(uint40 end) external {
        end = uint40(_bound(end, Defaults.START + 1, LAST_MOMENT));
        vm.prank(registrar);
        address otherTeam = chartkey.createTeam("other", "Ward 4", "");
        vm.expectEmit(address(chartkey));
        emit ICareTeams.TeamMemberSet(REGISTRY, team, doctor, registrar, end);
        _setUntil(doctor, end);
        vm.assertEq(chartkey.teamMemberUntil(team, doctor), end, "end");
        vm.assertEq(chartkey.teamMemberUntil(team, otherDoctor), 0, "somebody else");
        vm.assertEq(chartkey.teamMemberUntil(otherTeam, doctor), 0, "another team");
    }

    function testFuzz_WhenThePractitionerIsAMemberAlready(uint40 first, uint40 second) external {
        _setUntil(doctor, uint40(_bound(first, Defaults.START + 1, LAST_MOMENT)));
        second = uint40(_bound(second, Defaults.START + 1, LAST_MOMENT));
        vm.expectEmit(address(chartkey));
        emit ICareTeams.TeamMemberSet(REGISTRY, team, doctor, registrar, second);
        _setUntil(doctor, second);
        vm.assertEq(chartkey.teamMemberUntil(team, doctor), second, "end");
    }

    function test_WhenTheMemberWasRemovedBefore() external {
        _setTeamMember(team, doctor);
        vm.prank(registrar);
        chartkey.removeTeamMember(team, doctor);
        _setTeamMember(team, doctor);
        vm.assertEq(chartkey.teamMemberUntil(team, doctor), Defaults.EXPIRES_AT, "end");
    }

    function test_WhenTheTeamsRegistrarWasGivenTheRoleAgain() external {
        _takeRole();
        _giveRole(REGISTRAR, registrar);
        _setTeamMember(team, doctor);
        vm.assertEq(chartkey.teamMemberUntil(team, doctor), Defaults.EXPIRES_AT, "end");
    }

    function _setUntil(address member, uint40 end) private {
        vm.prank(registrar);
        chartkey.setTeamMember(team, member, end);
    }

    function _takeRole() private {
        vm.prank(admin);
        chartkey.revokeRole(REGISTRAR, registrar);
    }

    function _standingRefused(address account, Reason reason) private {
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.NotInGoodStanding.selector, account, reason));
    }
}
