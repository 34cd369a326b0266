// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SUITE_XWING} from "../../contracts/types/Types.sol";
import {Base} from "../Base.t.sol";
import {vm} from "../utils/Cheats.sol";
import {Defaults} from "../utils/Defaults.sol";

/// @notice Gas of whole transactions, as a user pays it: 21000, calldata and refunds included, every slot cold. All figures
/// are kept in snapshots/Chartkey.json; what everybody pays for has a ceiling here.
/// forge-config: default.isolate = true
contract GasTest is Base {
    function setUp() public override {
        super.setUp();
        vm.setEvmVersion("osaka");
        _registerPatient(patient);
        _registerPractitioner(doctor);
    }

    function test_RegisterPatient() external {
        _registerPatient(otherPatient);
        _check("registerPatient", 56_000);
        vm.prank(stranger);
        chartkey.registerPatient(SUITE_XWING, _xwingKey());
        _keep("registerPatientXWing");
    }

    function test_PublishKey() external {
        vm.prank(patient);
        chartkey.publishKey(Defaults.SUITE, Defaults.key());
        _check("publishKey", 33_000);
        vm.prank(patient);
        chartkey.publishKey(SUITE_XWING, _xwingKey());
        _keep("publishKeyXWing");
    }

    function test_AddRecord() external {
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _check("addRecord", 61_000);
    }

    function test_GrantAccess() external {
        _grant(patient, doctor, Defaults.CHART);
        _check("grantAccess", 66_000);
        _grant(patient, doctor, Defaults.CHART);
        _keep("grantAccessAgain");
    }

    function test_RevokeAccess() external {
        _grant(patient, doctor, Defaults.CHART);
        _revoke(patient, doctor, Defaults.CHART);
        _check("revokeAccess", 34_000);
    }

    function test_RenounceAccess() external {
        _grant(patient, doctor, Defaults.CHART);
        vm.prank(doctor);
        chartkey.renounceAccess(patient, Defaults.CHART);
        _keep("renounceAccess");
    }

    /// @dev The first one writes a new slot.
    function test_RevokeEveryone() external {
        _revokeEveryone(patient);
        _check("revokeEveryone", 51_000);
        _revokeEveryone(patient);
        _check("revokeEveryoneLater", 34_000);
    }

    function test_OpenRecord() external {
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _grant(patient, doctor, Defaults.CHART);
        _open();
        _check("openRecord", 42_000);
    }

    /// @dev The costliest verdict: three grants are looked up.
    function test_OpenRecordByRecordGrant() external {
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _grant(patient, doctor, _recordScope(Defaults.DIGEST));
        _open();
        _keep("openRecordByRecordGrant");
    }

    function test_Practitioners() external {
        _registerPractitioner(otherDoctor);
        _keep("registerPractitioner");
        _suspend(otherDoctor);
        _keep("suspendPractitioner");
    }

    function _open() private {
        vm.prank(doctor);
        chartkey.openRecord(patient, Defaults.DIGEST, address(0), Defaults.PURPOSE);
    }

    function _xwingKey() private pure returns (bytes memory key) {
        for (uint256 i = 0; i < 38; ++i) {
            key = abi.encodePacked(key, keccak256(abi.encode(i)));
        }
    }

    function _check(string memory name, uint256 ceiling) private {
        vm.assertLe(_keep(name), ceiling, name);
    }

    function _keep(string memory name) private returns (uint256) {
        return vm.snapshotGasLastCall("Chartkey", name);
    }
}
