// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IPractitioners} from "../../../contracts/interfaces/IPractitioners.sol";
import {Practitioner} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract SuspendPractitionerTest is Base {
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
        chartkey.suspendPractitioner(doctor);
    }

    function testFuzz_RevertWhen_ThePractitionerIsUnknown(address account) external {
        vm.assume(account != doctor);
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.UnknownPractitioner.selector, account));
        _suspend(account);
    }

    function test_RevertWhen_ThePractitionerIsSuspendedAlready() external {
        _suspend(doctor);
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.SuspendedPractitioner.selector, doctor));
        _suspend(doctor);
    }

    function test_WhenThePractitionerIsNotSuspended() external {
        vm.expectEmit(address(chartkey));
        emit IPractitioners.PractitionerSuspended(REGISTRY, doctor, otherRegistrar);
        vm.prank(otherRegistrar);
        chartkey.suspendPractitioner(doctor);
        Practitioner memory standing = chartkey.practitionerOf(doctor);
        vm.assertTrue(standing.suspended, "suspended");
        vm.assertEq(standing.validUntil, Defaults.VALID_UNTIL, "end");
    }
}
