// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {ALL_RIGHTS, LAST_MOMENT, Purpose} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract RevokeEveryoneTest is Base {
    address private guardian;

    function setUp() public override {
        super.setUp();
        guardian = _actor("guardian");
        _registerPatient(patient);
        _registerPatient(otherPatient);
        _registerPractitioner(doctor);
        _registerPractitioner(otherDoctor);
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _grant(patient, doctor, Defaults.CHART);
        _grant(patient, otherDoctor, _folderScope(Defaults.FOLDER));
    }

    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account) external {
        vm.assume(account != patient && account != otherPatient && account != address(forwarder));
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        _revokeEveryone(account);
    }

    function testFuzz_RevertWhen_TheCallerIsNeitherThePatientNorAGuardian(address caller) external {
        vm.assume(caller != patient && caller != address(forwarder));
        _notThePatient(caller);
        _revokeEveryoneAs(caller);
    }

    function testFuzz_RevertWhen_TheCallerIsAGuardianWhoseTimeHasEnded(uint40 time) external {
        _setGuardian(patient, guardian);
        vm.warp(_bound(time, Defaults.EXPIRES_AT, LAST_MOMENT));
        _notThePatient(guardian);
        _revokeEveryoneAs(guardian);
    }

    function test_RevertWhen_TheCallerWasRemovedAsAGuardian() external {
        _setGuardian(patient, guardian);
        vm.prank(patient);
        chartkey.removeGuardian(patient, guardian);
        _notThePatient(guardian);
        _revokeEveryoneAs(guardian);
    }

    function test_RevertWhen_TheEpochIsTheLastOf32Bits() external {
        _setEpoch(patient, type(uint32).max);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        _revokeEveryone(patient);
    }

    function test_WhenTheCallerIsThePatient() external {
        for (uint32 epoch = 1; epoch <= 3; ++epoch) {
            vm.expectEmit(address(chartkey));
            emit IGrants.EveryoneRevoked(patient, patient, epoch);
            _revokeEveryone(patient);
            vm.assertEq(chartkey.epochOf(patient), epoch, "epoch");
        }
        vm.assertEq(chartkey.epochOf(otherPatient), 0, "other chart's epoch");
        vm.assertFalse(_canOpen(doctor), "by the chart");
        vm.assertFalse(_canOpen(otherDoctor), "by the folder");
        vm.assertEq(chartkey.grantOf(patient, doctor, Defaults.CHART).expiresAt, Defaults.EXPIRES_AT, "slot");
    }

    function test_WhenAccessIsGrantedAgain() external {
        _revokeEveryone(patient);
        _grant(patient, doctor, Defaults.CHART);
        vm.assertTrue(_canOpen(doctor), "granted again");
        vm.assertFalse(_canOpen(otherDoctor), "not granted again");
        _revokeEveryone(patient);
        vm.assertFalse(_canOpen(doctor), "revoked again");
    }

    function test_WhenTheCallerIsAGuardian() external {
        _setGuardian(patient, guardian);
        vm.expectEmit(address(chartkey));
        emit IGrants.EveryoneRevoked(patient, guardian, 1);
        _revokeEveryoneAs(guardian);
        vm.assertEq(chartkey.epochOf(patient), 1, "epoch");
        vm.assertFalse(_canOpen(doctor), "the doctor");
        vm.assertTrue(chartkey.canOpen(patient, Defaults.DIGEST, guardian, patient, Defaults.PURPOSE), "the guardian");
    }

    function test_WhenATeamOrAnEmergencyOrAReferralHasAccess() external {
        address team = _createTeam();
        address member = _actor("member");
        address paramedic = _actor("paramedic");
        address colleague = _actor("colleague");
        _registerPractitioner(member);
        _registerPractitioner(colleague);
        _registerEmergencyPractitioner(paramedic);
        _setTeamMember(team, member);
        _grant(patient, team, Defaults.CHART);
        _grant(patient, doctor, Defaults.CHART, ALL_RIGHTS, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _refer(patient, doctor, colleague, Defaults.CHART, Defaults.CHART);
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _breakGlass(patient, paramedic);
        for (uint256 i = 0; i < 2; ++i) {
            bool open = i == 0;
            vm.assertTrue(_canOpen(member, team, Defaults.PURPOSE) == open, "the team's member");
            vm.assertTrue(_canOpen(colleague, doctor, Defaults.PURPOSE) == open, "the colleague");
            vm.assertTrue(_canOpen(paramedic, address(0), Purpose.BTG) == open, "the paramedic");
            _revokeEveryone(patient);
        }
    }

    function testFuzz_WhenTheEpochIsAnyOf32Bits(uint32 epoch) external {
        epoch = uint32(_bound(epoch, 0, type(uint32).max - 1));
        _setEpoch(patient, epoch);
        bytes32 link = chartkey.trail(patient);
        vm.assertEq(chartkey.epochOf(patient), epoch, "before");
        vm.expectEmit(address(chartkey));
        emit IGrants.EveryoneRevoked(patient, patient, epoch + 1);
        _revokeEveryone(patient);
        vm.assertEq(chartkey.epochOf(patient), epoch + 1, "epoch");

        bytes32 who = bytes32(uint256(uint160(patient)));
        bytes32 entry =
            keccak256(abi.encodePacked(IGrants.EveryoneRevoked.selector, who, who, bytes32(uint256(epoch) + 1)));
        bytes32 next = bytes28(keccak256(abi.encode(link, block.number, block.timestamp, entry)));
        vm.assertEq(chartkey.trail(patient), next, "link");
        vm.assertEq(
            vm.load(address(chartkey), _headSlot(patient)), next | bytes32(uint256(epoch) + 1), "one slot has both"
        );
    }

    function testFuzz_WhenOtherActsFollow(uint32 epoch) external {
        _setEpoch(patient, epoch);
        _addRecord(patient, Defaults.OTHER_DIGEST, 0);
        _grant(patient, doctor, Defaults.CHART);
        _revoke(patient, doctor, Defaults.CHART);
        vm.prank(patient);
        chartkey.publishKey(Defaults.key());
        vm.assertEq(chartkey.epochOf(patient), epoch, "epoch");
        vm.assertEq(uint256(chartkey.trail(patient)) & type(uint32).max, 0, "low bytes of the link");
    }

    function _revokeEveryoneAs(address caller) private {
        vm.prank(caller);
        chartkey.revokeEveryone(patient);
    }

    function _notThePatient(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, patient, caller));
    }

    function _canOpen(address reader, address via, Purpose purpose) private view returns (bool) {
        return chartkey.canOpen(patient, Defaults.DIGEST, reader, via, purpose);
    }

    function _canOpen(address reader) private view returns (bool) {
        return _canOpen(reader, address(0), Defaults.PURPOSE);
    }
}
