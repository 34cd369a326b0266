// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IPractitioners} from "../../../contracts/interfaces/IPractitioners.sol";
import {Practitioner} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract ReinstatePractitionerTest is Base {
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
        chartkey.reinstatePractitioner(doctor);
    }

    function testFuzz_RevertWhen_ThePractitionerIsUnknown(address account) external {
        vm.assume(account != doctor);
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.UnknownPractitioner.selector, account));
        vm.prank(registrar);
        chartkey.reinstatePractitioner(account);
    }

    function test_RevertWhen_ThePractitionerIsNotSuspended() external {
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.NotSuspended.selector, doctor));
        vm.prank(registrar);
        chartkey.reinstatePractitioner(doctor);
    }

    function test_WhenThePractitionerIsSuspended() external {
        _suspend(doctor);
        vm.expectEmit(address(chartkey));
        emit IPractitioners.PractitionerReinstated(REGISTRY, doctor, otherRegistrar);
        vm.prank(otherRegistrar);
        chartkey.reinstatePractitioner(doctor);
        Practitioner memory standing = chartkey.practitionerOf(doctor);
        vm.assertFalse(standing.suspended, "suspended");
        vm.assertEq(standing.validUntil, Defaults.VALID_UNTIL, "end");
    }
}
