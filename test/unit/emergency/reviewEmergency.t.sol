// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IEmergency} from "../../../contracts/interfaces/IEmergency.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {Purpose} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract ReviewEmergencyTest is Base {
    address private auditor;

    function setUp() public override {
        super.setUp();
        auditor = _actor("auditor");
        _giveRole(AUDITOR, auditor);
        _registerPatient(patient);
        _registerEmergencyPractitioner(doctor);
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _breakGlass(patient, doctor);
    }

    function testFuzz_RevertWhen_TheCallerIsNoAuditor(address caller) external {
        vm.assume(caller != auditor && caller != address(forwarder));
        address[4] memory callers = [caller, patient, registrar, admin];
        for (uint256 i = 0; i < callers.length; ++i) {
            _expectNoAuditor(callers[i]);
            _review(callers[i], patient);
        }
    }

    function test_RevertWhen_TheCallerIsAnAuditorNoLonger() external {
        vm.prank(admin);
        chartkey.revokeRole(AUDITOR, auditor);
        _expectNoAuditor(auditor);
        _review(auditor, patient);
    }

    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account) external {
        vm.assume(account != patient);
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        _review(auditor, account);
    }

    function testFuzz_WhenTheAuditorReviewsAnEmergency(
        address practitioner,
        bytes32 reasonHash,
        bool justified,
        bytes32 noteHash
    ) external {
        vm.expectEmit(address(chartkey));
        emit IEmergency.EmergencyReviewed(patient, practitioner, reasonHash, auditor, justified, noteHash);
        vm.prank(auditor);
        chartkey.reviewEmergency(patient, practitioner, reasonHash, justified, noteHash);
    }

    function test_WhenItIsReviewedAgain() external {
        _review(auditor, patient);
        vm.expectEmit(address(chartkey));
        emit IEmergency.EmergencyReviewed(patient, doctor, Defaults.REASON_HASH, auditor, false, Defaults.NOTE_HASH);
        _review(auditor, patient);
    }

    function test_WhenItSucceeds() external {
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _review(auditor, patient);
        vm.assertTrue(
            chartkey.canOpen(patient, Defaults.DIGEST, doctor, address(0), Purpose.BTG), "the glass stays broken"
        );
    }

    function _review(address caller, address owner) private {
        vm.prank(caller);
        chartkey.reviewEmergency(owner, doctor, Defaults.REASON_HASH, false, Defaults.NOTE_HASH);
    }

    function _expectNoAuditor(address caller) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, AUDITOR)
        );
    }
}
