// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {IPractitioners} from "../../../contracts/interfaces/IPractitioners.sol";
import {IRecords} from "../../../contracts/interfaces/IRecords.sol";
import {IReferrals} from "../../../contracts/interfaces/IReferrals.sol";
import {Dates} from "../../../contracts/libraries/Dates.sol";
import {
    ALL_PURPOSES,
    ALL_RIGHTS,
    Digest,
    Grant,
    LAST_MOMENT,
    ParentScope,
    READ,
    REFER,
    Reason,
    Referral,
    ReferralTerms,
    Scope
} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Referring} from "./Referring.sol";

/// @notice What the parent allows has a file of its own: referAccessParent.t.sol.
contract ReferAccessTest is Referring {
    function setUp() public override {
        super.setUp();
        _grantParent(Defaults.CHART);
    }

    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account) external {
        vm.assume(account != patient);
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        _refer(account, doctor, otherDoctor, Defaults.CHART, Defaults.CHART);
    }

    function testFuzz_RevertWhen_TheReferrerIsNoPractitioner(address referrer) external {
        vm.assume(referrer != doctor && referrer != otherDoctor && referrer != address(forwarder));
        _setGuardian(patient, guardian);
        address[3] memory referrers = [referrer, patient, guardian];
        for (uint256 i = 0; i < 3; ++i) {
            _expectNotInGoodStanding(referrers[i], Reason.UnknownPractitioner);
            _refer(patient, referrers[i], otherDoctor, Defaults.CHART, Defaults.CHART);
        }
    }

    function test_RevertWhen_TheReferrerIsSuspended() external {
        _suspend(doctor);
        _expectNotInGoodStanding(doctor, Reason.PractitionerSuspended);
        _referChart();
    }

    function test_RevertWhen_TheReferrersRegistrationRanOut() external {
        _renew(doctor, Defaults.START + 1);
        vm.warp(Defaults.START + 1);
        _expectNotInGoodStanding(doctor, Reason.PractitionerLapsed);
        _referChart();
    }

    function testFuzz_RevertWhen_ThereAreNoRightsOrUnknownOnes(uint8 rights) external {
        vm.assume(rights == 0 || rights > ALL_RIGHTS);
        ReferralTerms memory terms = _terms();
        terms.rights = rights;
        vm.expectRevert(abi.encodeWithSelector(IGrants.BadRights.selector, rights));
        _referTerms(terms);
    }

    function testFuzz_RevertWhen_ThereAreNoPurposesOrUnknownOnes(uint16 purposes) external {
        vm.assume(purposes == 0 || purposes > ALL_PURPOSES);
        ReferralTerms memory terms = _terms();
        terms.purposes = purposes;
        vm.expectRevert(abi.encodeWithSelector(IGrants.BadPurposes.selector, purposes));
        _referTerms(terms);
    }

    function testFuzz_RevertWhen_TheEndIsNotInTheFuture(uint40 end) external {
        ReferralTerms memory terms = _terms();
        terms.expiresAt = uint40(_bound(end, 0, Defaults.START));
        vm.expectRevert(abi.encodeWithSelector(Dates.EndNotInFuture.selector, terms.expiresAt, uint256(Defaults.START)));
        _referTerms(terms);
    }

    function testFuzz_RevertWhen_TheEndIsPastTheLastMoment(uint40 end) external {
        ReferralTerms memory terms = _terms();
        terms.expiresAt = uint40(_bound(end, LAST_MOMENT + 1, type(uint40).max));
        vm.expectRevert(abi.encodeWithSelector(Dates.EndTooFar.selector, terms.expiresAt, LAST_MOMENT));
        _referTerms(terms);
    }

    function testFuzz_RevertWhen_TheSealedKeyIsTooLong(uint256 length) external {
        ReferralTerms memory terms = _terms();
        terms.sealedKey = new bytes(_bound(length, 2049, 5000));
        vm.expectRevert(abi.encodeWithSelector(IGrants.SealedKeyTooLong.selector, terms.sealedKey.length, 2048));
        _referTerms(terms);
    }

    function test_RevertWhen_TheGranteeIsThePatient() external {
        _registerPractitioner(patient);
        _expectGrantToSelf(patient);
        _refer(patient, doctor, patient, Defaults.CHART, Defaults.CHART);
    }

    function test_RevertWhen_TheGranteeIsTheReferrer() external {
        _expectGrantToSelf(doctor);
        _refer(patient, doctor, doctor, Defaults.CHART, Defaults.CHART);
    }

    function testFuzz_RevertWhen_TheGranteeIsNoPractitioner(address grantee) external {
        vm.assume(grantee != doctor && grantee != otherDoctor && grantee != patient);
        _expectNotInGoodStanding(grantee, Reason.UnknownPractitioner);
        _refer(patient, doctor, grantee, Defaults.CHART, Defaults.CHART);
        address team = _createTeam();
        _expectNotInGoodStanding(team, Reason.UnknownPractitioner);
        _refer(patient, doctor, team, Defaults.CHART, Defaults.CHART);
    }

    function test_RevertWhen_TheGranteeIsSuspended() external {
        _suspend(otherDoctor);
        _expectNotInGoodStanding(otherDoctor, Reason.PractitionerSuspended);
        _referChart();
    }

    function test_RevertWhen_TheGranteesRegistrationRanOut() external {
        _renew(otherDoctor, Defaults.START + 1);
        vm.warp(Defaults.START + 1);
        _expectNotInGoodStanding(otherDoctor, Reason.PractitionerLapsed);
        _referChart();
    }

    function test_RevertWhen_TheScopeIsTheEmergencys() external {
        vm.expectRevert(abi.encodeWithSelector(IGrants.EmergencyScope.selector));
        _refer(patient, doctor, otherDoctor, Defaults.CHART, EMERGENCY);
    }

    function testFuzz_RevertWhen_TheScopeIsARecordThatIsNotInTheChart(uint256 content) external {
        content = _bound(content, uint256(type(uint32).max) + 1, type(uint256).max - 1);
        Digest digest = Digest.wrap(bytes32(content));
        _registerPatient(otherPatient);
        _addRecord(otherPatient, digest, 0);
        vm.expectRevert(abi.encodeWithSelector(IRecords.UnknownRecord.selector, patient, digest));
        _refer(patient, doctor, otherDoctor, Defaults.CHART, _recordScope(digest));
    }

    function testFuzz_WhenAllIsWell(uint32 folder, uint8 rights, uint16 purposes, uint40 expiresAt, uint256 length)
        external
    {
        ReferralTerms memory terms = _terms();
        terms.scope = _folderScope(folder);
        terms.rights = uint8(_bound(rights, 1, 3));
        terms.purposes = uint16(_bound(purposes, 1, ALL_PURPOSES));
        terms.expiresAt = uint40(_bound(expiresAt, Defaults.START + 1, Defaults.EXPIRES_AT));
        terms.sealedKey = new bytes(_bound(length, 0, 2048));
        vm.expectEmit(address(chartkey));
        emit IReferrals.AccessReferred(
            patient,
            otherDoctor,
            terms.scope,
            doctor,
            Defaults.CHART,
            terms.rights,
            terms.purposes,
            terms.expiresAt,
            terms.sealedKey
        );
        _referTerms(terms);
        Referral memory expected = Referral({
            expiresAt: terms.expiresAt,
            purposes: terms.purposes,
            rights: terms.rights,
            parentScope: ParentScope.Chart,
            parentId: _idOf(Defaults.CHART)
        });
        _isStored(terms.scope, expected);
    }

    function test_WhenThereIsAReferralForThisReferrerAndGranteeAndScope() external {
        Scope scope = _recordScope(Defaults.DIGEST);
        _refer(patient, doctor, otherDoctor, Defaults.CHART, scope);
        _isStored(scope, _stored(ParentScope.Chart, _idOf(Defaults.CHART)));
        _grantParent(scope);
        _refer(patient, doctor, otherDoctor, scope, scope);
        _isStored(scope, _stored(ParentScope.Record, _idOf(scope)));
        _grantParent(_folderScope(Defaults.FOLDER));
        _refer(patient, doctor, otherDoctor, _folderScope(Defaults.FOLDER), scope);
        _isStored(scope, _stored(ParentScope.Folder, _idOf(_folderScope(Defaults.FOLDER))));
    }

    function test_WhenThereAreReferralsByOtherReferrersOrForOtherGranteesOrScopesOrCharts() external {
        address third = _actor("third doctor");
        _registerPractitioner(third);
        _registerPatient(otherPatient);
        _referChart();
        Referral memory first = _stored(ParentScope.Chart, _idOf(Defaults.CHART));
        _grantParentTo(third, Defaults.CHART);
        _grant(otherPatient, doctor, Defaults.CHART, READ | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _refer(patient, third, otherDoctor, Defaults.CHART, Defaults.CHART);
        _refer(patient, doctor, third, Defaults.CHART, Defaults.CHART);
        _refer(otherPatient, doctor, otherDoctor, Defaults.CHART, Defaults.CHART);
        ReferralTerms memory narrower = _terms();
        (narrower.scope, narrower.purposes) = (_folderScope(Defaults.FOLDER), 1);
        _referTerms(narrower);
        _isStored(Defaults.CHART, first);
        bytes20 thirds = chartkey.grantOf(patient, third, Defaults.CHART).id;
        _isStored(patient, third, otherDoctor, Defaults.CHART, _stored(ParentScope.Chart, thirds));
    }

    function test_WhenThereAreGrantsForTheSameGranteeAndScope() external {
        _grant(patient, otherDoctor, Defaults.CHART);
        Grant memory own = chartkey.grantOf(patient, otherDoctor, Defaults.CHART);
        Grant memory parent = chartkey.grantOf(patient, doctor, Defaults.CHART);
        _referChart();
        vm.assertEq(
            abi.encode(chartkey.grantOf(patient, otherDoctor, Defaults.CHART)), abi.encode(own), "grantee's own"
        );
        vm.assertEq(abi.encode(chartkey.grantOf(patient, doctor, Defaults.CHART)), abi.encode(parent), "parent");
    }

    function _renew(address who, uint40 validUntil) private {
        vm.prank(registrar);
        chartkey.renewPractitioner(who, validUntil, false);
    }

    function _idOf(Scope scope) private view returns (bytes20) {
        return chartkey.grantOf(patient, doctor, scope).id;
    }

    function _expectNotInGoodStanding(address account, Reason standing) private {
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.NotInGoodStanding.selector, account, standing));
    }

    function _expectGrantToSelf(address account) private {
        vm.expectRevert(abi.encodeWithSelector(IGrants.GrantToSelf.selector, account));
    }
}
