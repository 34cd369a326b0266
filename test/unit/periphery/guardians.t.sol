// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChartkeyLens} from "../../../contracts/periphery/IChartkeyLens.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {LensBase} from "./LensBase.sol";

contract GuardiansTest is LensBase {
    address private _guardian;

    function setUp() public override {
        super.setUp();
        _guardian = _actor("guardian");
        _registerPatient(patient);
        _setGuardian(patient, _guardian);
    }

    function test_WhenTheAccountIsNone() external view {
        _check(otherPatient, 0, 0, false);
        _check(patient, 1, 0, false);
    }

    function test_WhenTheGuardiansTimeHasEnded() external {
        vm.warp(Defaults.EXPIRES_AT);
        _check(patient, 0, Defaults.EXPIRES_AT, false);
    }

    function test_WhenTheGuardianIsInForce() external {
        vm.warp(Defaults.EXPIRES_AT - 1);
        vm.roll(Defaults.START_BLOCK + 1);
        _check(patient, 0, Defaults.EXPIRES_AT, true);
        (IChartkeyLens.AsOf memory asOf,) = lens.guardians(patient, _pair(_guardian, stranger));
        _checkAsOf(asOf);
    }

    function _check(address of_, uint256 index, uint40 until, bool inForce) private view {
        (, IChartkeyLens.TermView[] memory views) = lens.guardians(of_, _pair(_guardian, stranger));
        vm.assertEq(views.length, 2, "one an account");
        vm.assertEq(views[index].until, until, "until");
        vm.assertTrue(views[index].inForce == inForce, "in force");
    }
}
