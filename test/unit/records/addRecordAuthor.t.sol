// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {READ, REFER, Reason, WRITE} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Writing} from "./Writing.sol";

/// @notice Who may add a record besides the patient. The doctor is the team's member, the other doctor refers.
contract AddRecordAuthorTest is Writing {
    function testFuzz_RevertWhen_TheAuthorIsNoPractitioner(address author, address via) external {
        vm.assume(author != patient && author != doctor && author != otherDoctor && author != address(forwarder));
        vm.assume(via != patient);
        _refuses(author, via, Reason.UnknownPractitioner);
    }

    function test_RevertWhen_TheAuthorIsSuspended() external {
        _grantWrite(doctor, Defaults.CHART);
        _suspend(doctor);
        _refuses(doctor, SELF, Reason.PractitionerSuspended);
    }

    function test_RevertWhen_TheAuthorsRegistrationRanOut() external {
        _grant(patient, doctor, Defaults.CHART, WRITE, Defaults.PURPOSES, Defaults.VALID_UNTIL + 1);
        vm.warp(Defaults.VALID_UNTIL);
        _refuses(doctor, SELF, Reason.PractitionerLapsed);
    }

    function testFuzz_RevertWhen_TheAuthorNamesThePatientAndIsNoGuardian(address author) external {
        vm.assume(author != patient && author != guardian && author != address(forwarder));
        _grantWrite(doctor, Defaults.CHART);
        _refuses(author, patient, Reason.NotAGuardian);
        _refuses(doctor, patient, Reason.NotAGuardian);
    }

    function test_RevertWhen_TheGuardiansTimeHasEnded() external {
        vm.warp(Defaults.EXPIRES_AT);
        _refuses(guardian, patient, Reason.NotAGuardian);
    }

    function test_RevertWhen_TheGuardianNamesNobody() external {
        _refuses(guardian, SELF, Reason.UnknownPractitioner);
    }

    function test_RevertWhen_TheAuthorNamesATeamTheyDoNotBelongTo() external {
        _grantWrite(team, Defaults.CHART);
        _grantWrite(otherDoctor, Defaults.CHART);
        _refuses(otherDoctor, team, Reason.NotATeamMember);
    }

    function test_RevertWhen_TheAuthorNamesAStranger() external {
        _grantWrite(doctor, Defaults.CHART);
        _refuses(doctor, stranger, Reason.ReferrerNotInGoodStanding);
    }

    function test_RevertWhen_TheAuthorHoldsNoGrant() external {
        _grantWrite(otherDoctor, Defaults.CHART);
        _refuses(doctor, SELF, Reason.NoGrant);
        _refuses(doctor, team, Reason.NoGrant);
        _refuses(doctor, otherDoctor, Reason.NoGrant);
    }

    function testFuzz_RevertWhen_TheGrantIsForAnotherFolder(uint32 folder) external {
        vm.assume(folder != Defaults.FOLDER && folder != 0);
        _grantWrite(doctor, _folderScope(folder));
        _refuses(doctor, SELF, Reason.NoGrant);
    }

    function testFuzz_RevertWhen_TheGrantIsForAFolderAndTheRecordWouldBeInNone(uint32 folder) external {
        vm.assume(folder != 0);
        _grantWrite(doctor, _folderScope(folder));
        _expectWriteRefused(doctor, SELF, Reason.NoGrant);
        _addAs(doctor, SELF, 0, Defaults.DIGEST);
    }

    function test_RevertWhen_TheGrantIsForOneRecord() external {
        _addRecord(patient, Defaults.OTHER_DIGEST, Defaults.FOLDER);
        _grantWrite(doctor, _recordScope(Defaults.OTHER_DIGEST));
        _refuses(doctor, SELF, Reason.NoGrant);
    }

    function test_RevertWhen_TheGlassIsBroken() external {
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _breakGlass(patient, doctor);
        _refuses(doctor, SELF, Reason.NoGrant);
    }

    function test_RevertWhen_TheGrantWasRevoked() external {
        _grantWrite(doctor, Defaults.CHART);
        _revoke(patient, doctor, Defaults.CHART);
        _refuses(doctor, SELF, Reason.NoGrant);
    }

    function test_RevertWhen_TheGrantIsOfAnEarlierEpoch() external {
        _grantWrite(doctor, Defaults.CHART);
        _revokeEveryone(patient);
        _refuses(doctor, SELF, Reason.GrantVoided);
    }

    function test_RevertWhen_TheGrantHasExpired() external {
        _grantWrite(doctor, Defaults.CHART);
        vm.warp(Defaults.EXPIRES_AT - 1);
        _addAs(doctor, SELF, Defaults.FOLDER, Defaults.OTHER_DIGEST);
        vm.warp(Defaults.EXPIRES_AT);
        _refuses(doctor, SELF, Reason.GrantExpired);
    }

    function test_RevertWhen_TheGrantDoesNotIncludeWRITE() external {
        _grant(patient, doctor, Defaults.CHART, READ | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _refuses(doctor, SELF, Reason.RightNotGranted);
    }

    function test_RevertWhen_TheTeamsGrantDoesNotIncludeWRITE() external {
        _grantWrite(doctor, Defaults.CHART);
        _grant(patient, team, Defaults.CHART, READ | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _refuses(doctor, team, Reason.RightNotGranted);
    }

    function test_RevertWhen_TheReferralDoesNotIncludeWRITE() external {
        _grantWrite(doctor, Defaults.CHART);
        _referWrite(doctor, Defaults.CHART);
        _refer(patient, otherDoctor, doctor, Defaults.CHART, Defaults.CHART);
        _refuses(doctor, otherDoctor, Reason.RightNotGranted);
    }

    function test_RevertWhen_TheReferralsParentEnded() external {
        _referWrite(doctor, _folderScope(Defaults.FOLDER));
        _grantWrite(otherDoctor, Defaults.CHART);
        _refuses(doctor, otherDoctor, Reason.ParentEnded);
    }

    function test_RevertWhen_TheReferrerIsSuspended() external {
        _referWrite(doctor, Defaults.CHART);
        _suspend(otherDoctor);
        _refuses(doctor, otherDoctor, Reason.ReferrerNotInGoodStanding);
    }

    function testFuzz_WhenTheAuthorIsAGuardian(uint32 folder) external {
        _expectAdded(Defaults.DIGEST, guardian, folder, patient, Defaults.CHART);
        _addAs(guardian, patient, folder, Defaults.DIGEST);
        vm.assertEq(chartkey.recordOf(patient, Defaults.DIGEST).author, guardian, "author");
    }

    function testFuzz_WhenTheAuthorHoldsWRITEForTheChart(uint32 folder, uint8 purpose) external {
        _grant(patient, doctor, Defaults.CHART, WRITE, uint16(1 << (purpose % 10)), Defaults.EXPIRES_AT);
        _expectAdded(Defaults.DIGEST, doctor, folder, SELF, Defaults.CHART);
        _addAs(doctor, SELF, folder, Defaults.DIGEST);
        vm.assertEq(chartkey.recordOf(patient, Defaults.DIGEST).author, doctor, "author");
    }

    function testFuzz_WhenTheAuthorHoldsWRITEForTheFolder(uint32 folder) external {
        vm.assume(folder != 0);
        _grantWrite(doctor, _folderScope(folder));
        _expectAdded(Defaults.DIGEST, doctor, folder, SELF, _folderScope(folder));
        _addAs(doctor, SELF, folder, Defaults.DIGEST);
    }

    function test_WhenTheAuthorHoldsWRITEForBoth() external {
        _grantWrite(doctor, _folderScope(Defaults.FOLDER));
        _grantWrite(doctor, Defaults.CHART);
        _expectAdded(Defaults.DIGEST, doctor, Defaults.FOLDER, SELF, Defaults.CHART);
        _addAs(doctor, SELF, Defaults.FOLDER, Defaults.DIGEST);
    }

    function test_WhenTheAuthorIsOfATeamWithWRITE() external {
        _grantWrite(team, _folderScope(Defaults.FOLDER));
        _expectAdded(Defaults.DIGEST, doctor, Defaults.FOLDER, team, _folderScope(Defaults.FOLDER));
        _addAs(doctor, team, Defaults.FOLDER, Defaults.DIGEST);
        _grantWrite(team, Defaults.CHART);
        _expectAdded(Defaults.OTHER_DIGEST, doctor, 0, team, Defaults.CHART);
        _addAs(doctor, team, 0, Defaults.OTHER_DIGEST);
    }

    function test_WhenTheAuthorWasReferredWRITE() external {
        _referWrite(doctor, _folderScope(Defaults.FOLDER));
        _expectAdded(Defaults.DIGEST, doctor, Defaults.FOLDER, otherDoctor, _folderScope(Defaults.FOLDER));
        _addAs(doctor, otherDoctor, Defaults.FOLDER, Defaults.DIGEST);
        _referWrite(doctor, Defaults.CHART);
        _expectAdded(Defaults.OTHER_DIGEST, doctor, 0, otherDoctor, Defaults.CHART);
        _addAs(doctor, otherDoctor, 0, Defaults.OTHER_DIGEST);
    }

    function _refuses(address author, address via, Reason reason) private {
        _expectWriteRefused(author, via, reason);
        _addAs(author, via, Defaults.FOLDER, Defaults.DIGEST);
    }
}
