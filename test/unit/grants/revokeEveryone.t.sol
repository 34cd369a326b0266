// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract RevokeEveryoneTest is Base {
    function setUp() public override {
        super.setUp();
        _registerPatient(patient);
        _registerPatient(otherPatient);
        _registerPractitioner(doctor);
        _registerPractitioner(otherDoctor);
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _grant(patient, doctor, Defaults.CHART);
        _grant(patient, otherDoctor, _folderScope(Defaults.FOLDER));
    }

    function testFuzz_RevertWhen_TheCallerNeverRegistered(address account) external {
        vm.assume(account != patient && account != otherPatient);
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        _revokeEveryone(account);
    }

    function test_WhenTheCallerIsAPatient() external {
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

    function _canOpen(address reader) private view returns (bool) {
        return chartkey.canOpen(patient, Defaults.DIGEST, reader, address(0), Defaults.PURPOSE);
    }
}
