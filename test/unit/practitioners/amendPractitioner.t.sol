// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IPractitioners} from "../../../contracts/interfaces/IPractitioners.sol";
import {DirectoryEntry, Practitioner} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract AmendPractitionerTest is Base {
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
        chartkey.amendPractitioner(doctor, Defaults.entry());
    }

    function testFuzz_RevertWhen_ThePractitionerIsUnknown(address account) external {
        vm.assume(account != doctor);
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.UnknownPractitioner.selector, account));
        vm.prank(registrar);
        chartkey.amendPractitioner(account, Defaults.entry());
    }

    function test_RevertWhen_TheEntryHasNoName() external {
        DirectoryEntry memory entry = Defaults.entry();
        entry.name = "";
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.DirectoryNameMissing.selector));
        vm.prank(registrar);
        chartkey.amendPractitioner(doctor, entry);
    }

    function test_RevertWhen_ATextOfTheEntryIsTooLong() external {
        DirectoryEntry memory entry = Defaults.entry();
        entry.organisation = string(new bytes(201));
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.DirectoryTextTooLong.selector, 201, 200));
        vm.prank(registrar);
        chartkey.amendPractitioner(doctor, entry);
    }

    function test_WhenAllIsWell() external {
        _suspend(doctor);
        DirectoryEntry memory entry = Defaults.entry();
        entry.specialty = "Interventional radiology";
        vm.expectEmit(address(chartkey));
        emit IPractitioners.PractitionerAmended(
            REGISTRY, doctor, otherRegistrar, entry.name, entry.licence, entry.specialty, entry.organisation
        );
        vm.prank(otherRegistrar);
        chartkey.amendPractitioner(doctor, entry);
        Practitioner memory standing = chartkey.practitionerOf(doctor);
        vm.assertEq(standing.validUntil, Defaults.VALID_UNTIL, "end");
        vm.assertTrue(standing.suspended, "suspended");
    }
}
