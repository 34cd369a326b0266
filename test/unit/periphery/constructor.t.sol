// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChartkeyLens} from "../../../contracts/periphery/IChartkeyLens.sol";
import {vm} from "../../utils/Cheats.sol";
import {LensBase} from "./LensBase.sol";

contract ConstructorTest is LensBase {
    function test_RevertWhen_TheAddressHasNoCode() external {
        vm.expectRevert(abi.encodeWithSelector(IChartkeyLens.NotAContract.selector, stranger));
        _createLens(stranger);
    }

    function test_WhenTheAddressHasCode() external view {
        vm.assertEq(address(lens.chartkey()), address(chartkey), "chartkey");
    }
}
