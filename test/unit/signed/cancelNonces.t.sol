// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IOpens} from "../../../contracts/interfaces/IOpens.sol";
import {OpenRequest} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Signed} from "./Signed.sol";

contract CancelNoncesTest is Signed {
    function testFuzz_WhenAnyBitsOfAnyWordAreCancelled(uint256 word, uint256 bits) external {
        bytes32 registry = chartkey.trail(REGISTRY);
        bytes32 trail = chartkey.trail(patient);
        _cancel(reader, word, bits);
        vm.assertEq(chartkey.spentNonces(reader, word), bits, "spent");
        vm.assertEq(chartkey.spentNonces(otherReader, word), 0, "another account's");
        vm.assertNotEq(chartkey.trail(REGISTRY), registry, "the registry's trail moves");
        vm.assertEq(chartkey.trail(patient), trail, "no patient's does");
    }

    function testFuzz_GivenSomeOfThemWereSpentBefore(uint256 before, uint256 bits) external {
        OpenRequest memory request = _request();
        _opens(request, _sign(request));
        _cancel(reader, 0, before);
        _cancel(reader, 0, bits);
        vm.assertEq(chartkey.spentNonces(reader, 0), before | bits | 1 << NONCE, "spent");
    }

    function testFuzz_WhenNoBitsAreCancelled(uint256 word) external {
        _cancel(reader, word, 0);
        vm.assertEq(chartkey.spentNonces(reader, word), 0, "spent");
    }

    function test_GivenTheWordIsCancelledWhole() external {
        _cancel(reader, 0, type(uint256).max);
        OpenRequest memory request = _request();
        request.nonce = 256;
        _opens(request, _sign(request));
        request = _request();
        request.reader = otherReader;
        _opens(request, _sign(request, OTHER_KEY));
    }

    function testFuzz_WhenTheCallerIsNoPractitioner(address caller) external {
        vm.assume(caller != reader && caller != address(forwarder));
        _cancel(caller, 0, 1 << NONCE);
        OpenRequest memory request = _request();
        _opens(request, _sign(request));
    }

    function _cancel(address account, uint256 word, uint256 bits) private {
        vm.expectEmit(address(chartkey));
        emit IOpens.NoncesCancelled(REGISTRY, account, word, bits);
        vm.prank(account);
        chartkey.cancelNonces(word, bits);
    }
}
