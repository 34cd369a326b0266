// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGuardians} from "../../../contracts/interfaces/IGuardians.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {LAST_MOMENT} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract RemoveGuardianTest is Base {
    address private guardian;
    address private otherGuardian;

    function setUp() public override {
        super.setUp();
        guardian = _actor("guardian");
        otherGuardian = _actor("other guardian");
        _registerPatient(patient);
        _registerPatient(otherPatient);
        _setGuardian(patient, guardian);
    }

    function testFuzz_RevertWhen_TheCallerIsNeitherThePatientNorTheGuardian(address caller) external {
        vm.assume(caller != patient && caller != guardian && caller != address(forwarder));
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, patient, caller));
        _remove(caller, guardian);
    }

    function test_RevertWhen_TheCallerIsAnotherGuardianOfThePatient() external {
        _setGuardian(patient, otherGuardian);
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, patient, otherGuardian));
        _remove(otherGuardian, guardian);
    }

    function testFuzz_RevertWhen_TheAccountIsNoGuardian(address account, bool resigning) external {
        vm.assume(account != guardian && account != address(forwarder));
        vm.expectRevert(abi.encodeWithSelector(IGuardians.NoSuchGuardian.selector, patient, account));
        _remove(resigning ? account : patient, account);
    }

    function test_RevertWhen_TheAccountIsAGuardianOfAnotherPatientOnly() external {
        _setGuardian(otherPatient, otherGuardian);
        vm.expectRevert(abi.encodeWithSelector(IGuardians.NoSuchGuardian.selector, patient, otherGuardian));
        _remove(patient, otherGuardian);
    }

    function test_RevertWhen_TheGuardianWasRemovedBefore() external {
        _remove(patient, guardian);
        vm.expectRevert(abi.encodeWithSelector(IGuardians.NoSuchGuardian.selector, patient, guardian));
        _remove(guardian, guardian);
    }

    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account) external {
        vm.assume(account != patient && account != address(forwarder));
        vm.expectRevert(abi.encodeWithSelector(IGuardians.NoSuchGuardian.selector, account, guardian));
        vm.prank(account);
        chartkey.removeGuardian(account, guardian);
    }

    function test_WhenTheCallerIsThePatient() external {
        _setGuardian(patient, otherGuardian);
        _setGuardian(otherPatient, guardian);
        vm.expectEmit(address(chartkey));
        emit IGuardians.GuardianRemoved(patient, guardian, patient);
        _remove(patient, guardian);
        vm.assertEq(chartkey.guardianUntil(patient, guardian), 0, "end");
        vm.assertEq(chartkey.guardianUntil(patient, otherGuardian), Defaults.EXPIRES_AT, "another guardian");
        vm.assertEq(chartkey.guardianUntil(otherPatient, guardian), Defaults.EXPIRES_AT, "another chart");
    }

    function test_WhenTheCallerIsTheGuardian() external {
        vm.expectEmit(address(chartkey));
        emit IGuardians.GuardianRemoved(patient, guardian, guardian);
        _remove(guardian, guardian);
        vm.assertEq(chartkey.guardianUntil(patient, guardian), 0, "end");
    }

    function testFuzz_WhenTheGuardiansTimeHasEnded(uint40 time, bool resigning) external {
        vm.warp(_bound(time, Defaults.EXPIRES_AT, LAST_MOMENT));
        vm.assertEq(chartkey.guardianUntil(patient, guardian), Defaults.EXPIRES_AT, "the end that has passed");
        address caller = resigning ? guardian : patient;
        vm.expectEmit(address(chartkey));
        emit IGuardians.GuardianRemoved(patient, guardian, caller);
        _remove(caller, guardian);
        vm.assertEq(chartkey.guardianUntil(patient, guardian), 0, "end");
    }

    function _remove(address caller, address account) private {
        vm.prank(caller);
        chartkey.removeGuardian(patient, account);
    }
}
