// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {Scopes} from "../../../contracts/libraries/Scopes.sol";
import {LAST_MOMENT, Scope} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract RevokeAccessTest is Base {
    address private guardian;

    function setUp() public override {
        super.setUp();
        guardian = _actor("guardian");
        _registerPatient(patient);
        _registerPractitioner(doctor);
        _registerPractitioner(otherDoctor);
        _grant(patient, doctor, Defaults.CHART);
    }

    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account) external {
        vm.assume(account != patient && account != address(forwarder));
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        _revoke(account, doctor, Defaults.CHART);
    }

    function testFuzz_RevertWhen_TheCallerIsNeitherThePatientNorAGuardian(address caller) external {
        vm.assume(caller != patient && caller != address(forwarder));
        _notThePatient(caller);
        _revokeAs(caller);
    }

    function testFuzz_RevertWhen_TheCallerIsAGuardianWhoseTimeHasEnded(uint40 time) external {
        _setGuardian(patient, guardian);
        vm.warp(_bound(time, Defaults.EXPIRES_AT, LAST_MOMENT));
        _notThePatient(guardian);
        _revokeAs(guardian);
    }

    function test_RevertWhen_TheCallerWasRemovedAsAGuardian() external {
        _setGuardian(patient, guardian);
        vm.prank(patient);
        chartkey.removeGuardian(patient, guardian);
        _notThePatient(guardian);
        _revokeAs(guardian);
    }

    function testFuzz_RevertWhen_ThereIsNoSuchGrant(address grantee, bytes32 word) external {
        Scope scope = Scope.wrap(word);
        vm.assume(grantee != doctor || word != 0);
        vm.expectRevert(abi.encodeWithSelector(IGrants.NoSuchGrant.selector, patient, grantee, scope));
        _revoke(patient, grantee, scope);
    }

    function test_RevertWhen_TheGrantWasRevokedBefore() external {
        _revoke(patient, doctor, Defaults.CHART);
        vm.expectRevert(abi.encodeWithSelector(IGrants.NoSuchGrant.selector, patient, doctor, Defaults.CHART));
        _revoke(patient, doctor, Defaults.CHART);
    }

    function test_WhenTheGrantIsInForce() external {
        _grant(patient, otherDoctor, Defaults.CHART);
        _grant(patient, doctor, _folderScope(Defaults.FOLDER));
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessRevoked(patient, doctor, Defaults.CHART, patient);
        _revoke(patient, doctor, Defaults.CHART);
        _isCleared();
        vm.assertEq(
            chartkey.grantOf(patient, otherDoctor, Defaults.CHART).expiresAt, Defaults.EXPIRES_AT, "other grantee"
        );
        vm.assertEq(
            chartkey.grantOf(patient, doctor, _folderScope(Defaults.FOLDER)).expiresAt,
            Defaults.EXPIRES_AT,
            "other scope"
        );
    }

    function testFuzz_WhenTheGrantHasExpired(uint40 time) external {
        vm.warp(_bound(time, Defaults.EXPIRES_AT, LAST_MOMENT));
        _revoke(patient, doctor, Defaults.CHART);
        _isCleared();
    }

    function test_WhenTheGrantIsVoid() external {
        _revokeEveryone(patient);
        _revoke(patient, doctor, Defaults.CHART);
        _isCleared();
    }

    function test_WhenTheGranteeIsSuspendedOrHasLapsed() external {
        _suspend(doctor);
        _revoke(patient, doctor, Defaults.CHART);
        _isCleared();
        _grant(patient, otherDoctor, Defaults.CHART);
        vm.warp(Defaults.VALID_UNTIL);
        _revoke(patient, otherDoctor, Defaults.CHART);
    }

    function test_WhenTheCallerIsAGuardian() external {
        _setGuardian(patient, guardian);
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessRevoked(patient, doctor, Defaults.CHART, guardian);
        _revokeAs(guardian);
        _isCleared();
    }

    function test_WhenTheGrantIsATeams() external {
        address team = _createTeam();
        _grant(patient, team, Defaults.CHART);
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessRevoked(patient, team, Defaults.CHART, patient);
        _revoke(patient, team, Defaults.CHART);
        vm.assertEq(chartkey.grantOf(patient, team, Defaults.CHART).expiresAt, 0, "the team's");
        vm.assertEq(chartkey.grantOf(patient, doctor, Defaults.CHART).expiresAt, Defaults.EXPIRES_AT, "the doctor's");
    }

    function test_WhenTheGrantIsAnEmergencys() external {
        address paramedic = _actor("paramedic");
        _registerEmergencyPractitioner(paramedic);
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _breakGlass(patient, paramedic);
        _grant(patient, paramedic, Defaults.CHART);
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessRevoked(patient, paramedic, Scopes.EMERGENCY, patient);
        _revoke(patient, paramedic, Scopes.EMERGENCY);
        vm.assertEq(chartkey.grantOf(patient, paramedic, Scopes.EMERGENCY).expiresAt, 0, "the emergency's");
        vm.assertEq(chartkey.grantOf(patient, paramedic, Defaults.CHART).expiresAt, Defaults.EXPIRES_AT, "the chart's");
    }

    function _revokeAs(address caller) private {
        vm.prank(caller);
        chartkey.revokeAccess(patient, doctor, Defaults.CHART);
    }

    function _notThePatient(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, patient, caller));
    }

    function _isCleared() private view {
        vm.assertEq(
            keccak256(abi.encode(chartkey.grantOf(patient, doctor, Defaults.CHART))), keccak256(new bytes(160)), "grant"
        );
    }
}
