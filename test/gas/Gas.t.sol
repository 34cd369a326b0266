// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, Purpose, Scope} from "../../contracts/types/Types.sol";
import {Base} from "../Base.t.sol";
import {vm} from "../utils/Cheats.sol";
import {Defaults} from "../utils/Defaults.sol";

/// @notice Gas of whole transactions, as a user pays it: 21000, calldata and refunds included, every slot cold. Each
/// figure is kept in snapshots/Chartkey.json and has a ceiling here.
/// forge-config: default.isolate = true
contract GasTest is Base {
    function setUp() public override {
        super.setUp();
        vm.setEvmVersion("osaka");
        _registerPatient(otherPatient);
        _registerPractitioner(doctor);
    }

    function test_RegisterPatient() external {
        _registerPatient(patient);
        _check("registerPatient", 56_000);
    }

    function test_PublishKey() external {
        _registerPatient(patient);
        vm.prank(patient);
        chartkey.publishKey(Defaults.SUITE, Defaults.key());
        _check("publishKey", 33_000);
    }

    function test_AddRecord() external {
        _registerPatient(patient);
        _addRecord(patient, Defaults.digest(), Defaults.FOLDER);
        _check("addRecord", 61_000);
    }

    function test_GrantAccess() external {
        _registerPatient(patient);
        _grant(patient, doctor, Defaults.CHART);
        _check("grantAccess", 66_000);
        _grant(patient, doctor, Defaults.CHART);
        _check("grantAccessAgain", 50_000);
    }

    function test_RevokeAccess() external {
        _registerPatient(patient);
        _grant(patient, doctor, Defaults.CHART);
        _revoke(patient, doctor, Defaults.CHART);
        _check("revokeAccess", 34_000);
    }

    function test_RevokeEveryone() external {
        _registerPatient(patient);
        _revokeEveryone(patient);
        _check("revokeEveryone", 51_000);
        _revokeEveryone(patient);
        _check("revokeEveryoneLater", 34_000);
    }

    function test_OpenRecord() external {
        _registerPatient(patient);
        _addRecord(patient, Defaults.digest(), Defaults.FOLDER);
        _grant(patient, doctor, Defaults.CHART);
        _open();
        _check("openRecord", 42_000);
    }

    function test_OpenRecordByRecordGrant() external {
        _registerPatient(patient);
        _addRecord(patient, Defaults.digest(), Defaults.FOLDER);
        _grant(patient, doctor, _recordScope(Defaults.digest()));
        _open();
        _check("openRecordByRecordGrant", 48_000);
    }

    function _open() private {
        vm.prank(doctor);
        chartkey.openRecord(patient, Defaults.digest(), address(0), Defaults.PURPOSE);
    }

    function _check(string memory name, uint256 ceiling) private {
        vm.assertLe(vm.snapshotGasLastCall("Chartkey", name), ceiling, name);
    }
}
