// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {IPractitioners} from "../../../contracts/interfaces/IPractitioners.sol";
import {IRecords} from "../../../contracts/interfaces/IRecords.sol";
import {IRequests} from "../../../contracts/interfaces/IRequests.sol";
import {ALL_PURPOSES, Digest, Grant, Reason, Scope} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract RequestAccessTest is Base {
    Scope private constant EMERGENCY = Scope.wrap(bytes32(type(uint256).max));

    function setUp() public override {
        super.setUp();
        _registerPatient(patient);
        _registerPractitioner(doctor);
    }

    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account) external {
        vm.assume(account != patient);
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        vm.prank(doctor);
        chartkey.requestAccess(account, Defaults.CHART, Defaults.PURPOSES, Defaults.NOTE_HASH);
    }

    function testFuzz_RevertWhen_TheCallerIsNoPractitioner(address caller) external {
        vm.assume(caller != doctor && caller != address(forwarder));
        _expectNotInGoodStanding(caller, Reason.UnknownPractitioner);
        _request(caller, Defaults.CHART, Defaults.PURPOSES);
        _expectNotInGoodStanding(patient, Reason.UnknownPractitioner);
        _request(patient, Defaults.CHART, Defaults.PURPOSES);
    }

    function test_RevertWhen_ThePractitionerIsSuspended() external {
        _suspend(doctor);
        _expectNotInGoodStanding(doctor, Reason.PractitionerSuspended);
        _request(doctor, Defaults.CHART, Defaults.PURPOSES);
    }

    function test_RevertWhen_ThePractitionersRegistrationRanOut() external {
        vm.warp(Defaults.VALID_UNTIL - 1);
        _request(doctor, Defaults.CHART, Defaults.PURPOSES);
        vm.warp(Defaults.VALID_UNTIL);
        _expectNotInGoodStanding(doctor, Reason.PractitionerLapsed);
        _request(doctor, Defaults.CHART, Defaults.PURPOSES);
    }

    function testFuzz_RevertWhen_ThereAreNoPurposesOrUnknownOnes(uint16 purposes) external {
        vm.assume(purposes == 0 || purposes > ALL_PURPOSES);
        vm.expectRevert(abi.encodeWithSelector(IGrants.BadPurposes.selector, purposes));
        _request(doctor, Defaults.CHART, purposes);
    }

    function test_RevertWhen_TheScopeIsTheEmergencys() external {
        vm.expectRevert(abi.encodeWithSelector(IGrants.EmergencyScope.selector));
        _request(doctor, EMERGENCY, Defaults.PURPOSES);
    }

    function testFuzz_RevertWhen_TheScopeIsARecordThatIsNotInTheChart(uint256 content) external {
        content = _bound(content, uint256(type(uint32).max) + 1, type(uint256).max - 1);
        Digest digest = Digest.wrap(bytes32(content));
        _registerPatient(otherPatient);
        _addRecord(otherPatient, digest, 0);
        vm.expectRevert(abi.encodeWithSelector(IRecords.UnknownRecord.selector, patient, digest));
        _request(doctor, _recordScope(digest), Defaults.PURPOSES);
    }

    function testFuzz_WhenTheScopeIsTheChartOrAFolder(uint32 folder, uint16 purposes, bytes32 noteHash) external {
        purposes = uint16(_bound(purposes, 1, ALL_PURPOSES));
        vm.expectEmit(address(chartkey));
        emit IRequests.AccessRequested(patient, doctor, _folderScope(folder), purposes, noteHash);
        vm.prank(doctor);
        chartkey.requestAccess(patient, _folderScope(folder), purposes, noteHash);
    }

    function test_WhenTheScopeIsARecordInTheChart() external {
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        vm.expectEmit(address(chartkey));
        emit IRequests.AccessRequested(
            patient, doctor, _recordScope(Defaults.DIGEST), Defaults.PURPOSES, Defaults.NOTE_HASH
        );
        _request(doctor, _recordScope(Defaults.DIGEST), Defaults.PURPOSES);
    }

    function test_WhenItSucceeds() external {
        Grant memory none;
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _request(doctor, Defaults.CHART, Defaults.PURPOSES);
        vm.assertEq(abi.encode(chartkey.grantOf(patient, doctor, Defaults.CHART)), abi.encode(none), "grant");
        Reason reason = chartkey.whyNot(patient, Defaults.DIGEST, doctor, address(0), Defaults.PURPOSE);
        vm.assertEq(uint8(reason), uint8(Reason.NoGrant), "reason");
    }

    function _request(address caller, Scope scope, uint16 purposes) private {
        vm.prank(caller);
        chartkey.requestAccess(patient, scope, purposes, Defaults.NOTE_HASH);
    }

    function _expectNotInGoodStanding(address account, Reason standing) private {
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.NotInGoodStanding.selector, account, standing));
    }
}
