// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IReferrals} from "../../../contracts/interfaces/IReferrals.sol";
import {ParentScope, Referral, Scope} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Referring} from "./Referring.sol";

contract EndReferralTest is Referring {
    Referral private none;

    function setUp() public override {
        super.setUp();
        _setGuardian(patient, guardian);
        _grantParent(Defaults.CHART);
        _referChart();
    }

    function testFuzz_RevertWhen_TheCallerIsNoPartyOfIt(address caller) external {
        vm.assume(caller != patient && caller != guardian && caller != doctor && caller != otherDoctor);
        vm.assume(caller != address(forwarder));
        _expectNoParty(caller);
        _end(caller);
    }

    function test_RevertWhen_TheCallerIsAGuardianWhoseTimeHasEnded() external {
        vm.warp(Defaults.EXPIRES_AT);
        _expectNoParty(guardian);
        _end(guardian);
    }

    function test_RevertWhen_ThereIsNoSuchReferral() external {
        Scope folder = _folderScope(Defaults.FOLDER);
        vm.expectRevert(
            abi.encodeWithSelector(IReferrals.NoSuchReferral.selector, patient, doctor, otherDoctor, folder)
        );
        vm.prank(patient);
        chartkey.endReferral(patient, doctor, otherDoctor, folder);
        vm.expectRevert(
            abi.encodeWithSelector(IReferrals.NoSuchReferral.selector, patient, otherDoctor, doctor, Defaults.CHART)
        );
        vm.prank(doctor);
        chartkey.endReferral(patient, otherDoctor, doctor, Defaults.CHART);
        vm.expectRevert(
            abi.encodeWithSelector(
                IReferrals.NoSuchReferral.selector, otherPatient, doctor, otherDoctor, Defaults.CHART
            )
        );
        vm.prank(doctor);
        chartkey.endReferral(otherPatient, doctor, otherDoctor, Defaults.CHART);
    }

    function test_RevertWhen_ItWasEndedAlready() external {
        _end(doctor);
        vm.expectRevert(
            abi.encodeWithSelector(IReferrals.NoSuchReferral.selector, patient, doctor, otherDoctor, Defaults.CHART)
        );
        _end(doctor);
    }

    function testFuzz_WhenTheCallerIsThePatientOrAGuardianOrTheReferrerOrTheGrantee(uint8 who) external {
        _ends([patient, guardian, doctor, otherDoctor][who % 4]);
    }

    function testFuzz_WhenTheParentEndedOrExpiredOrWasVoided(uint8 who, uint8 how) external {
        if (how % 4 == 0) _revoke(patient, doctor, Defaults.CHART);
        if (how % 4 == 1) _grantParent(Defaults.CHART);
        if (how % 4 == 2) _revokeEveryone(patient);
        if (how % 4 == 3) vm.warp(Defaults.EXPIRES_AT + 1);
        _ends([patient, doctor, otherDoctor][who % 3]);
    }

    function testFuzz_WhenThePartiesAreSuspended(bool byTheReferrer) external {
        _suspend(doctor);
        _suspend(otherDoctor);
        _ends(byTheReferrer ? doctor : otherDoctor);
    }

    function test_WhenThereAreOtherReferrals() external {
        address third = _actor("third doctor");
        _registerPractitioner(third);
        _grantParentTo(third, Defaults.CHART);
        _refer(patient, third, otherDoctor, Defaults.CHART, Defaults.CHART);
        _refer(patient, doctor, third, Defaults.CHART, Defaults.CHART);
        _refer(patient, doctor, otherDoctor, Defaults.CHART, _folderScope(Defaults.FOLDER));
        _ends(patient);
        Referral memory ofDoctor = _stored(ParentScope.Chart, chartkey.grantOf(patient, doctor, Defaults.CHART).id);
        Referral memory ofThird = _stored(ParentScope.Chart, chartkey.grantOf(patient, third, Defaults.CHART).id);
        _isStored(patient, third, otherDoctor, Defaults.CHART, ofThird);
        _isStored(patient, doctor, third, Defaults.CHART, ofDoctor);
        _isStored(patient, doctor, otherDoctor, _folderScope(Defaults.FOLDER), ofDoctor);
    }

    function _end(address caller) private {
        vm.prank(caller);
        chartkey.endReferral(patient, doctor, otherDoctor, Defaults.CHART);
    }

    function _ends(address caller) private {
        vm.expectEmit(address(chartkey));
        emit IReferrals.ReferralEnded(patient, otherDoctor, Defaults.CHART, doctor, caller);
        _end(caller);
        _isStored(Defaults.CHART, none);
    }

    function _expectNoParty(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IReferrals.NotAPartyOfReferral.selector, caller));
    }
}
