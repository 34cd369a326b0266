// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChartkeyLens} from "../../../contracts/periphery/IChartkeyLens.sol";
import {Practitioner} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {LensBase} from "./LensBase.sol";

contract PractitionersTest is LensBase {
    function setUp() public override {
        super.setUp();
        _registerEmergencyPractitioner(doctor);
    }

    function test_WhenTheAccountWasNeverRegistered() external view {
        IChartkeyLens.PractitionerView memory none;
        (, IChartkeyLens.PractitionerView[] memory views) = _ask();
        vm.assertEq(abi.encode(views[1]), abi.encode(none), "none");
    }

    function test_WhenThePractitionerIsSuspended() external {
        _suspend(doctor);
        _checkFirst(true, false);
    }

    function test_WhenThePractitionerHasLapsed() external {
        vm.warp(Defaults.VALID_UNTIL);
        _checkFirst(false, false);
    }

    function test_WhenThePractitionerIsInGoodStanding() external {
        vm.warp(Defaults.VALID_UNTIL - 1);
        vm.roll(Defaults.START_BLOCK + 1);
        _checkFirst(false, true);
        (IChartkeyLens.AsOf memory asOf,) = _ask();
        _checkAsOf(asOf);
    }

    function _checkFirst(bool suspended, bool inGoodStanding) private view {
        (, IChartkeyLens.PractitionerView[] memory views) = _ask();
        vm.assertEq(views.length, 2, "one an account");
        Practitioner memory expected =
            Practitioner({validUntil: Defaults.VALID_UNTIL, suspended: suspended, emergencyCapable: true});
        vm.assertEq(abi.encode(views[0].practitioner), abi.encode(expected), "practitioner");
        vm.assertTrue(views[0].inGoodStanding == inGoodStanding, "good standing");
    }

    function _ask() private view returns (IChartkeyLens.AsOf memory, IChartkeyLens.PractitionerView[] memory) {
        return lens.practitioners(_pair(doctor, stranger));
    }
}
