// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IReferrals} from "../../../contracts/interfaces/IReferrals.sol";
import {
    ALL_PURPOSES,
    ALL_RIGHTS,
    LAST_MOMENT,
    ParentScope,
    READ,
    REFER,
    Referral,
    ReferralTerms,
    Scope,
    WRITE
} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Referring} from "./Referring.sol";

/// @notice A referral is at most what its parent is.
contract ReferAccessParentTest is Referring {
    Scope private folder = _folderScope(Defaults.FOLDER);
    Scope private inFolder = _recordScope(Defaults.DIGEST);
    Scope private loose = _recordScope(LOOSE);

    function test_RevertWhen_AFolderIsTheParentAndTheChartTheScope() external {
        _notCovered(folder, Defaults.CHART);
    }

    function testFuzz_RevertWhen_AFolderIsTheParentAndAnotherFolderTheScope(uint32 other) external {
        vm.assume(other != Defaults.FOLDER);
        _notCovered(folder, _folderScope(other));
    }

    function testFuzz_RevertWhen_AFolderIsTheParentAndTheRecordIsInAnotherFolder(uint32 other) external {
        vm.assume(other != Defaults.FOLDER && other != 0);
        _notCovered(_folderScope(other), inFolder);
    }

    function testFuzz_RevertWhen_AFolderIsTheParentAndTheRecordIsInNone(uint32 any) external {
        vm.assume(any != 0);
        _notCovered(_folderScope(any), loose);
    }

    function test_RevertWhen_ARecordIsTheParentAndTheScopeIsAnyOther() external {
        _notCovered(inFolder, Defaults.CHART);
        _notCovered(inFolder, folder);
        _notCovered(inFolder, loose);
        _notCovered(loose, inFolder);
        _notCovered(loose, Defaults.CHART);
    }

    function test_RevertWhen_TheParentIsAnEmergencys() external {
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _breakGlass(patient, doctor);
        _expectNotCovered(EMERGENCY, Defaults.CHART);
        _refer(patient, doctor, otherDoctor, EMERGENCY, Defaults.CHART);
        _expectNotCovered(EMERGENCY, folder);
        _refer(patient, doctor, otherDoctor, EMERGENCY, folder);
        _expectNotCovered(EMERGENCY, inFolder);
        _refer(patient, doctor, otherDoctor, EMERGENCY, inFolder);
    }

    function test_RevertWhen_TheReferrerHoldsNoSuchGrant() external {
        _notInForce(Defaults.CHART);
        _grantParent(folder);
        _grantParent(inFolder);
        _grantParentTo(otherDoctor, Defaults.CHART);
        _notInForce(Defaults.CHART);
    }

    function test_RevertWhen_TheGrantIsATeamsOfTheReferrer() external {
        address team = _createTeam();
        _setTeamMember(team, doctor);
        _grantParentTo(team, Defaults.CHART);
        _notInForce(Defaults.CHART);
    }

    function test_RevertWhen_TheReferrerWasReferredIt() external {
        address third = _actor("third doctor");
        _registerPractitioner(third);
        _grantParentTo(third, Defaults.CHART);
        _refer(patient, third, doctor, Defaults.CHART, Defaults.CHART);
        _notInForce(Defaults.CHART);
    }

    function test_RevertWhen_TheParentWasRevoked() external {
        _grantParent(folder);
        _revoke(patient, doctor, folder);
        _notInForce(folder);
    }

    function test_RevertWhen_TheParentWasRenounced() external {
        _grantParent(Defaults.CHART);
        vm.prank(doctor);
        chartkey.renounceAccess(patient, Defaults.CHART);
        _notInForce(Defaults.CHART);
    }

    function test_RevertWhen_TheParentHasExpired() external {
        _grantParent(Defaults.CHART);
        vm.warp(Defaults.EXPIRES_AT - 1);
        _referChart();
        vm.warp(Defaults.EXPIRES_AT);
        ReferralTerms memory terms = _terms();
        terms.expiresAt = Defaults.EXPIRES_AT + 1;
        _expectNotInForce(Defaults.CHART);
        _referTerms(terms);
    }

    function test_RevertWhen_TheParentIsOfAnEarlierEpoch() external {
        _grantParent(Defaults.CHART);
        _revokeEveryone(patient);
        _notInForce(Defaults.CHART);
    }

    function testFuzz_RevertWhen_TheParentDoesNotIncludeREFER(uint8 held, uint8 rights) external {
        held = uint8(_bound(held, 1, 3));
        _grant(patient, doctor, Defaults.CHART, held, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        ReferralTerms memory terms = _terms();
        terms.rights = uint8(_bound(rights, 1, ALL_RIGHTS));
        _exceeds(terms, 0, Defaults.PURPOSES);
    }

    function testFuzz_RevertWhen_RightsExceedTheParents(bool read) external {
        uint8 held = read ? READ : WRITE;
        _grant(patient, doctor, Defaults.CHART, held | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        ReferralTerms memory terms = _terms();
        terms.rights = read ? WRITE : READ;
        _exceeds(terms, held, Defaults.PURPOSES);
        terms.rights = READ | WRITE;
        _exceeds(terms, held, Defaults.PURPOSES);
    }

    function testFuzz_RevertWhen_REFERWouldBePassedOn(uint8 rights) external {
        _grantParent(Defaults.CHART);
        ReferralTerms memory terms = _terms();
        terms.rights = rights % 4 | REFER;
        _exceeds(terms, READ | WRITE, Defaults.PURPOSES);
    }

    function testFuzz_RevertWhen_PurposesExceedTheParents(uint16 held, uint16 purposes) external {
        held = uint16(_bound(held, 1, ALL_PURPOSES - 1));
        purposes = uint16(_bound(purposes, 1, ALL_PURPOSES));
        vm.assume(purposes & ~held != 0);
        _grant(patient, doctor, Defaults.CHART, ALL_RIGHTS, held, Defaults.EXPIRES_AT);
        ReferralTerms memory terms = _terms();
        terms.purposes = purposes;
        _exceeds(terms, READ | WRITE, held);
    }

    function testFuzz_RevertWhen_TheEndIsAfterTheParents(uint40 end) external {
        _grantParent(Defaults.CHART);
        ReferralTerms memory terms = _terms();
        terms.expiresAt = uint40(_bound(end, Defaults.EXPIRES_AT + 1, LAST_MOMENT));
        _exceeds(terms, READ | WRITE, Defaults.PURPOSES);
    }

    function testFuzz_WhenTheChartIsTheParent(uint32 any) external {
        _grantParent(Defaults.CHART);
        _rests(Defaults.CHART, Defaults.CHART, ParentScope.Chart);
        _rests(Defaults.CHART, _folderScope(any), ParentScope.Chart);
        _rests(Defaults.CHART, inFolder, ParentScope.Chart);
        _rests(Defaults.CHART, loose, ParentScope.Chart);
    }

    function test_WhenAFolderIsTheParent() external {
        _grantParent(folder);
        _rests(folder, folder, ParentScope.Folder);
        _rests(folder, inFolder, ParentScope.Folder);
    }

    function test_WhenARecordIsTheParent() external {
        _grantParent(inFolder);
        _grantParent(loose);
        _rests(inFolder, inFolder, ParentScope.Record);
        _rests(loose, loose, ParentScope.Record);
    }

    function testFuzz_WhenAllTermsAreTheParents(uint8 rights, uint16 purposes, uint40 expiresAt) external {
        ReferralTerms memory terms = _terms();
        terms.rights = uint8(_bound(rights, 1, 3));
        terms.purposes = uint16(_bound(purposes, 1, ALL_PURPOSES));
        terms.expiresAt = uint40(_bound(expiresAt, Defaults.START + 1, LAST_MOMENT));
        _grant(patient, doctor, Defaults.CHART, terms.rights | REFER, terms.purposes, terms.expiresAt);
        _referTerms(terms);
        Referral memory expected = Referral({
            expiresAt: terms.expiresAt,
            purposes: terms.purposes,
            rights: terms.rights,
            parentScope: ParentScope.Chart,
            parentId: chartkey.grantOf(patient, doctor, Defaults.CHART).id
        });
        _isStored(Defaults.CHART, expected);
    }

    /// @dev Though the referrer holds a grant for the parent.
    function _notCovered(Scope parent, Scope scope) private {
        _grantParent(parent);
        _expectNotCovered(parent, scope);
        _refer(patient, doctor, otherDoctor, parent, scope);
    }

    function _notInForce(Scope parent) private {
        _expectNotInForce(parent);
        _refer(patient, doctor, otherDoctor, parent, parent);
    }

    function _exceeds(ReferralTerms memory terms, uint8 rights, uint16 purposes) private {
        vm.expectRevert(
            abi.encodeWithSelector(IReferrals.ExceedsParent.selector, rights, purposes, Defaults.EXPIRES_AT)
        );
        _referTerms(terms);
    }

    function _rests(Scope parent, Scope scope, ParentScope wide) private {
        _refer(patient, doctor, otherDoctor, parent, scope);
        _isStored(scope, _stored(wide, chartkey.grantOf(patient, doctor, parent).id));
    }

    function _expectNotCovered(Scope parent, Scope scope) private {
        vm.expectRevert(abi.encodeWithSelector(IReferrals.ScopeNotCovered.selector, parent, scope));
    }

    function _expectNotInForce(Scope parent) private {
        vm.expectRevert(abi.encodeWithSelector(IReferrals.ParentNotInForce.selector, patient, doctor, parent));
    }
}
