// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";

import {ICareTeams} from "../../contracts/interfaces/ICareTeams.sol";
import {IEmergency} from "../../contracts/interfaces/IEmergency.sol";
import {IOpens} from "../../contracts/interfaces/IOpens.sol";
import {IPatients} from "../../contracts/interfaces/IPatients.sol";
import {IPractitioners} from "../../contracts/interfaces/IPractitioners.sol";
import {IRecords} from "../../contracts/interfaces/IRecords.sol";
import {
    ALL_PURPOSES,
    ALL_RIGHTS,
    DirectoryEntry,
    OpenRequest,
    Purpose,
    READ,
    REFER,
    Reason,
    Scope,
    Skip
} from "../../contracts/types/Types.sol";
import {Base} from "../Base.t.sol";
import {Cheats, vm} from "../utils/Cheats.sol";
import {Defaults} from "../utils/Defaults.sol";
import {Signing} from "../utils/Signing.sol";

/// @notice Attacks that other projects' contracts fell to, the seventh line of README.md, played against this one.
contract Flaw7Test is Base {
    uint256 private constant PATIENT_KEY = uint256(keccak256("patient"));
    uint256 private constant DOCTOR_KEY = uint256(keccak256("doctor"));

    address private team;

    function setUp() public override {
        super.setUp();
        patient = vm.addr(PATIENT_KEY);
        doctor = vm.addr(DOCTOR_KEY);
        _registerPatient(patient);
        _registerEmergencyPractitioner(doctor);
        _registerPractitioner(otherDoctor);
        team = _createTeam();
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
    }

    function test_Flaw7_ASuspendedDoctorPassesNoCheck() external {
        _grant(patient, doctor, Defaults.CHART, ALL_RIGHTS, ALL_PURPOSES, Defaults.EXPIRES_AT);
        _grant(patient, team, Defaults.CHART);
        _grant(patient, otherDoctor, Defaults.CHART, READ | REFER, ALL_PURPOSES, Defaults.EXPIRES_AT);
        _refer(patient, otherDoctor, doctor, Defaults.CHART, Defaults.CHART);
        _setTeamMember(team, doctor);
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _breakGlass(patient, doctor);
        _suspend(doctor);

        address[3] memory vias = [address(0), team, otherDoctor];
        for (uint256 i = 0; i < 3; ++i) {
            for (uint8 purpose = 0; purpose <= uint8(type(Purpose).max); ++purpose) {
                Reason reason = chartkey.whyNot(patient, Defaults.DIGEST, doctor, vias[i], Purpose(purpose));
                vm.assertTrue(reason == Reason.PractitionerSuspended, "whyNot");
            }
        }
        _refuses(doctor, Reason.PractitionerSuspended);
        _skips(_request(), DOCTOR_KEY, Skip.OpenRefused, Reason.PractitionerSuspended);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRecords.WriteRefused.selector, patient, doctor, address(0), Reason.PractitionerSuspended
            )
        );
        vm.prank(doctor);
        chartkey.addRecord(patient, address(0), 0, Defaults.record(Defaults.OTHER_DIGEST));
        bytes memory suspended =
            abi.encodeWithSelector(IPractitioners.NotInGoodStanding.selector, doctor, Reason.PractitionerSuspended);
        vm.expectRevert(suspended);
        _refer(patient, doctor, otherDoctor, Defaults.CHART, Defaults.CHART);
        _revoke(patient, doctor, Scope.wrap(bytes32(type(uint256).max)));
        vm.expectRevert(suspended);
        _breakGlass(patient, doctor);
    }

    /// @dev Nobody can deactivate a patient; and no state of grant or grantee keeps the patient from taking it back.
    function testFuzz_Flaw7_APatientCanAlwaysRevoke(uint256 obstacle, uint256 time) external {
        _grant(patient, doctor, Defaults.CHART);
        obstacle = _bound(obstacle, 0, 3);
        if (obstacle == 0) _suspend(doctor);
        if (obstacle == 1) vm.warp(_bound(time, Defaults.VALID_UNTIL, Defaults.VALID_UNTIL + 36_500 days));
        if (obstacle == 2) _revokeEveryone(patient);
        if (obstacle == 3) vm.warp(_bound(time, Defaults.START, Defaults.VALID_UNTIL));
        _revoke(patient, doctor, Defaults.CHART);
        vm.assertEq(chartkey.grantOf(patient, doctor, Defaults.CHART).expiresAt, 0, "grant");
        _revokeEveryone(patient);
    }

    function test_Flaw7_ASpentOpenDoesNotReplay() external {
        _grant(patient, doctor, Defaults.CHART);
        OpenRequest memory request = _request();
        _logOpen(request, DOCTOR_KEY);
        _revoke(patient, doctor, Defaults.CHART);
        _skips(request, DOCTOR_KEY, Skip.NonceSpent, Reason.NotJudged);
        _grant(patient, doctor, Defaults.CHART);
        _skips(request, DOCTOR_KEY, Skip.NonceSpent, Reason.NotJudged);
    }

    function test_Flaw7_ASpentGrantDoesNotReplayAfterRevocation() external {
        bytes memory data = abi.encodeCall(
            chartkey.grantAccess,
            (
                patient,
                doctor,
                Defaults.CHART,
                Defaults.RIGHTS,
                Defaults.PURPOSES,
                Defaults.EXPIRES_AT,
                Defaults.sealedKey()
            )
        );
        ERC2771Forwarder.ForwardRequestData memory act =
            Signing.forward(forwarder, PATIENT_KEY, patient, address(chartkey), data);
        forwarder.execute(act);
        _revoke(patient, doctor, Defaults.CHART);
        bytes32 hash = Signing.forwardHash(act, 1, address(forwarder));
        address nobody = Signing.recover(hash, act.signature);
        vm.expectRevert(
            abi.encodeWithSelector(ERC2771Forwarder.ERC2771ForwarderInvalidSigner.selector, nobody, patient)
        );
        vm.prank(doctor);
        forwarder.execute(act);
        _refuses(doctor, Reason.NoGrant);
    }

    /// @dev Neither in one's own name without a grant, nor in a practitioner's without their signature.
    function testFuzz_Flaw7_NobodyElseWritesTheReadLog(address account, uint256 key) external {
        vm.assume(account != patient && account != doctor && account != otherDoctor && account != address(forwarder));
        _grant(patient, doctor, Defaults.CHART);
        bytes32 trail = chartkey.trail(patient);
        _refuses(account, Reason.UnknownPractitioner);
        _skips(_request(), _bound(key, 1, type(uint128).max), Skip.SignatureInvalid, Reason.NotJudged);
        vm.assertEq(chartkey.trail(patient), trail, "trail");
    }

    function test_Flaw7_ADoctorDoesNotGrantThemselvesAccess() external {
        bytes memory notThePatient = abi.encodeWithSelector(IPatients.NotThePatient.selector, patient, doctor);
        vm.expectRevert(notThePatient);
        vm.prank(doctor);
        chartkey.grantAccess(patient, doctor, Defaults.CHART, READ, 1, Defaults.EXPIRES_AT, "");
        vm.expectRevert(notThePatient);
        vm.prank(doctor);
        chartkey.setEmergencyPolicy(patient, Defaults.EMERGENCY);
        vm.expectRevert(abi.encodeWithSelector(IEmergency.EmergencyOff.selector, patient));
        _breakGlass(patient, doctor);
        _refuses(doctor, Reason.NoGrant);
    }

    function test_Flaw7_ADoctorDoesNotEnterATeamThatWasGrantedAccess() external {
        _grant(patient, team, Defaults.CHART);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, doctor, REGISTRAR)
        );
        vm.prank(doctor);
        chartkey.setTeamMember(team, doctor, Defaults.EXPIRES_AT);
        vm.expectRevert(abi.encodeWithSelector(ICareTeams.NotTheTeamsRegistrar.selector, team, otherRegistrar));
        vm.prank(otherRegistrar);
        chartkey.setTeamMember(team, doctor, Defaults.EXPIRES_AT);
        vm.assertFalse(_canOpen(team), "as a member");
    }

    function test_Flaw7_ADoctorWhoIsAPatientActsOnTheirOwnChartAlone() external {
        _registerPatient(doctor);
        vm.prank(doctor);
        chartkey.setGuardian(otherDoctor, Defaults.EXPIRES_AT);
        vm.assertEq(chartkey.guardianUntil(patient, otherDoctor), 0, "no guardian of the patient");
        vm.assertFalse(_canOpen(address(0)), "by themselves");
        vm.assertFalse(_canOpen(doctor), "via themselves");
        vm.assertFalse(_canOpen(patient), "as a guardian");
    }

    function testFuzz_Flaw7_WhatIsRevokedOrExpiredOrVoidIsNotAllowed(uint256 time) external {
        _grant(patient, doctor, Defaults.CHART);
        vm.assertTrue(_canOpen(address(0)), "in force");
        _revoke(patient, doctor, Defaults.CHART);
        _refuses(doctor, Reason.NoGrant);
        _grant(patient, doctor, Defaults.CHART);
        _revokeEveryone(patient);
        _refuses(doctor, Reason.GrantVoided);
        _grant(patient, doctor, Defaults.CHART);
        vm.warp(Defaults.EXPIRES_AT - 1);
        vm.assertTrue(_canOpen(address(0)), "up to the last second");
        vm.warp(_bound(time, Defaults.EXPIRES_AT, Defaults.VALID_UNTIL - 1));
        _refuses(doctor, Reason.GrantExpired);
    }

    /// @dev An indexed string is its hash in the log: nobody reads it back.
    function test_Flaw7_TextsInEventsCanBeReadBack() external {
        DirectoryEntry memory entry = Defaults.entry();
        vm.recordLogs();
        _registerPractitioner(stranger);
        vm.prank(registrar);
        chartkey.createTeam(0, "Ward 4", unicode"Charité");
        Cheats.Log[] memory logs = vm.getRecordedLogs();
        bytes memory texts = abi.encode(entry.name, entry.licence, entry.specialty, entry.organisation);
        (,, string memory name, string memory licence, string memory specialty, string memory organisation) =
            abi.decode(logs[0].data, (uint40, bool, string, string, string, string));
        vm.assertEq(abi.encode(name, licence, specialty, organisation), texts, "practitioner");
        (, string memory ward, string memory hospital) = abi.decode(logs[1].data, (bytes32, string, string));
        vm.assertEq(abi.encode(ward, hospital), abi.encode("Ward 4", unicode"Charité"), "team");
    }

    /* HELPERS */

    /// @dev The act, the view and the reason agree.
    function _refuses(address reader, Reason reason) private {
        Purpose purpose = Defaults.PURPOSE;
        vm.assertFalse(chartkey.canOpen(patient, Defaults.DIGEST, reader, address(0), purpose), "canOpen");
        vm.assertTrue(chartkey.whyNot(patient, Defaults.DIGEST, reader, address(0), purpose) == reason, "whyNot");
        vm.expectRevert(
            abi.encodeWithSelector(
                IOpens.OpenRefused.selector, patient, Defaults.DIGEST, reader, address(0), purpose, reason
            )
        );
        _open(patient, Defaults.DIGEST, reader, address(0));
    }

    function _skips(OpenRequest memory request, uint256 key, Skip skip, Reason reason) private {
        bytes32 hash = Signing.hash(request, chartkey.domainSeparator());
        vm.expectEmit(address(chartkey));
        emit IOpens.OpenSkipped(REGISTRY, doctor, hash, address(this), patient, request.digest, skip, reason);
        _logOpen(request, key);
    }

    function _logOpen(OpenRequest memory request, uint256 key) private {
        OpenRequest[] memory requests = new OpenRequest[](1);
        bytes[] memory signatures = new bytes[](1);
        requests[0] = request;
        signatures[0] = Signing.sign(key, Signing.hash(request, chartkey.domainSeparator()));
        chartkey.logOpens(requests, signatures);
    }

    function _canOpen(address via) private view returns (bool) {
        return chartkey.canOpen(patient, Defaults.DIGEST, doctor, via, Defaults.PURPOSE);
    }

    function _request() private view returns (OpenRequest memory) {
        return OpenRequest({
            patient: patient,
            digest: Defaults.DIGEST,
            reader: doctor,
            via: address(0),
            purpose: uint8(Defaults.PURPOSE),
            nonce: 1,
            deadline: block.timestamp + 1 days
        });
    }
}
