// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IPractitioners} from "../../../contracts/interfaces/IPractitioners.sol";
import {Dates} from "../../../contracts/libraries/Dates.sol";
import {DirectoryEntry, LAST_MOMENT, Practitioner} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract RegisterPractitionerTest is Base {
    function testFuzz_RevertWhen_TheCallerIsNoRegistrar(address caller) external {
        vm.assume(caller != registrar && caller != otherRegistrar && caller != address(forwarder));
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, REGISTRAR)
        );
        vm.prank(caller);
        chartkey.registerPractitioner(doctor, Defaults.VALID_UNTIL, false, Defaults.entry());
    }

    function test_RevertWhen_ThePractitionerIsTheZeroAddress() external {
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.ZeroAddress.selector));
        _registerPractitioner(address(0));
    }

    function test_RevertWhen_ThePractitionerIsRegisteredAlready() external {
        _registerPractitioner(doctor);
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.PractitionerAlreadyRegistered.selector, doctor));
        vm.prank(otherRegistrar);
        chartkey.registerPractitioner(doctor, Defaults.VALID_UNTIL, false, Defaults.entry());
    }

    function testFuzz_RevertWhen_TheEndIsNotInTheFuture(uint40 end) external {
        end = uint40(_bound(end, 0, Defaults.START));
        vm.expectRevert(abi.encodeWithSelector(Dates.EndNotInFuture.selector, end, uint256(Defaults.START)));
        vm.prank(registrar);
        chartkey.registerPractitioner(doctor, end, false, Defaults.entry());
    }

    function testFuzz_RevertWhen_TheEndIsPastTheLastMoment(uint40 end) external {
        end = uint40(_bound(end, LAST_MOMENT + 1, type(uint40).max));
        vm.expectRevert(abi.encodeWithSelector(Dates.EndTooFar.selector, end, LAST_MOMENT));
        vm.prank(registrar);
        chartkey.registerPractitioner(doctor, end, false, Defaults.entry());
    }

    function test_RevertWhen_TheEntryHasNoName() external {
        DirectoryEntry memory entry = Defaults.entry();
        entry.name = "";
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.DirectoryNameMissing.selector));
        vm.prank(registrar);
        chartkey.registerPractitioner(doctor, Defaults.VALID_UNTIL, false, entry);
    }

    function testFuzz_RevertWhen_ATextOfTheEntryIsTooLong(uint8 field, uint256 length) external {
        length = _bound(length, 201, 1000);
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.DirectoryTextTooLong.selector, length, 200));
        vm.prank(registrar);
        chartkey.registerPractitioner(doctor, Defaults.VALID_UNTIL, false, _entryWith(field, length));
    }

    function testFuzz_WhenAllIsWell(
        address practitioner,
        uint40 end,
        bool emergencyCapable,
        uint8 field,
        uint256 length
    ) external {
        vm.assume(practitioner != address(0));
        end = uint40(_bound(end, Defaults.START + 1, LAST_MOMENT));
        DirectoryEntry memory entry = _entryWith(field, _bound(length, 1, 200));
        vm.expectEmit(address(chartkey));
        emit IPractitioners.PractitionerRegistered(
            REGISTRY,
            practitioner,
            registrar,
            end,
            emergencyCapable,
            entry.name,
            entry.licence,
            entry.specialty,
            entry.organisation
        );
        vm.prank(registrar);
        chartkey.registerPractitioner(practitioner, end, emergencyCapable, entry);
        Practitioner memory standing = chartkey.practitionerOf(practitioner);
        vm.assertEq(standing.validUntil, end, "end");
        vm.assertFalse(standing.suspended, "suspended");
        vm.assertTrue(standing.emergencyCapable == emergencyCapable, "emergency capable");
    }

    /// @dev An entry whose one text has that many bytes.
    function _entryWith(uint8 field, uint256 length) private pure returns (DirectoryEntry memory entry) {
        entry = Defaults.entry();
        string memory text = string(new bytes(length));
        field %= 4;
        if (field == 0) entry.name = text;
        else if (field == 1) entry.licence = text;
        else if (field == 2) entry.specialty = text;
        else entry.organisation = text;
    }
}
