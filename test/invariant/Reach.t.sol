// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Skip} from "../../contracts/types/Types.sol";
import {Cheats, vm} from "../utils/Cheats.sol";
import {Handler} from "./Handler.sol";
import {InvariantBase} from "./InvariantBase.sol";
import {Way} from "./Model.sol";

/// @notice The handler itself: invariants over acts that always revert would prove nothing.
contract ReachTest is InvariantBase {
    uint256 private constant HISTORIES = 8;
    uint256 private constant STEPS = 800;
    uint256 private constant FEW = 2;

    Handler private handler;

    function setUp() public override {
        Cheats.Log[] memory logs = _deploy();
        handler = new Handler(chartkey, forwarder, admin, trails);
        handler.witness(logs);
        _populate(handler);
    }

    function _handler() internal view override returns (Handler) {
        return handler;
    }

    /// @dev Some histories, in which every kind of act goes through, and every way of opening, writing and skipping comes up.
    function test_TheHandlerReachesEveryAct() external {
        Handler[] memory handlers = new Handler[](HISTORIES);
        for (uint256 history = 0; history < HISTORIES; ++history) {
            setUp();
            handlers[history] = handler;
            bytes4[] memory acts = handler.acts();
            for (uint256 step = 0; step < STEPS; ++step) {
                uint256 seed = uint256(keccak256(abi.encode(history, step)));
                _call(handler, acts[seed % acts.length], seed);
            }
        }
        bytes4[] memory kinds = _kinds();
        for (uint256 i = 0; i < kinds.length; ++i) {
            _assertMore(handlers, FEW, abi.encodeCall(handler.done, (kinds[i])), "an act");
            // These histories are longer than the fuzzer's: what is rare shows here.
            for (uint256 h = 0; h < HISTORIES; ++h) {
                vm.assertEq(handlers[h].wronglyDone(kinds[i]), 0, "acts that the model forbids");
                vm.assertEq(handlers[h].wronglyRefused(kinds[i]), 0, "acts that the model allows");
            }
        }
        for (Way way = Way.Patient; way <= Way.Referral; way = Way(uint8(way) + 1)) {
            _assertMore(handlers, FEW, abi.encodeCall(handler.added, (way)), "adding a record");
        }
        // By a team's grant or a referral it takes longer: the author must have added it that way, and hold on to it.
        for (Way way = Way.Patient; way <= Way.Grant; way = Way(uint8(way) + 1)) {
            _assertMore(handlers, 0, abi.encodeCall(handler.edited, (way)), "correcting or retracting a record");
        }
        for (uint8 way = uint8(Way.Patient); way <= uint8(Way.Emergency); ++way) {
            _assertMore(handlers, FEW, abi.encodeCall(handler.opened, (Way(way))), "opening");
            _assertMore(handlers, FEW, abi.encodeCall(handler.openedSigned, (Way(way))), "opening by signature");
        }
        for (uint8 skip = uint8(Skip.Malformed); skip <= uint8(type(Skip).max); ++skip) {
            _assertMore(handlers, FEW, abi.encodeCall(handler.skipped, (Skip(skip))), "skipping");
        }
        _assertMore(handlers, FEW, abi.encodeCall(handler.relayed, ()), "relaying");
        _assertMore(handlers, FEW, abi.encodeCall(handler.multicalled, ()), "a multicall");
    }

    /// @dev Asks every handler for a count, and wants more than so many in all.
    function _assertMore(Handler[] memory handlers, uint256 few, bytes memory count, string memory what) private view {
        uint256 sum = 0;
        for (uint256 i = 0; i < handlers.length; ++i) {
            (, bytes memory answer) = address(handlers[i]).staticcall(count);
            sum += abi.decode(answer, (uint256));
        }
        vm.assertGt(sum, few, what);
    }
}
