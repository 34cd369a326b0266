// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IPatients} from "../../contracts/interfaces/IPatients.sol";
import {IRecords} from "../../contracts/interfaces/IRecords.sol";
import {IReferrals} from "../../contracts/interfaces/IReferrals.sol";
import {
    ALL_PURPOSES,
    Digest,
    Purpose,
    READ,
    REFER,
    Reason,
    RecordStatus,
    ReferralTerms,
    WRITE
} from "../../contracts/types/Types.sol";
import {Base} from "../Base.t.sol";
import {vm} from "../utils/Cheats.sol";
import {Defaults} from "../utils/Defaults.sol";

/// @notice Attacks that other projects' contracts fell to, one to six of README.md, played against this one.
contract FlawsTest is Base {
    address private thirdDoctor;

    function setUp() public override {
        super.setUp();
        thirdDoctor = _actor("third doctor");
        _registerPatient(patient);
        _registerPractitioner(doctor);
        _registerPractitioner(otherDoctor);
        _registerPractitioner(thirdDoctor);
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
    }

    function test_Flaw1_AReferralNeverOverwritesThePatientsGrant() external {
        _grant(patient, otherDoctor, Defaults.CHART, READ | WRITE, ALL_PURPOSES, Defaults.EXPIRES_AT);
        _grantWithRefer(doctor);
        bytes32 before = _grantHash(otherDoctor);

        ReferralTerms memory less = Defaults.referral(otherDoctor, Defaults.CHART, Defaults.CHART);
        less.purposes = 1;
        less.expiresAt = Defaults.START + 1;
        vm.prank(doctor);
        chartkey.referAccess(patient, less);
        vm.assertEq(_grantHash(otherDoctor), before, "after the referral");
        vm.prank(doctor);
        chartkey.endReferral(patient, doctor, otherDoctor, Defaults.CHART);
        vm.assertEq(_grantHash(otherDoctor), before, "after its end");
        _revoke(patient, doctor, Defaults.CHART);
        vm.assertEq(_grantHash(otherDoctor), before, "after the referrer's end");
        _open(patient, Defaults.DIGEST, otherDoctor, address(0));
    }

    function test_Flaw2_WhoWasReferredCannotReferOnOrTouchGrants() external {
        _grantWithRefer(doctor);
        _grant(patient, thirdDoctor, Defaults.CHART);
        _refer(patient, doctor, otherDoctor, Defaults.CHART, Defaults.CHART);
        bytes32 before = _grantHash(thirdDoctor);

        vm.expectRevert(
            abi.encodeWithSelector(IReferrals.ParentNotInForce.selector, patient, otherDoctor, Defaults.CHART)
        );
        _refer(patient, otherDoctor, thirdDoctor, Defaults.CHART, Defaults.CHART);
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, patient, otherDoctor));
        vm.prank(otherDoctor);
        chartkey.revokeAccess(patient, thirdDoctor, Defaults.CHART);
        vm.expectRevert(abi.encodeWithSelector(IReferrals.NotAPartyOfReferral.selector, thirdDoctor));
        vm.prank(thirdDoctor);
        chartkey.endReferral(patient, doctor, otherDoctor, Defaults.CHART);
        vm.assertEq(_grantHash(thirdDoctor), before, "grant");
    }

    function test_Flaw2_AReferrerCannotTakeOverAnothersReferral() external {
        _grantWithRefer(doctor);
        _grantWithRefer(thirdDoctor);
        _refer(patient, doctor, otherDoctor, Defaults.CHART, Defaults.CHART);
        bytes32 before = keccak256(abi.encode(chartkey.referralOf(patient, doctor, otherDoctor, Defaults.CHART)));
        _refer(patient, thirdDoctor, otherDoctor, Defaults.CHART, Defaults.CHART);
        vm.prank(thirdDoctor);
        chartkey.endReferral(patient, thirdDoctor, otherDoctor, Defaults.CHART);
        vm.assertEq(
            keccak256(abi.encode(chartkey.referralOf(patient, doctor, otherDoctor, Defaults.CHART))),
            before,
            "the first referral"
        );
        _open(patient, Defaults.DIGEST, otherDoctor, doctor);
    }

    function testFuzz_Flaw3_NobodyRegistersThemselvesAsPractitioner(address account) external {
        vm.assume(account != registrar && account != otherRegistrar && account != address(forwarder));
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, REGISTRAR)
        );
        vm.prank(account);
        chartkey.registerPractitioner(account, Defaults.VALID_UNTIL, true, Defaults.entry());
    }

    function test_Flaw3_NobodyWritesIntoAChartUnasked() external {
        _refusesToWrite(stranger, Reason.UnknownPractitioner);
        _refusesToWrite(registrar, Reason.UnknownPractitioner);
        _refusesToWrite(admin, Reason.UnknownPractitioner);
        _refusesToWrite(doctor, Reason.NoGrant);
        _grant(patient, doctor, Defaults.CHART);
        _refusesToWrite(doctor, Reason.RightNotGranted);
    }

    function test_Flaw4_JunkNeitherBlocksNorRaisesThePriceOfACorrection() external {
        _grant(patient, doctor, Defaults.CHART, READ | WRITE | REFER, ALL_PURPOSES, Defaults.EXPIRES_AT);
        _grant(patient, thirdDoctor, Defaults.CHART);
        // Once before, so that the figures to compare are of slots that are warm alike.
        _gasOfCorrection(Defaults.DIGEST, _digest(1000));
        _gasOfRevocation(thirdDoctor);
        uint256 correction = _gasOfCorrection(_digest(1000), _digest(1001));
        _grant(patient, thirdDoctor, Defaults.CHART);
        uint256 revocation = _gasOfRevocation(thirdDoctor);

        for (uint256 i = 0; i < 100; ++i) {
            vm.prank(doctor);
            chartkey.addRecord(patient, address(0), Defaults.FOLDER, Defaults.record(_digest(i)));
            _refer(patient, doctor, otherDoctor, Defaults.CHART, _recordScope(_digest(i)));
            vm.prank(otherDoctor);
            chartkey.requestAccess(patient, Defaults.CHART, 1, 0);
        }
        // What a step of a loop would cost at least, a hundred times, is 10 000.
        vm.assertLe(_gasOfCorrection(_digest(1001), _digest(1002)), correction + 1_000, "gas of a correction");
        _grant(patient, thirdDoctor, Defaults.CHART);
        vm.assertLe(_gasOfRevocation(thirdDoctor), revocation + 1_000, "gas of a revocation");
    }

    function test_Flaw4_NobodyHangsASuccessorOnAnothersRecord() external {
        _grant(patient, doctor, Defaults.CHART, WRITE, ALL_PURPOSES, Defaults.EXPIRES_AT);
        vm.expectRevert(abi.encodeWithSelector(IRecords.NotTheAuthor.selector, patient, Defaults.DIGEST, doctor));
        vm.prank(doctor);
        chartkey.supersedeRecord(patient, address(0), Defaults.DIGEST, Defaults.record(Defaults.OTHER_DIGEST));
    }

    function test_Flaw5_ARecordIsNotSquattedByItsCid() external {
        _registerPatient(stranger);
        _addRecord(stranger, Defaults.OTHER_DIGEST, 1);
        _addRecord(patient, Defaults.OTHER_DIGEST, 2);
        vm.assertEq(chartkey.recordOf(patient, Defaults.OTHER_DIGEST).author, patient, "author");
        vm.assertEq(chartkey.recordOf(patient, Defaults.OTHER_DIGEST).folder, 2, "folder");
        vm.assertEq(chartkey.recordOf(stranger, Defaults.OTHER_DIGEST).author, stranger, "the other's author");
        // Whoever may open it in one chart may not in the other.
        _grant(stranger, doctor, Defaults.CHART);
        vm.assertTrue(_whyNot(Defaults.OTHER_DIGEST, doctor) == Reason.NoGrant, "the other's grant is worth nothing");
    }

    function test_Flaw6_ACorrectionKeepsHistoryAndConsents() external {
        _grant(patient, doctor, _recordScope(Defaults.DIGEST));
        _grant(patient, otherDoctor, _folderScope(Defaults.FOLDER));
        vm.warp(Defaults.START + 1 days);
        bytes32 trail = chartkey.trail(patient);
        vm.prank(patient);
        chartkey.supersedeRecord(patient, address(0), Defaults.DIGEST, Defaults.record(Defaults.OTHER_DIGEST));

        vm.assertTrue(chartkey.recordOf(patient, Defaults.DIGEST).status == RecordStatus.Superseded, "status");
        vm.assertEq(chartkey.recordOf(patient, Defaults.DIGEST).addedAt, Defaults.START, "when");
        vm.assertEq(chartkey.cidOf(patient, Defaults.DIGEST), Defaults.cid(Defaults.DIGEST), "CID");
        vm.assertTrue(_whyNot(Defaults.DIGEST, doctor) == Reason.Allowed, "consent for the record");
        vm.assertTrue(_whyNot(Defaults.OTHER_DIGEST, doctor) == Reason.NoGrant, "it is not widened");
        vm.assertTrue(_whyNot(Defaults.DIGEST, otherDoctor) == Reason.Allowed, "consent for the folder");
        vm.assertTrue(_whyNot(Defaults.OTHER_DIGEST, otherDoctor) == Reason.Allowed, "it covers the successor");
        vm.assertNotEq(chartkey.trail(patient), trail, "it is on the trail");
    }

    /// @dev Each act on a chart with its argument types: no `string` among them. Bytes are keys, CIDs, and what is sealed.
    function test_Flaw6_NoActTakesTextAboutAPatient() external view {
        _takes(chartkey.registerPatient.selector, "registerPatient(bytes)");
        _takes(chartkey.publishKey.selector, "publishKey(bytes)");
        _takes(chartkey.setGuardian.selector, "setGuardian(address,uint40)");
        _takes(chartkey.removeGuardian.selector, "removeGuardian(address,address)");
        _takes(chartkey.addRecord.selector, "addRecord(address,address,uint32,(bytes,bytes32,bytes))");
        _takes(chartkey.supersedeRecord.selector, "supersedeRecord(address,address,bytes32,(bytes,bytes32,bytes))");
        _takes(chartkey.retractRecord.selector, "retractRecord(address,address,bytes32,bytes32)");
        _takes(chartkey.grantAccess.selector, "grantAccess(address,address,bytes32,uint8,uint16,uint40,bytes)");
        _takes(chartkey.requestAccess.selector, "requestAccess(address,bytes32,uint16,bytes32)");
        _takes(chartkey.setEmergencyPolicy.selector, "setEmergencyPolicy(address,uint32)");
        _takes(chartkey.breakGlass.selector, "breakGlass(address,bytes32)");
        _takes(chartkey.reviewEmergency.selector, "reviewEmergency(address,address,bytes32,bool,bytes32)");
        _takes(chartkey.openRecord.selector, "openRecord(address,bytes32,address,uint8)");
    }

    function test_Flaw6_AKeyHasNoRoomForText() external {
        bytes memory text = "Anna Fischer, born 1980-02-29, +49 30 1234567";
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownKeyLength.selector, text.length));
        vm.prank(stranger);
        chartkey.registerPatient(text);
    }

    /* HELPERS */

    function _grantWithRefer(address to) private {
        _grant(patient, to, Defaults.CHART, READ | REFER, ALL_PURPOSES, Defaults.EXPIRES_AT);
    }

    function _refusesToWrite(address author, Reason reason) private {
        vm.expectRevert(abi.encodeWithSelector(IRecords.WriteRefused.selector, patient, author, address(0), reason));
        vm.prank(author);
        chartkey.addRecord(patient, address(0), Defaults.FOLDER, Defaults.record(Defaults.OTHER_DIGEST));
    }

    function _gasOfCorrection(Digest old, Digest successor) private returns (uint256 gas) {
        vm.prank(patient);
        gas = gasleft();
        chartkey.supersedeRecord(patient, address(0), old, Defaults.record(successor));
        gas -= gasleft();
    }

    function _gasOfRevocation(address from) private returns (uint256 gas) {
        vm.prank(patient);
        gas = gasleft();
        chartkey.revokeAccess(patient, from, Defaults.CHART);
        gas -= gasleft();
    }

    function _whyNot(Digest digest, address reader) private view returns (Reason) {
        return chartkey.whyNot(patient, digest, reader, address(0), Purpose.TREAT);
    }

    function _grantHash(address grantee) private view returns (bytes32) {
        return keccak256(abi.encode(chartkey.grantOf(patient, grantee, Defaults.CHART)));
    }

    function _takes(bytes4 selector, string memory signature) private pure {
        vm.assertEq(bytes32(selector), bytes32(bytes4(keccak256(bytes(signature)))), signature);
    }

    function _digest(uint256 i) private pure returns (Digest) {
        return Digest.wrap(keccak256(abi.encode("junk", i)));
    }
}
