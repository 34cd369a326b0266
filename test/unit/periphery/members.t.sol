// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChartkeyLens} from "../../../contracts/periphery/IChartkeyLens.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {LensBase} from "./LensBase.sol";

contract MembersTest is LensBase {
    address private _team;

    function setUp() public override {
        super.setUp();
        _registerPractitioner(doctor);
        _team = _createTeam();
        _setTeamMember(_team, doctor);
    }

    function test_WhenNobodyMadeTheTeam() external view {
        _check(stranger, address(0), 0, 0, false);
    }

    function test_WhenTheAccountIsNoMember() external view {
        _check(_team, registrar, 1, 0, false);
    }

    function test_WhenTheMembershipHasEnded() external {
        vm.warp(Defaults.EXPIRES_AT);
        _check(_team, registrar, 0, Defaults.EXPIRES_AT, false);
    }

    function test_WhenTheMemberIsInForce() external {
        vm.warp(Defaults.EXPIRES_AT - 1);
        vm.roll(Defaults.START_BLOCK + 1);
        _check(_team, registrar, 0, Defaults.EXPIRES_AT, true);
        _suspend(doctor);
        _check(_team, registrar, 0, Defaults.EXPIRES_AT, true);
        (IChartkeyLens.AsOf memory asOf,,) = lens.members(_team, _pair(doctor, otherDoctor));
        _checkAsOf(asOf);
    }

    function _check(address team, address keeper, uint256 index, uint40 until, bool inForce) private view {
        (, address registrar_, IChartkeyLens.TermView[] memory views) = lens.members(team, _pair(doctor, otherDoctor));
        vm.assertEq(registrar_, keeper, "registrar");
        vm.assertEq(views.length, 2, "one an account");
        vm.assertEq(views[index].until, until, "until");
        vm.assertTrue(views[index].inForce == inForce, "in force");
    }
}
