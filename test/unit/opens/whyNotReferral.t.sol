// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ALL_RIGHTS, READ, REFER, Reason, ReferralTerms, Scope, WRITE} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Judged} from "./Judged.sol";

/// @notice The doctor refers, the other doctor reads.
contract WhyNotReferralTest is Judged {
    function testFuzz_WhenTheReaderIsNoPractitioner(address reader) external {
        vm.assume(reader != patient && reader != doctor && reader != otherDoctor);
        _referChart();
        _says(reader, doctor, Reason.UnknownPractitioner);
    }

    function test_WhenTheReaderIsSuspended() external {
        _referChart();
        _says(otherDoctor, doctor, Reason.Allowed);
        _suspend(otherDoctor);
        _says(otherDoctor, doctor, Reason.PractitionerSuspended);
    }

    function test_WhenTheReadersRegistrationRanOut() external {
        _referChart();
        _renew(otherDoctor, Defaults.START + 2);
        vm.warp(Defaults.START + 1);
        _says(otherDoctor, doctor, Reason.Allowed);
        vm.warp(Defaults.START + 2);
        _says(otherDoctor, doctor, Reason.PractitionerLapsed);
    }

    function testFuzz_WhenAStrangerIsNamed(address via) external {
        vm.assume(via != patient && via != doctor && via != otherDoctor && via != SELF);
        _referChart();
        _grant(patient, otherDoctor, Defaults.CHART);
        _says(otherDoctor, via, Reason.ReferrerNotInGoodStanding);
    }

    function test_WhenTheReaderNamesThemselves() external {
        _grant(patient, otherDoctor, Defaults.CHART, ALL_RIGHTS, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _says(otherDoctor, otherDoctor, Reason.NoGrant);
    }

    function test_WhenTheReferrerIsSuspended() external {
        _referChart();
        _suspend(doctor);
        _says(otherDoctor, doctor, Reason.ReferrerNotInGoodStanding);
        _reinstate(doctor);
        _says(otherDoctor, doctor, Reason.Allowed);
    }

    function test_WhenTheReferrersRegistrationRanOut() external {
        _referChart();
        _renew(doctor, Defaults.START + 2);
        vm.warp(Defaults.START + 1);
        _says(otherDoctor, doctor, Reason.Allowed);
        vm.warp(Defaults.START + 2);
        _says(otherDoctor, doctor, Reason.ReferrerNotInGoodStanding);
        _renew(doctor, Defaults.VALID_UNTIL);
        _says(otherDoctor, doctor, Reason.Allowed);
    }

    function test_WhenThisReferrerPassedNothingOnToTheReader() external {
        address third = _actor("third doctor");
        _registerPractitioner(third);
        _grant(patient, otherDoctor, Defaults.CHART);
        _grant(patient, third, Defaults.CHART, READ | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _refer(patient, third, otherDoctor, Defaults.CHART, Defaults.CHART);
        _grantParent(Defaults.CHART);
        _refer(patient, doctor, third, Defaults.CHART, Defaults.CHART);
        _says(otherDoctor, doctor, Reason.NoGrant);
        _says(otherDoctor, third, Reason.Allowed);
    }

    function test_WhenNoReferralCoversTheRecord() external {
        _addRecord(patient, Defaults.OTHER_DIGEST, Defaults.FOLDER + 1);
        _grantParent(Defaults.CHART);
        _refer(patient, doctor, otherDoctor, Defaults.CHART, _folderScope(Defaults.FOLDER));
        _saysOf(Defaults.OTHER_DIGEST, otherDoctor, doctor, Reason.NoGrant);
        _refer(patient, doctor, otherDoctor, Defaults.CHART, _recordScope(Defaults.OTHER_DIGEST));
        _saysOf(Defaults.OTHER_DIGEST, otherDoctor, doctor, Reason.Allowed);
    }

    /// @dev Scopes from wide to narrow: each covers itself and those after it.
    function test_WhenAParentAndAReferralAsWideOrNarrowerAreInForce() external {
        Scope[3] memory scopes = _coveringScopes();
        for (uint256 parent = 0; parent < 3; ++parent) {
            _grantParent(scopes[parent]);
            for (uint256 scope = parent; scope < 3; ++scope) {
                _refer(patient, doctor, otherDoctor, scopes[parent], scopes[scope]);
                _says(otherDoctor, doctor, Reason.Allowed);
                _endReferral(scopes[scope]);
                _says(otherDoctor, doctor, Reason.NoGrant);
            }
            _revoke(patient, doctor, scopes[parent]);
        }
    }

    function testFuzz_WhenTheReferralIsForTheChartOrAFolderAndTheRecordWasAddedLater(bool chart) external {
        Scope scope = chart ? Defaults.CHART : _folderScope(Defaults.FOLDER);
        _grantParent(scope);
        _refer(patient, doctor, otherDoctor, scope, scope);
        _addRecord(patient, Defaults.OTHER_DIGEST, Defaults.FOLDER);
        _saysOf(Defaults.OTHER_DIGEST, otherDoctor, doctor, Reason.Allowed);
    }

    function test_WhenTheReferralWasEnded() external {
        _referChart();
        _endReferral(Defaults.CHART);
        _says(otherDoctor, doctor, Reason.NoGrant);
    }

    function testFuzz_WhenTheParentWasRevoked(uint8 which) external {
        Scope scope = _coveringScopes()[which % 3];
        _grantParent(scope);
        _refer(patient, doctor, otherDoctor, scope, _recordScope(Defaults.DIGEST));
        _revoke(patient, doctor, scope);
        _says(otherDoctor, doctor, Reason.ParentEnded);
    }

    function test_WhenTheParentWasRenounced() external {
        _referChart();
        _renounce(doctor, Defaults.CHART);
        _says(otherDoctor, doctor, Reason.ParentEnded);
    }

    function testFuzz_WhenTheParentWasReplacedOnTheSameTerms(uint8 which) external {
        Scope scope = _coveringScopes()[which % 3];
        _grantParent(scope);
        _refer(patient, doctor, otherDoctor, scope, scope);
        _grantParent(scope);
        _says(doctor, SELF, Reason.Allowed);
        _says(otherDoctor, doctor, Reason.ParentEnded);
    }

    function test_WhenTheParentWasRevokedAndGrantedAnewInTheSameSecond() external {
        _referChart();
        _revoke(patient, doctor, Defaults.CHART);
        _grantParent(Defaults.CHART);
        _says(otherDoctor, doctor, Reason.ParentEnded);
        _refer(patient, doctor, otherDoctor, Defaults.CHART, Defaults.CHART);
        _says(otherDoctor, doctor, Reason.Allowed);
    }

    function test_WhenAnotherGrantOfTheReferrerCoversTheRecordAndTheParentEnded() external {
        _grantParent(Defaults.CHART);
        _grantParent(_recordScope(Defaults.DIGEST));
        _grantParent(_folderScope(Defaults.FOLDER));
        _refer(patient, doctor, otherDoctor, _folderScope(Defaults.FOLDER), _recordScope(Defaults.DIGEST));
        _revoke(patient, doctor, _folderScope(Defaults.FOLDER));
        _says(doctor, SELF, Reason.Allowed);
        _says(otherDoctor, doctor, Reason.ParentEnded);
    }

    function test_WhenAnotherGrantOfTheReferrerEnded() external {
        _referChart();
        _grantParent(_folderScope(Defaults.FOLDER));
        _revoke(patient, doctor, _folderScope(Defaults.FOLDER));
        _says(otherDoctor, doctor, Reason.Allowed);
    }

    function test_WhenTheParentIsOfAnEarlierEpoch() external {
        _referChart();
        _revokeEveryone(patient);
        _says(otherDoctor, doctor, Reason.GrantVoided);
        _grantParent(Defaults.CHART);
        _says(otherDoctor, doctor, Reason.ParentEnded);
    }

    function test_WhenTheReferralHasExpired() external {
        _grantParent(Defaults.CHART);
        _referTerms(READ, Defaults.PURPOSES, Defaults.START + 2, Defaults.CHART);
        vm.warp(Defaults.START + 1);
        _says(otherDoctor, doctor, Reason.Allowed);
        vm.warp(Defaults.START + 2);
        _says(otherDoctor, doctor, Reason.GrantExpired);
        _says(doctor, SELF, Reason.Allowed);
    }

    function test_WhenTheParentHasExpired() external {
        _referChart();
        vm.warp(Defaults.EXPIRES_AT - 1);
        _says(otherDoctor, doctor, Reason.Allowed);
        vm.warp(Defaults.EXPIRES_AT);
        _says(otherDoctor, doctor, Reason.GrantExpired);
    }

    function test_WhenTheReferralDoesNotIncludeREAD() external {
        _grantParent(Defaults.CHART);
        _referTerms(WRITE, Defaults.PURPOSES, Defaults.EXPIRES_AT, Defaults.CHART);
        _says(otherDoctor, doctor, Reason.RightNotGranted);
        _says(doctor, SELF, Reason.Allowed);
    }

    function test_WhenTheReferralDoesNotIncludeThePurpose() external {
        _grantParent(Defaults.CHART);
        _referTerms(READ, ALL_BUT_TREATMENT, Defaults.EXPIRES_AT, Defaults.CHART);
        _says(otherDoctor, doctor, Reason.PurposeNotGranted);
        _says(doctor, SELF, Reason.Allowed);
    }

    function test_WhenSeveralReferralsFailForDifferentReasons() external {
        Scope[3] memory scopes = _coveringScopes();
        _grantParent(scopes[2]);
        _refer(patient, doctor, otherDoctor, scopes[2], scopes[2]);
        _grantParent(Defaults.CHART);
        _revoke(patient, doctor, scopes[2]);
        _says(otherDoctor, doctor, Reason.ParentEnded);
        _referTerms(READ, Defaults.PURPOSES, Defaults.START + 1, scopes[1]);
        vm.warp(Defaults.START + 1);
        _says(otherDoctor, doctor, Reason.GrantExpired);
        _referTerms(WRITE, Defaults.PURPOSES, Defaults.EXPIRES_AT, scopes[0]);
        _says(otherDoctor, doctor, Reason.RightNotGranted);
        _referTerms(READ, RESEARCH_ONLY, Defaults.EXPIRES_AT, scopes[1]);
        _says(otherDoctor, doctor, Reason.PurposeNotGranted);
        _revokeEveryone(patient);
        _says(otherDoctor, doctor, Reason.GrantVoided);
    }

    function test_WhenTwoReferrersPassedOnTheSameToTheSameReader() external {
        address third = _actor("third doctor");
        _registerPractitioner(third);
        _referChart();
        _grant(patient, third, Defaults.CHART, READ | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _refer(patient, third, otherDoctor, Defaults.CHART, Defaults.CHART);
        _revoke(patient, doctor, Defaults.CHART);
        _says(otherDoctor, doctor, Reason.ParentEnded);
        _says(otherDoctor, third, Reason.Allowed);
        _endReferral(Defaults.CHART);
        _says(otherDoctor, doctor, Reason.NoGrant);
        _says(otherDoctor, third, Reason.Allowed);
    }

    function test_WhenTheReaderHasAGrantOfTheirOwn() external {
        _grant(patient, otherDoctor, Defaults.CHART);
        _referChart();
        _endReferral(Defaults.CHART);
        _says(otherDoctor, SELF, Reason.Allowed);
        _refer(patient, doctor, otherDoctor, Defaults.CHART, Defaults.CHART);
        _revoke(patient, otherDoctor, Defaults.CHART);
        _says(otherDoctor, SELF, Reason.NoGrant);
        _says(otherDoctor, doctor, Reason.Allowed);
    }

    function _grantParent(Scope scope) private {
        _grant(patient, doctor, scope, ALL_RIGHTS, Defaults.PURPOSES, Defaults.EXPIRES_AT);
    }

    function _referChart() private {
        _grantParent(Defaults.CHART);
        _refer(patient, doctor, otherDoctor, Defaults.CHART, Defaults.CHART);
    }

    function _referTerms(uint8 rights, uint16 purposes, uint40 expiresAt, Scope scope) private {
        ReferralTerms memory terms = Defaults.referral(otherDoctor, Defaults.CHART, scope);
        (terms.rights, terms.purposes, terms.expiresAt) = (rights, purposes, expiresAt);
        vm.prank(doctor);
        chartkey.referAccess(patient, terms);
    }

    function _endReferral(Scope scope) private {
        vm.prank(doctor);
        chartkey.endReferral(patient, doctor, otherDoctor, scope);
    }
}
