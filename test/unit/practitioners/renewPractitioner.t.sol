// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IPractitioners} from "../../../contracts/interfaces/IPractitioners.sol";
import {Dates} from "../../../contracts/libraries/Dates.sol";
import {LAST_MOMENT, Practitioner} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract RenewPractitionerTest is Base {
    function setUp() public override {
        super.setUp();
        _registerPractitioner(doctor);
    }

    function testFuzz_RevertWhen_TheCallerIsNoRegistrar(address caller) external {
        vm.assume(caller != registrar && caller != otherRegistrar && caller != address(forwarder));
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, REGISTRAR)
        );
        vm.prank(caller);
        chartkey.renewPractitioner(doctor, Defaults.VALID_UNTIL, true);
    }

    function testFuzz_RevertWhen_ThePractitionerIsUnknown(address account) external {
        vm.assume(account != doctor);
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.UnknownPractitioner.selector, account));
        _renew(account, Defaults.VALID_UNTIL, true);
    }

    function testFuzz_RevertWhen_TheEndIsNotInTheFuture(uint40 end) external {
        end = uint40(_bound(end, 0, Defaults.START));
        vm.expectRevert(abi.encodeWithSelector(Dates.EndNotInFuture.selector, end, uint256(Defaults.START)));
        _renew(doctor, end, true);
    }

    function testFuzz_RevertWhen_TheEndIsPastTheLastMoment(uint40 end) external {
        end = uint40(_bound(end, LAST_MOMENT + 1, type(uint40).max));
        vm.expectRevert(abi.encodeWithSelector(Dates.EndTooFar.selector, end, LAST_MOMENT));
        _renew(doctor, end, true);
    }

    function testFuzz_WhenTheEndIsLaterOrEarlierThanBefore(uint40 end, bool emergencyCapable) external {
        end = uint40(_bound(end, Defaults.START + 1, LAST_MOMENT));
        vm.expectEmit(address(chartkey));
        emit IPractitioners.PractitionerRenewed(REGISTRY, doctor, otherRegistrar, end, emergencyCapable);
        vm.prank(otherRegistrar);
        chartkey.renewPractitioner(doctor, end, emergencyCapable);
        Practitioner memory standing = chartkey.practitionerOf(doctor);
        vm.assertEq(standing.validUntil, end, "end");
        vm.assertTrue(standing.emergencyCapable == emergencyCapable, "emergency capable");
    }

    function test_WhenThePractitionerHasLapsed() external {
        vm.warp(Defaults.VALID_UNTIL);
        _renew(doctor, Defaults.VALID_UNTIL + 365 days, false);
        _registerPatient(patient);
        _grant(patient, doctor, Defaults.CHART, Defaults.RIGHTS, Defaults.PURPOSES, Defaults.VALID_UNTIL + 1 days);
    }

    function test_WhenThePractitionerIsSuspended() external {
        _suspend(doctor);
        _renew(doctor, Defaults.VALID_UNTIL + 1, true);
        vm.assertTrue(chartkey.practitionerOf(doctor).suspended, "suspended");
    }

    function _renew(address practitioner, uint40 end, bool emergencyCapable) private {
        vm.prank(registrar);
        chartkey.renewPractitioner(practitioner, end, emergencyCapable);
    }
}
