// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChartkeyLens} from "../../../contracts/periphery/IChartkeyLens.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {LensBase} from "./LensBase.sol";

contract ChartsTest is LensBase {
    function test_WhenTheAccountIsNotAPatient() external view {
        (, IChartkeyLens.ChartView[] memory views) = lens.charts(_pair(stranger, REGISTRY));
        IChartkeyLens.ChartView memory none;
        vm.assertEq(abi.encode(views[0]), abi.encode(none), "stranger");
        vm.assertEq(abi.encode(views[1]), abi.encode(none), "registry");
    }

    function test_WhenTheAccountIsAPatient() external {
        _registerPatient(patient);
        _registerPatient(otherPatient);
        _revokeEveryone(patient);
        _revokeEveryone(patient);
        _setEmergencyPolicy(otherPatient, Defaults.EMERGENCY);
        _later();

        (IChartkeyLens.AsOf memory asOf, IChartkeyLens.ChartView[] memory views) =
            lens.charts(_pair(patient, otherPatient));
        vm.assertEq(views.length, 2, "one a patient");
        vm.assertTrue(views[0].isPatient && views[1].isPatient, "patients");
        vm.assertEq(views[0].epoch, 2, "epoch");
        vm.assertEq(views[1].epoch, 0, "other epoch");
        vm.assertEq(views[0].emergencyPolicy, 0, "policy");
        vm.assertEq(views[1].emergencyPolicy, Defaults.EMERGENCY, "other policy");
        vm.assertEq(views[0].trail, chartkey.trail(patient), "trail");
        vm.assertEq(views[1].trail, chartkey.trail(otherPatient), "other trail");
        _checkAsOf(asOf);
    }
}
