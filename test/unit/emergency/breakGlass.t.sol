// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEmergency} from "../../../contracts/interfaces/IEmergency.sol";
import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {IPractitioners} from "../../../contracts/interfaces/IPractitioners.sol";
import {ALL_RIGHTS, Grant, Purpose, READ, Reason, Scope} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract BreakGlassTest is Base {
    Scope private constant EMERGENCY = Scope.wrap(bytes32(type(uint256).max));
    uint32 private constant MOST = 72 * 3600;
    uint40 private constant END = Defaults.START + Defaults.EMERGENCY;

    function setUp() public override {
        super.setUp();
        _registerPatient(patient);
        _registerEmergencyPractitioner(doctor);
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
    }

    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account) external {
        vm.assume(account != patient);
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        _breakGlass(account, doctor);
    }

    function test_RevertWhen_TheCallerIsThePatient() external {
        _registerEmergencyPractitioner(patient);
        vm.expectRevert(abi.encodeWithSelector(IGrants.GrantToSelf.selector, patient));
        _breakGlass(patient, patient);
    }

    function testFuzz_RevertWhen_TheCallerIsNoPractitioner(address caller) external {
        vm.assume(caller != patient && caller != doctor && caller != address(forwarder));
        _expectNotInGoodStanding(caller, Reason.UnknownPractitioner);
        _breakGlass(patient, caller);
    }

    function test_RevertWhen_ThePractitionerIsSuspended() external {
        _suspend(doctor);
        _expectNotInGoodStanding(doctor, Reason.PractitionerSuspended);
        _breakGlass(patient, doctor);
    }

    function test_RevertWhen_ThePractitionersRegistrationRanOut() external {
        vm.warp(Defaults.VALID_UNTIL);
        _expectNotInGoodStanding(doctor, Reason.PractitionerLapsed);
        _breakGlass(patient, doctor);
    }

    function test_RevertWhen_ThePractitionerWasNotCalledEmergencyCapable() external {
        _registerPractitioner(otherDoctor);
        vm.expectRevert(abi.encodeWithSelector(IEmergency.NotEmergencyCapable.selector, otherDoctor));
        _breakGlass(patient, otherDoctor);
    }

    function test_RevertWhen_TheCapabilityWasWithdrawn() external {
        vm.prank(registrar);
        chartkey.renewPractitioner(doctor, Defaults.VALID_UNTIL, false);
        vm.expectRevert(abi.encodeWithSelector(IEmergency.NotEmergencyCapable.selector, doctor));
        _breakGlass(patient, doctor);
    }

    function test_RevertWhen_NoReasonIsGiven() external {
        vm.expectRevert(abi.encodeWithSelector(IEmergency.ReasonMissing.selector));
        vm.prank(doctor);
        chartkey.breakGlass(patient, 0);
    }

    function test_RevertWhen_ThePatientHasNotOptedIn() external {
        _registerPatient(otherPatient);
        vm.expectRevert(abi.encodeWithSelector(IEmergency.EmergencyOff.selector, otherPatient));
        _breakGlass(otherPatient, doctor);
    }

    function test_RevertWhen_ThePatientTurnedItOff() external {
        _breakGlass(patient, doctor);
        _setEmergencyPolicy(patient, 0);
        vm.warp(END);
        vm.expectRevert(abi.encodeWithSelector(IEmergency.EmergencyOff.selector, patient));
        _breakGlass(patient, doctor);
    }

    function testFuzz_RevertWhen_ThePractitionerHoldsOneOpen(uint40 time, uint32 duration, bytes32 reasonHash)
        external
    {
        vm.assume(reasonHash != 0);
        _breakGlass(patient, doctor);
        _setEmergencyPolicy(patient, uint32(_bound(duration, 1, MOST)));
        vm.warp(_bound(time, Defaults.START, END - 1));
        vm.expectRevert(abi.encodeWithSelector(IEmergency.GlassAlreadyBroken.selector, patient, doctor, END));
        vm.prank(doctor);
        chartkey.breakGlass(patient, reasonHash);
    }

    function testFuzz_WhenAllIsWell(uint32 duration, bytes32 reasonHash, uint8 epoch) external {
        vm.assume(reasonHash != 0);
        duration = uint32(_bound(duration, 1, MOST));
        epoch = uint8(_bound(epoch, 0, 5));
        _setEmergencyPolicy(patient, duration);
        for (uint256 i = 0; i < epoch; ++i) {
            _revokeEveryone(patient);
        }
        bytes20 id = bytes20(chartkey.trail(patient));
        vm.expectEmit(address(chartkey));
        emit IEmergency.GlassBroken(patient, doctor, reasonHash, Defaults.START + duration, epoch);
        vm.prank(doctor);
        chartkey.breakGlass(patient, reasonHash);
        _holds(doctor, Defaults.START + duration, epoch, id);
    }

    function testFuzz_WhenTheFormerOneHasExpired(uint40 time, uint32 duration) external {
        time = uint40(_bound(time, END, Defaults.VALID_UNTIL - 1));
        duration = uint32(_bound(duration, 1, MOST));
        _breakGlass(patient, doctor);
        vm.warp(time);
        _setEmergencyPolicy(patient, duration);
        _givesAnother(time + duration, 0);
    }

    function test_WhenThePatientRevokedTheFormerOne() external {
        _breakGlass(patient, doctor);
        _revoke(patient, doctor, EMERGENCY);
        _givesAnother(END, 0);
    }

    function test_WhenThePractitionerRenouncedTheFormerOne() external {
        _breakGlass(patient, doctor);
        vm.prank(doctor);
        chartkey.renounceAccess(patient, EMERGENCY);
        _givesAnother(END, 0);
    }

    function test_WhenEveryoneWasRevokedSince() external {
        _breakGlass(patient, doctor);
        _revokeEveryone(patient);
        _givesAnother(END, 1);
    }

    function test_WhenThePractitionerHoldsGrants() external {
        _grant(patient, doctor, Defaults.CHART, ALL_RIGHTS, 1, Defaults.EXPIRES_AT);
        Grant memory grant = chartkey.grantOf(patient, doctor, Defaults.CHART);
        _givesAnother(END, 0);
        vm.assertEq(abi.encode(chartkey.grantOf(patient, doctor, Defaults.CHART)), abi.encode(grant), "grant");
    }

    function test_WhenAnotherPractitionerHoldsOneOpen() external {
        _registerEmergencyPractitioner(otherDoctor);
        _breakGlass(patient, otherDoctor);
        _givesAnother(END, 0);
    }

    function test_WhenThePractitionerIsAGuardian() external {
        _setGuardian(patient, doctor);
        _givesAnother(END, 0);
    }

    function _givesAnother(uint40 expiresAt, uint32 epoch) private {
        bytes20 id = bytes20(chartkey.trail(patient));
        vm.expectEmit(address(chartkey));
        emit IEmergency.GlassBroken(patient, doctor, Defaults.REASON_HASH, expiresAt, epoch);
        _breakGlass(patient, doctor);
        _holds(doctor, expiresAt, epoch, id);
    }

    function _holds(address practitioner, uint40 expiresAt, uint32 epoch, bytes20 id) private view {
        Grant memory expected = Grant({
            expiresAt: expiresAt, epoch: epoch, purposes: uint16(1 << uint8(Purpose.BTG)), rights: READ, id: id
        });
        vm.assertEq(abi.encode(chartkey.grantOf(patient, practitioner, EMERGENCY)), abi.encode(expected), "grant");
    }

    function _expectNotInGoodStanding(address account, Reason standing) private {
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.NotInGoodStanding.selector, account, standing));
    }
}
