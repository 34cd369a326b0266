// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {Scopes} from "../../../contracts/libraries/Scopes.sol";
import {Scope} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract RenounceAccessTest is Base {
    function setUp() public override {
        super.setUp();
        _registerPatient(patient);
        _registerPractitioner(doctor);
        _grant(patient, doctor, Defaults.CHART);
    }

    function testFuzz_RevertWhen_TheCallerHasNoSuchGrant(address caller, address whose, bytes32 word) external {
        Scope scope = Scope.wrap(word);
        vm.assume(caller != address(forwarder) && (caller != doctor || whose != patient || word != 0));
        vm.expectRevert(abi.encodeWithSelector(IGrants.NoSuchGrant.selector, whose, caller, scope));
        vm.prank(caller);
        chartkey.renounceAccess(whose, scope);
    }

    function test_WhenTheCallerHasTheGrant() external {
        _grant(patient, doctor, _folderScope(Defaults.FOLDER));
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessRenounced(patient, doctor, Defaults.CHART);
        _renounce();
        vm.assertEq(chartkey.grantOf(patient, doctor, Defaults.CHART).expiresAt, 0, "grant");
        vm.assertEq(
            chartkey.grantOf(patient, doctor, _folderScope(Defaults.FOLDER)).expiresAt,
            Defaults.EXPIRES_AT,
            "other scope"
        );
    }

    function test_WhenTheGrantHasExpiredOrIsVoidOrItsHolderIsSuspended() external {
        _suspend(doctor);
        _revokeEveryone(patient);
        vm.warp(Defaults.EXPIRES_AT);
        _renounce();
        vm.assertEq(chartkey.grantOf(patient, doctor, Defaults.CHART).expiresAt, 0, "grant");
    }

    function test_RevertWhen_TheGrantIsTheCallersTeams() external {
        address team = _createTeam();
        _registerPractitioner(otherDoctor);
        _setTeamMember(team, otherDoctor);
        _grant(patient, team, Defaults.CHART);
        vm.expectRevert(abi.encodeWithSelector(IGrants.NoSuchGrant.selector, patient, otherDoctor, Defaults.CHART));
        vm.prank(otherDoctor);
        chartkey.renounceAccess(patient, Defaults.CHART);
    }

    function test_WhenTheGrantIsAnEmergencys() external {
        _registerEmergencyPractitioner(otherDoctor);
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _breakGlass(patient, otherDoctor);
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessRenounced(patient, otherDoctor, Scopes.EMERGENCY);
        vm.prank(otherDoctor);
        chartkey.renounceAccess(patient, Scopes.EMERGENCY);
        vm.assertEq(chartkey.grantOf(patient, otherDoctor, Scopes.EMERGENCY).expiresAt, 0, "grant");
    }

    function _renounce() private {
        vm.prank(doctor);
        chartkey.renounceAccess(patient, Defaults.CHART);
    }
}
