// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChartkeyLens} from "../../../contracts/periphery/IChartkeyLens.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {LensBase} from "./LensBase.sol";

contract GrantsTest is LensBase {
    function setUp() public override {
        super.setUp();
        _registerPatient(patient);
        _registerPractitioner(doctor);
        _grant(patient, doctor, Defaults.CHART);
    }

    function test_WhenThereIsNone() external view {
        IChartkeyLens.GrantView memory none;
        (, IChartkeyLens.GrantView[] memory views) = _ask();
        vm.assertEq(abi.encode(views[1]), abi.encode(none), "none");
    }

    function test_WhenItHasExpired() external {
        vm.warp(Defaults.EXPIRES_AT);
        _checkFirst(false);
    }

    function test_WhenEveryoneWasRevokedSince() external {
        _revokeEveryone(patient);
        _checkFirst(false);
    }

    function test_WhenItIsInForce() external {
        vm.warp(Defaults.EXPIRES_AT - 1);
        vm.roll(Defaults.START_BLOCK + 1);
        _checkFirst(true);
        (IChartkeyLens.AsOf memory asOf,) = _ask();
        _checkAsOf(asOf);
    }

    function _checkFirst(bool inForce) private view {
        (, IChartkeyLens.GrantView[] memory views) = _ask();
        vm.assertEq(views.length, 2, "one a key");
        vm.assertTrue(views[0].inForce == inForce, "in force");
        bytes memory stored = abi.encode(chartkey.grantOf(patient, doctor, Defaults.CHART));
        vm.assertEq(abi.encode(views[0].grant), stored, "grant");
        vm.assertEq(views[0].grant.expiresAt, Defaults.EXPIRES_AT, "end");
    }

    function _ask() private view returns (IChartkeyLens.AsOf memory, IChartkeyLens.GrantView[] memory) {
        IChartkeyLens.GrantKey[] memory keys = new IChartkeyLens.GrantKey[](2);
        keys[0] = IChartkeyLens.GrantKey({patient: patient, grantee: doctor, scope: Defaults.CHART});
        keys[1] = IChartkeyLens.GrantKey({patient: patient, grantee: doctor, scope: _folderScope(Defaults.FOLDER)});
        return lens.grants(keys);
    }
}
