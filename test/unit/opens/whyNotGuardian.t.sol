// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Reason} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Judged} from "./Judged.sol";

contract WhyNotGuardianTest is Judged {
    address private guardian;

    function setUp() public override {
        super.setUp();
        guardian = _actor("guardian");
    }

    function testFuzz_WhenTheReaderIsNoGuardian(address reader) external {
        vm.assume(reader != patient);
        _grant(patient, doctor, Defaults.CHART);
        _says(doctor, patient, Reason.NotAGuardian);
        _says(reader, patient, Reason.NotAGuardian);
    }

    function test_WhenTheReaderIsAGuardianOfAnotherPatient() external {
        _registerPatient(otherPatient);
        _setGuardian(otherPatient, guardian);
        _says(guardian, patient, Reason.NotAGuardian);
        _says(guardian, otherPatient, Reason.UnknownPractitioner);
        _says(otherPatient, patient, Reason.NotAGuardian);
    }

    function testFuzz_WhenTheGuardianWasRemoved(bool byThemselves) external {
        _setGuardian(patient, guardian);
        _says(guardian, patient, Reason.Allowed);
        vm.prank(byThemselves ? guardian : patient);
        chartkey.removeGuardian(patient, guardian);
        _says(guardian, patient, Reason.NotAGuardian);
    }

    function test_WhenTheGuardiansTimeHasEnded() external {
        _setGuardian(patient, guardian);
        vm.warp(Defaults.EXPIRES_AT - 1);
        _says(guardian, patient, Reason.Allowed);
        vm.warp(Defaults.EXPIRES_AT);
        _says(guardian, patient, Reason.NotAGuardian);
    }

    function test_WhenTheGuardianWasGivenANewEnd() external {
        _setGuardian(patient, guardian);
        vm.prank(patient);
        chartkey.setGuardian(guardian, Defaults.START + 2);
        vm.warp(Defaults.START + 1);
        _says(guardian, patient, Reason.Allowed);
        vm.warp(Defaults.START + 2);
        _says(guardian, patient, Reason.NotAGuardian);
        _setGuardian(patient, guardian);
        _says(guardian, patient, Reason.Allowed);
    }

    function testFuzz_WhenTheReaderIsAGuardian(uint32 folder, uint8 purpose) external {
        _setGuardian(patient, guardian);
        _addRecord(patient, Defaults.OTHER_DIGEST, folder);
        _revokeEveryone(patient);
        _saysFor(_purpose(purpose), guardian, patient, Reason.Allowed);
        _saysOf(Defaults.OTHER_DIGEST, guardian, patient, Reason.Allowed);
    }

    function test_WhenTheGuardianNamesNobody() external {
        _setGuardian(patient, guardian);
        _says(guardian, SELF, Reason.UnknownPractitioner);
        _registerPractitioner(guardian);
        _says(guardian, SELF, Reason.NoGrant);
    }

    function test_WhenTheGuardianNamesAnotherGuardian() external {
        _setGuardian(patient, guardian);
        _setGuardian(patient, stranger);
        _says(guardian, stranger, Reason.UnknownPractitioner);
        _says(guardian, guardian, Reason.UnknownPractitioner);
    }

    function test_WhenTheGuardianIsASuspendedPractitioner() external {
        _setGuardian(patient, doctor);
        _suspend(doctor);
        _says(doctor, patient, Reason.Allowed);
        _says(doctor, SELF, Reason.PractitionerSuspended);
    }
}
