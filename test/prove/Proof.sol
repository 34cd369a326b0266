// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Chartkey} from "../../contracts/Chartkey.sol";
import {Digest, Purpose} from "../../contracts/types/Types.sol";

/// @notice The cheat codes of Halmos that the proofs use. Declared here, as in utils/Cheats.sol, for want of a package.
interface Symbols {
    function createUint(uint256 bits, string calldata name) external returns (uint256);
    function createBytes32(string calldata name) external returns (bytes32);
    function createAddress(string calldata name) external returns (address);
    function createCalldata(string calldata contractName) external returns (bytes memory);
    function enableSymbolicStorage(address account) external;
}

/// @dev Those of forge's that Halmos answers, too.
interface ProofCheats {
    function assume(bool condition) external pure;
    function prank(address sender) external;
    function warp(uint256 timestamp) external;
    function roll(uint256 blockNumber) external;
}

Symbols constant svm = Symbols(0xF3993A62377BCd56AE39D773740A5390411E8BC9);
ProofCheats constant vm = ProofCheats(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

/// @notice What every proof starts from: a contract in any state, at any moment. All of its storage is symbolic, so that
/// what is proved holds whatever was registered, granted, referred, broken or logged before, reachable or not.
abstract contract Proof {
    /// @notice May `reader` open the record?
    struct Question {
        address patient;
        Digest digest;
        address reader;
        address via;
        Purpose purpose;
    }

    address internal constant ADMIN = address(0xad);
    address internal constant FORWARDER = address(0xf0);

    Chartkey internal chartkey;

    function setUp() public {
        chartkey = new Chartkey(3 days, ADMIN, FORWARDER);
        svm.enableSymbolicStorage(address(chartkey));
        vm.warp(svm.createUint(40, "now"));
        vm.roll(svm.createUint(40, "block number"));
    }

    /* HELPERS */

    /// @dev Any call of any function that changes state, with any arguments; not `multicall` and `logOpens`, see README.md.
    function _anyAct() internal returns (bytes memory act) {
        act = svm.createCalldata("Chartkey");
        vm.assume(act.length >= 4);
        vm.assume(bytes4(act) != chartkey.multicall.selector);
        vm.assume(bytes4(act) != chartkey.logOpens.selector);
    }

    /// @dev As before, without the ways that lead practitioners through the judge, which are many; see README.md.
    function _anyActOf(address actor) internal returns (bytes memory act) {
        // What it relays is somebody else's act, of whom the same is proved.
        vm.assume(actor != FORWARDER);
        act = _anyAct();
        bytes4 kind = bytes4(act);
        if (
            kind == chartkey.addRecord.selector || kind == chartkey.supersedeRecord.selector
                || kind == chartkey.retractRecord.selector || kind == chartkey.openRecord.selector
        ) {
            vm.assume(chartkey.practitionerOf(actor).validUntil == 0);
        }
    }

    /// @dev Whether the act went through; if it did not, nothing has changed.
    function _try(address actor, bytes memory act) internal returns (bool done) {
        vm.prank(actor);
        (done,) = address(chartkey).call(act);
    }

    /// @dev `||` would make two paths of one.
    function _or(bool a, bool b) internal pure returns (bool either) {
        assembly ("memory-safe") {
            either := or(a, b)
        }
    }

    function _canOpen(Question memory q) internal view returns (bool) {
        return chartkey.canOpen(q.patient, q.digest, q.reader, q.via, q.purpose);
    }
}
