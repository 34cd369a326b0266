// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChartkeyLens} from "../../../contracts/periphery/IChartkeyLens.sol";
import {vm} from "../../utils/Cheats.sol";
import {LensBase} from "./LensBase.sol";

contract TrailsTest is LensBase {
    function test_WhenTheSubjectIsNotAPatient() external view {
        (, bytes32[] memory links) = lens.trails(_pair(stranger, doctor));
        vm.assertEq(links.length, 2, "one a subject");
        vm.assertEq(links[0], 0, "stranger");
        vm.assertEq(links[1], 0, "doctor");
    }

    function test_WhenTheSubjectIsAPatientOrTheRegistry() external {
        _registerPatient(patient);
        _revokeEveryone(patient);
        _later();
        (IChartkeyLens.AsOf memory asOf, bytes32[] memory links) = lens.trails(_pair(patient, REGISTRY));
        vm.assertEq(links[0], chartkey.trail(patient), "patient");
        vm.assertEq(links[1], chartkey.trail(REGISTRY), "registry");
        vm.assertNotEq(links[0], links[1], "apart");
        _checkAsOf(asOf);
    }
}
