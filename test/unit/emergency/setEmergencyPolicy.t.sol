// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEmergency} from "../../../contracts/interfaces/IEmergency.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract SetEmergencyPolicyTest is Base {
    uint32 private constant MOST = 72 * 3600;

    address private guardian;

    function setUp() public override {
        super.setUp();
        guardian = _actor("guardian");
        _registerPatient(patient);
        _setGuardian(patient, guardian);
    }

    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account) external {
        vm.assume(account != patient && account != address(forwarder));
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        _setEmergencyPolicy(account, Defaults.EMERGENCY);
    }

    function testFuzz_RevertWhen_TheCallerIsNeitherThePatientNorAGuardian(address caller) external {
        vm.assume(caller != patient && caller != guardian && caller != address(forwarder));
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, patient, caller));
        vm.prank(caller);
        chartkey.setEmergencyPolicy(patient, Defaults.EMERGENCY);
    }

    function test_RevertWhen_TheGuardiansTimeHasEnded() external {
        vm.warp(Defaults.EXPIRES_AT);
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, patient, guardian));
        vm.prank(guardian);
        chartkey.setEmergencyPolicy(patient, Defaults.EMERGENCY);
    }

    function testFuzz_RevertWhen_TheDurationIsOver72Hours(uint32 duration) external {
        duration = uint32(_bound(duration, MOST + 1, type(uint32).max));
        vm.expectRevert(abi.encodeWithSelector(IEmergency.EmergencyTooLong.selector, duration, MOST));
        _setEmergencyPolicy(patient, duration);
    }

    function test_WhenNobodySetIt() external view {
        vm.assertEq(chartkey.emergencyPolicyOf(patient), 0, "duration");
    }

    function testFuzz_WhenThePatientSetsIt(uint32 duration) external {
        duration = uint32(_bound(duration, 0, MOST));
        vm.expectEmit(address(chartkey));
        emit IEmergency.EmergencyPolicySet(patient, patient, duration);
        _setEmergencyPolicy(patient, duration);
        vm.assertEq(chartkey.emergencyPolicyOf(patient), duration, "duration");
    }

    function test_WhenAGuardianSetsIt() external {
        vm.expectEmit(address(chartkey));
        emit IEmergency.EmergencyPolicySet(patient, guardian, Defaults.EMERGENCY);
        vm.prank(guardian);
        chartkey.setEmergencyPolicy(patient, Defaults.EMERGENCY);
        vm.assertEq(chartkey.emergencyPolicyOf(patient), Defaults.EMERGENCY, "duration");
    }

    function testFuzz_WhenItIsSetAgain(uint32 duration) external {
        duration = uint32(_bound(duration, 0, MOST));
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _setEmergencyPolicy(patient, duration);
        vm.assertEq(chartkey.emergencyPolicyOf(patient), duration, "duration");
    }

    function test_WhenAnotherPatientSetsIt() external {
        _registerPatient(otherPatient);
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _setEmergencyPolicy(otherPatient, MOST);
        vm.assertEq(chartkey.emergencyPolicyOf(patient), Defaults.EMERGENCY, "duration");
    }
}
