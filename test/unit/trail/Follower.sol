// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {TrailReplica} from "../../utils/TrailReplica.sol";

/// @notice After every act, in a block of its own, each trail is compared with one recomputed from the logs.
abstract contract Follower is Base {
    TrailReplica internal replica;

    function setUp() public virtual override {
        vm.recordLogs();
        super.setUp();
        replica = new TrailReplica(address(chartkey), block.chainid);
        _follow();
    }

    /// @dev A patient with a record, and a doctor.
    function _chart() internal {
        _registerPatient(patient);
        _registerPractitioner(doctor);
        _addRecord(patient, Defaults.DIGEST, 0);
        _follow();
    }

    function _at(uint256 blockNumber, uint256 time) internal {
        vm.roll(blockNumber);
        vm.warp(time);
    }

    /// @dev The last act logged one event for this subject, and none for another.
    function _moved(address subject) internal {
        uint256 count = replica.eventsOf(subject);
        uint256 logged = _follow();
        vm.assertEq(logged, 1, "events");
        vm.assertEq(replica.eventsOf(subject), count + 1, "the subject's events");
    }

    /// @dev The last act logged one event for each of these subjects.
    function _moved(address subject, address other) internal {
        uint256 count = replica.eventsOf(subject);
        uint256 otherCount = replica.eventsOf(other);
        uint256 logged = _follow();
        vm.assertEq(logged, 2, "events");
        vm.assertEq(replica.eventsOf(subject), count + 1, "the subject's events");
        vm.assertEq(replica.eventsOf(other), otherCount + 1, "the other subject's events");
    }

    /// @dev Lets the replica see the logs since the last time, and compares every trail.
    function _follow() internal returns (uint256 logged) {
        uint256 before = _eventCount();
        replica.follow(vm.getRecordedLogs(), block.number, block.timestamp);
        logged = _eventCount() - before;
        for (uint256 i = 0; i < replica.subjectCount(); ++i) {
            address subject = replica.subjects(i);
            vm.assertEq(chartkey.trail(subject), replica.linkOf(subject), "trail");
        }
    }

    function _eventCount() internal view returns (uint256 count) {
        for (uint256 i = 0; i < replica.subjectCount(); ++i) {
            count += replica.eventsOf(replica.subjects(i));
        }
    }
}
