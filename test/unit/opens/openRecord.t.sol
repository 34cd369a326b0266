// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IOpens} from "../../../contracts/interfaces/IOpens.sol";
import {Purpose, READ, REFER, Reason, Scope} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Judged} from "./Judged.sol";

contract OpenRecordTest is Judged {
    Scope private constant EMERGENCY = Scope.wrap(bytes32(type(uint256).max));
    uint256 private constant NO_NONCE = 0;

    function testFuzz_RevertWhen_TheJudgeDoesNotAllowIt(address reader, address via, uint8 purpose) external {
        vm.assume(reader != patient && reader != otherDoctor && reader != address(forwarder));
        Purpose why = _purpose(purpose);
        Reason reason = via == patient
            ? Reason.NotAGuardian
            : reader != doctor
                ? Reason.UnknownPractitioner
                : via == SELF || via == doctor || via == otherDoctor ? Reason.NoGrant : Reason.ReferrerNotInGoodStanding;
        _refuses(reader, via, why, reason);
        _refuses(doctor, SELF, why, Reason.NoGrant);
    }

    function testFuzz_WhenAGrantForTheChartAllowsIt(uint8 purpose) external {
        _grant(patient, doctor, Defaults.CHART);
        _opens(Defaults.CHART, _purpose(purpose));
    }

    function testFuzz_WhenAGrantForTheFolderAllowsIt(uint8 purpose) external {
        _grant(patient, doctor, _folderScope(Defaults.FOLDER));
        _opens(_folderScope(Defaults.FOLDER), _purpose(purpose));
    }

    function testFuzz_WhenAGrantForTheRecordAllowsIt(uint8 purpose) external {
        _grant(patient, doctor, _recordScope(Defaults.DIGEST));
        _opens(_recordScope(Defaults.DIGEST), _purpose(purpose));
    }

    function test_WhenSeveralGrantsAllowIt() external {
        _grant(patient, doctor, _recordScope(Defaults.DIGEST));
        _grant(patient, doctor, _folderScope(Defaults.FOLDER));
        _opens(_folderScope(Defaults.FOLDER), Defaults.PURPOSE);
        _grant(patient, doctor, Defaults.CHART);
        _opens(Defaults.CHART, Defaults.PURPOSE);
    }

    function test_WhenTheWidestGrantDoesNotAllowItAndANarrowerOneDoes() external {
        _grant(patient, doctor, Defaults.CHART, READ, RESEARCH_ONLY, Defaults.EXPIRES_AT);
        _grant(patient, doctor, _folderScope(Defaults.FOLDER), READ, RESEARCH_ONLY, Defaults.EXPIRES_AT);
        _grant(patient, doctor, _recordScope(Defaults.DIGEST));
        _opens(_recordScope(Defaults.DIGEST), Purpose.TREAT);
        _opens(Defaults.CHART, Purpose.HRESCH);
    }

    function test_WhenTheGlassIsBroken() external {
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _breakGlass(patient, doctor);
        _opens(EMERGENCY, Purpose.BTG);
    }

    function testFuzz_WhenTheGlassIsBrokenAndAGrantForBreakingTheGlassAllowsItToo(uint8 which) external {
        Scope scope = _coveringScopes()[which % 3];
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _breakGlass(patient, doctor);
        _grant(patient, doctor, scope, READ, uint16(1 << uint8(Purpose.BTG)), Defaults.EXPIRES_AT);
        _opens(scope, Purpose.BTG);
        _revoke(patient, doctor, scope);
        _opens(EMERGENCY, Purpose.BTG);
    }

    function testFuzz_WhenATeamsGrantAllowsIt(uint8 which, uint8 purpose) external {
        address team = _createTeam();
        _setTeamMember(team, doctor);
        Scope scope = _coveringScopes()[which % 3];
        _grant(patient, team, scope);
        _opensAs(doctor, team, team, scope, _purpose(purpose));
    }

    function testFuzz_WhenAReferralAllowsIt(uint8 which, uint8 purpose) external {
        Scope scope = _coveringScopes()[which % 3];
        _grant(patient, otherDoctor, Defaults.CHART, READ | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _refer(patient, otherDoctor, doctor, Defaults.CHART, scope);
        _opensAs(doctor, otherDoctor, otherDoctor, scope, _purpose(purpose));
    }

    function test_WhenSeveralReferralsAllowIt() external {
        Scope[3] memory scopes = _coveringScopes();
        _grant(patient, otherDoctor, Defaults.CHART, READ | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        for (uint256 i = 3; i > 0; --i) {
            _refer(patient, otherDoctor, doctor, Defaults.CHART, scopes[i - 1]);
            _opensAs(doctor, otherDoctor, otherDoctor, scopes[i - 1], Defaults.PURPOSE);
        }
    }

    function testFuzz_WhenTheReaderIsAGuardian(uint8 purpose) external {
        _setGuardian(patient, doctor);
        _grant(patient, doctor, _folderScope(Defaults.FOLDER));
        _opensAs(doctor, patient, patient, Defaults.CHART, _purpose(purpose));
    }

    function testFuzz_WhenTheReaderIsThePatient(uint8 purpose) external {
        _opensAs(patient, SELF, SELF, Defaults.CHART, _purpose(purpose));
    }

    function testFuzz_WhenTheReaderIsThePatientAndNamesSomebody(address via, uint8 purpose) external {
        _opensAs(patient, via, SELF, Defaults.CHART, _purpose(purpose));
        _opensAs(patient, patient, SELF, Defaults.CHART, _purpose(purpose));
    }

    function test_WhenItSucceeds() external {
        bytes32 before = chartkey.trail(patient);
        bytes32 registry = chartkey.trail(REGISTRY);
        _open(patient, Defaults.DIGEST, patient, SELF);
        vm.assertNotEq(chartkey.trail(patient), before, "the patient's trail");
        vm.assertEq(chartkey.trail(REGISTRY), registry, "the registry's trail");
    }

    function _refuses(address reader, address via, Purpose purpose, Reason reason) private {
        vm.expectRevert(
            abi.encodeWithSelector(IOpens.OpenRefused.selector, patient, Defaults.DIGEST, reader, via, purpose, reason)
        );
        vm.prank(reader);
        chartkey.openRecord(patient, Defaults.DIGEST, via, purpose);
    }

    function _opens(Scope scope, Purpose purpose) private {
        _opensAs(doctor, SELF, SELF, scope, purpose);
    }

    function _opensAs(address reader, address via, address logged, Scope scope, Purpose purpose) private {
        vm.expectEmit(address(chartkey));
        emit IOpens.RecordOpened(patient, Defaults.DIGEST, reader, logged, scope, purpose, NO_NONCE);
        vm.prank(reader);
        chartkey.openRecord(patient, Defaults.DIGEST, via, purpose);
    }
}
