// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGuardians} from "../../../contracts/interfaces/IGuardians.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {Dates} from "../../../contracts/libraries/Dates.sol";
import {LAST_MOMENT} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract SetGuardianTest is Base {
    address private guardian;
    address private otherGuardian;

    function setUp() public override {
        super.setUp();
        guardian = _actor("guardian");
        otherGuardian = _actor("other guardian");
        _registerPatient(patient);
    }

    function testFuzz_RevertWhen_TheCallerIsNoPatient(address caller) external {
        vm.assume(caller != patient && caller != address(forwarder));
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, caller));
        _setGuardian(caller, guardian);
    }

    function test_RevertWhen_TheCallerIsAGuardianWhoIsNoPatient() external {
        _setGuardian(patient, guardian);
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, guardian));
        _setGuardian(guardian, otherGuardian);
    }

    function test_RevertWhen_TheGuardianIsThePatient() external {
        vm.expectRevert(abi.encodeWithSelector(IGuardians.BadGuardian.selector, patient));
        _setGuardian(patient, patient);
    }

    function test_RevertWhen_TheGuardianIsTheZeroAddress() external {
        vm.expectRevert(abi.encodeWithSelector(IGuardians.BadGuardian.selector, address(0)));
        _setGuardian(patient, address(0));
    }

    function testFuzz_RevertWhen_TheEndIsNotInTheFuture(uint40 end) external {
        end = uint40(_bound(end, 0, Defaults.START));
        vm.expectRevert(abi.encodeWithSelector(Dates.EndNotInFuture.selector, end, uint256(Defaults.START)));
        _setUntil(guardian, end);
    }

    function testFuzz_RevertWhen_TheEndIsPastTheLastMoment(uint40 end) external {
        end = uint40(_bound(end, LAST_MOMENT + 1, type(uint40).max));
        vm.expectRevert(abi.encodeWithSelector(Dates.EndTooFar.selector, end, LAST_MOMENT));
        _setUntil(guardian, end);
    }

    function testFuzz_WhenAllIsWell(address account, uint40 end) external {
        vm.assume(account != patient && account != address(0));
        end = uint40(_bound(end, Defaults.START + 1, LAST_MOMENT));
        _registerPatient(otherPatient);
        vm.expectEmit(address(chartkey));
        emit IGuardians.GuardianSet(patient, account, patient, end);
        _setUntil(account, end);
        vm.assertEq(chartkey.guardianUntil(patient, account), end, "end");
        vm.assertEq(chartkey.guardianUntil(otherPatient, account), 0, "another chart");
        vm.assertEq(chartkey.guardianUntil(account, patient), 0, "the other way round");
    }

    function testFuzz_WhenTheAccountIsAGuardianAlready(uint40 first, uint40 second) external {
        first = uint40(_bound(first, Defaults.START + 1, LAST_MOMENT));
        second = uint40(_bound(second, Defaults.START + 1, LAST_MOMENT));
        _setGuardian(patient, otherGuardian);
        _setUntil(guardian, first);
        vm.expectEmit(address(chartkey));
        emit IGuardians.GuardianSet(patient, guardian, patient, second);
        _setUntil(guardian, second);
        vm.assertEq(chartkey.guardianUntil(patient, guardian), second, "end");
        vm.assertEq(chartkey.guardianUntil(patient, otherGuardian), Defaults.EXPIRES_AT, "the other's end");
    }

    function test_WhenTheGuardianWasRemovedBefore() external {
        _setGuardian(patient, guardian);
        vm.prank(patient);
        chartkey.removeGuardian(patient, guardian);
        _setUntil(guardian, LAST_MOMENT);
        vm.assertEq(chartkey.guardianUntil(patient, guardian), LAST_MOMENT, "end");
    }

    function test_WhenTheCallerIsAPatientAndAGuardianOfAnother() external {
        _registerPatient(otherPatient);
        _setGuardian(patient, otherPatient);
        vm.expectEmit(address(chartkey));
        emit IGuardians.GuardianSet(otherPatient, guardian, otherPatient, Defaults.EXPIRES_AT);
        _setGuardian(otherPatient, guardian);
        vm.assertEq(chartkey.guardianUntil(otherPatient, guardian), Defaults.EXPIRES_AT, "their own chart");
        vm.assertEq(chartkey.guardianUntil(patient, guardian), 0, "the other's");
    }

    function _setUntil(address account, uint40 end) private {
        vm.prank(patient);
        chartkey.setGuardian(account, end);
    }
}
