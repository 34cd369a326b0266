// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {LAST_MOMENT, Scope} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract RevokeAccessTest is Base {
    function setUp() public override {
        super.setUp();
        _registerPatient(patient);
        _registerPractitioner(doctor);
        _registerPractitioner(otherDoctor);
        _grant(patient, doctor, Defaults.CHART);
    }

    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account) external {
        vm.assume(account != patient);
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        _revoke(account, doctor, Defaults.CHART);
    }

    function testFuzz_RevertWhen_TheCallerIsNotThePatient(address caller) external {
        vm.assume(caller != patient);
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, patient, caller));
        vm.prank(caller);
        chartkey.revokeAccess(patient, doctor, Defaults.CHART);
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

    function _isCleared() private view {
        vm.assertEq(
            keccak256(abi.encode(chartkey.grantOf(patient, doctor, Defaults.CHART))), keccak256(new bytes(160)), "grant"
        );
    }
}
