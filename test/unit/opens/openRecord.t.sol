// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IOpens} from "../../../contracts/interfaces/IOpens.sol";
import {Purpose, Reason, Scope} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract OpenRecordTest is Base {
    address private constant NO_TEAM = address(0);

    function setUp() public override {
        super.setUp();
        _registerPatient(patient);
        _registerPractitioner(doctor);
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
    }

    function testFuzz_RevertWhen_TheJudgeDoesNotAllowIt(address reader, address via, uint8 purpose) external {
        vm.assume(reader != patient);
        Purpose why = _purpose(purpose);
        Reason reason =
            reader != doctor ? Reason.UnknownPractitioner : via == NO_TEAM ? Reason.NoGrant : Reason.NotATeamMember;
        vm.expectRevert(
            abi.encodeWithSelector(IOpens.OpenRefused.selector, patient, Defaults.DIGEST, reader, via, why, reason)
        );
        vm.prank(reader);
        chartkey.openRecord(patient, Defaults.DIGEST, via, why);
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
        uint16 research = uint16(1 << uint8(Purpose.HRESCH));
        _grant(patient, doctor, Defaults.CHART, Defaults.RIGHTS, research, Defaults.EXPIRES_AT);
        _grant(patient, doctor, _folderScope(Defaults.FOLDER), Defaults.RIGHTS, research, Defaults.EXPIRES_AT);
        _grant(patient, doctor, _recordScope(Defaults.DIGEST));
        _opens(_recordScope(Defaults.DIGEST), Purpose.TREAT);
        _opens(Defaults.CHART, Purpose.HRESCH);
    }

    function testFuzz_WhenTheReaderIsThePatient(uint8 purpose) external {
        _opensAs(patient, NO_TEAM, Defaults.CHART, _purpose(purpose));
    }

    function testFuzz_WhenTheReaderIsThePatientAndNamesATeam(address team, uint8 purpose) external {
        _opensAs(patient, team, Defaults.CHART, _purpose(purpose));
    }

    function _opens(Scope scope, Purpose purpose) private {
        _opensAs(doctor, NO_TEAM, scope, purpose);
    }

    function _opensAs(address reader, address via, Scope scope, Purpose purpose) private {
        vm.expectEmit(address(chartkey));
        emit IOpens.RecordOpened(patient, Defaults.DIGEST, reader, NO_TEAM, scope, purpose);
        vm.prank(reader);
        chartkey.openRecord(patient, Defaults.DIGEST, via, purpose);
    }

    function _purpose(uint8 seed) private pure returns (Purpose) {
        return Purpose(seed % (uint8(type(Purpose).max) + 1));
    }
}
