// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {ICareTeams} from "../../../contracts/interfaces/ICareTeams.sol";
import {LAST_MOMENT} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract RemoveTeamMemberTest is Base {
    address private team;

    function setUp() public override {
        super.setUp();
        _registerPractitioner(doctor);
        _registerPractitioner(otherDoctor);
        team = _createTeam();
        _setTeamMember(team, doctor);
    }

    function testFuzz_RevertWhen_TheCallerIsNeitherARegistrarNorTheMember(address caller) external {
        vm.assume(caller != registrar && caller != otherRegistrar && caller != doctor && caller != address(forwarder));
        _expectNoRegistrar(caller);
        _remove(caller, doctor);
    }

    function test_RevertWhen_TheCallerIsAnotherMember() external {
        _setTeamMember(team, otherDoctor);
        _expectNoRegistrar(otherDoctor);
        _remove(otherDoctor, doctor);
    }

    function test_RevertWhen_TheTeamsRegistrarHasLostTheirRole() external {
        _takeRole();
        _expectNoRegistrar(registrar);
        _remove(registrar, doctor);
    }

    function testFuzz_RevertWhen_NobodyMadeTheTeam(address account) external {
        vm.assume(account != team);
        vm.expectRevert(abi.encodeWithSelector(ICareTeams.NoSuchTeamMember.selector, account, doctor));
        vm.prank(registrar);
        chartkey.removeTeamMember(account, doctor);
    }

    function testFuzz_RevertWhen_ThereIsNoSuchMember(address account, bool leaving) external {
        vm.assume(account != doctor && account != address(forwarder));
        vm.expectRevert(abi.encodeWithSelector(ICareTeams.NoSuchTeamMember.selector, team, account));
        _remove(leaving ? account : registrar, account);
    }

    function test_RevertWhen_TheMemberLeftBefore() external {
        _remove(doctor, doctor);
        vm.expectRevert(abi.encodeWithSelector(ICareTeams.NoSuchTeamMember.selector, team, doctor));
        _remove(registrar, doctor);
    }

    function test_WhenTheCallerIsTheTeamsRegistrar() external {
        vm.prank(registrar);
        address otherTeam = chartkey.createTeam("other", "Ward 4", "");
        _setTeamMember(otherTeam, doctor);
        _setTeamMember(team, otherDoctor);
        vm.expectEmit(address(chartkey));
        emit ICareTeams.TeamMemberRemoved(REGISTRY, team, doctor, registrar);
        _remove(registrar, doctor);
        vm.assertEq(chartkey.teamMemberUntil(team, doctor), 0, "end");
        vm.assertEq(chartkey.teamMemberUntil(team, otherDoctor), Defaults.EXPIRES_AT, "another member");
        vm.assertEq(chartkey.teamMemberUntil(otherTeam, doctor), Defaults.EXPIRES_AT, "another team");
    }

    /// @dev A team whose registrar is gone can still be emptied.
    function test_WhenTheCallerIsAnotherRegistrar() external {
        _takeRole();
        vm.expectEmit(address(chartkey));
        emit ICareTeams.TeamMemberRemoved(REGISTRY, team, doctor, otherRegistrar);
        _remove(otherRegistrar, doctor);
        vm.assertEq(chartkey.teamMemberUntil(team, doctor), 0, "end");
    }

    function test_WhenTheCallerIsTheMember() external {
        vm.expectEmit(address(chartkey));
        emit ICareTeams.TeamMemberRemoved(REGISTRY, team, doctor, doctor);
        _remove(doctor, doctor);
        vm.assertEq(chartkey.teamMemberUntil(team, doctor), 0, "end");
    }

    function testFuzz_WhenTheMembershipHasEnded(uint40 time, bool leaving) external {
        vm.warp(_bound(time, Defaults.EXPIRES_AT, LAST_MOMENT));
        vm.assertEq(chartkey.teamMemberUntil(team, doctor), Defaults.EXPIRES_AT, "the end that has passed");
        _remove(leaving ? doctor : registrar, doctor);
        vm.assertEq(chartkey.teamMemberUntil(team, doctor), 0, "end");
    }

    function test_WhenTheMemberIsSuspendedOrTheRegistrarHasLostTheirRole() external {
        _suspend(doctor);
        _takeRole();
        _remove(doctor, doctor);
        vm.assertEq(chartkey.teamMemberUntil(team, doctor), 0, "end");
    }

    function _remove(address caller, address member) private {
        vm.prank(caller);
        chartkey.removeTeamMember(team, member);
    }

    function _expectNoRegistrar(address caller) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, REGISTRAR)
        );
    }

    function _takeRole() private {
        vm.prank(admin);
        chartkey.revokeRole(REGISTRAR, registrar);
    }
}
