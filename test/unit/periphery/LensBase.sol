// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ChartkeyLens} from "../../../contracts/periphery/ChartkeyLens.sol";
import {IChartkeyLens} from "../../../contracts/periphery/IChartkeyLens.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

/// @notice A lens on the contract of `Base`.
abstract contract LensBase is Base {
    ChartkeyLens internal lens;

    function setUp() public virtual override {
        super.setUp();
        lens = ChartkeyLens(_createLens(address(chartkey)));
    }

    function _createLens(address core) internal returns (address) {
        return _create("CHARTKEY_LENS_CODE", type(ChartkeyLens).creationCode, abi.encode(core));
    }

    /// @dev At which block the tests ask, apart from the one in which they act.
    function _later() internal {
        vm.roll(Defaults.START_BLOCK + 5);
        vm.warp(Defaults.START + 60);
    }

    function _checkAsOf(IChartkeyLens.AsOf memory asOf) internal view {
        vm.assertEq(asOf.blockNumber, block.number, "block number");
        vm.assertEq(asOf.timestamp, block.timestamp, "timestamp");
    }

    function _pair(address first, address second) internal pure returns (address[] memory accounts) {
        accounts = new address[](2);
        (accounts[0], accounts[1]) = (first, second);
    }
}
