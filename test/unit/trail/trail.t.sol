// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Chartkey} from "../../../contracts/Chartkey.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {TrailReplica} from "../../utils/TrailReplica.sol";
import {Follower} from "./Follower.sol";

/// @notice What a trail is. Which act moves which is in acts.t.sol.
contract TrailTest is Follower {
    function test_WhenTheContractWasJustDeployed() external {
        Chartkey fresh = new Chartkey(Defaults.ADMIN_DELAY, admin, address(forwarder));
        TrailReplica freshReplica = new TrailReplica(address(fresh), block.chainid);
        freshReplica.follow(vm.getRecordedLogs(), block.number, block.timestamp);
        vm.assertEq(freshReplica.eventsOf(REGISTRY), 1, "events");
        vm.assertEq(fresh.trail(REGISTRY), freshReplica.linkOf(REGISTRY), "registry");
        vm.assertEq(fresh.trail(admin), 0, "admin");
        vm.assertEq(fresh.trail(patient), 0, "patient");
    }

    function testFuzz_WhenTheAccountNeverRegistered(address account) external {
        vm.assume(account != patient && account != REGISTRY);
        _chart();
        vm.assertEq(chartkey.trail(account), 0, "trail");
    }

    function testFuzz_WhenTheEpochIsInTheSlotToo(uint32 epoch, uint8 acts) external {
        _chart();
        _setEpoch(patient, epoch);
        vm.assertEq(chartkey.trail(patient), replica.linkOf(patient), "the epoch is no part of it");
        acts = uint8(_bound(acts, 1, 4));
        for (uint256 i = 0; i < acts; ++i) {
            _open(patient, Defaults.DIGEST, patient, address(0));
            _moved(patient);
            vm.assertEq(uint256(chartkey.trail(patient)) & type(uint32).max, 0, "low bytes of the link");
        }
        vm.assertEq(chartkey.epochOf(patient), epoch, "epoch");
    }

    function test_WhenAnActReverts() external {
        _chart();
        bytes32 registryLink = chartkey.trail(REGISTRY);
        bytes32 patientLink = chartkey.trail(patient);
        vm.prank(doctor);
        (bool opened,) = address(chartkey)
            .call(abi.encodeCall(chartkey.openRecord, (patient, Defaults.DIGEST, address(0), Defaults.PURPOSE)));
        vm.assertFalse(opened, "opened");
        vm.assertEq(chartkey.trail(patient), patientLink, "patient");
        vm.assertEq(chartkey.trail(REGISTRY), registryLink, "registry");
    }

    function test_WhenSeveralActsShareABlock() external {
        _registerPatient(patient);
        _registerPatient(otherPatient);
        _addRecord(patient, Defaults.DIGEST, 0);
        _addRecord(otherPatient, Defaults.DIGEST, 0);
        _addRecord(patient, Defaults.OTHER_DIGEST, 0);
        _follow();
        vm.assertEq(replica.eventsOf(patient), 3, "events");
    }

    /// @dev Chain, contract, block and time each change the link, even where the logs are the same.
    function test_WhenTheSameHistoryHappensElsewhereOrAtAnotherTime() external {
        bytes32 here = _history(31_337, Defaults.START_BLOCK, Defaults.START);
        vm.assertNotEq(_history(31_337, Defaults.START_BLOCK, Defaults.START), here, "contract");
        vm.assertNotEq(_history(1, Defaults.START_BLOCK, Defaults.START), here, "chain");
        vm.assertNotEq(_history(31_337, Defaults.START_BLOCK + 1, Defaults.START), here, "block");
        vm.assertNotEq(_history(31_337, Defaults.START_BLOCK, Defaults.START + 1), here, "time");
    }

    /// @dev A deployment and a registration there; its trail has to be what the replica makes of that place and time.
    function _history(uint256 chainId, uint256 blockNumber, uint256 time) private returns (bytes32 link) {
        vm.chainId(chainId);
        _at(blockNumber, time);
        vm.getRecordedLogs();
        chartkey = new Chartkey(Defaults.ADMIN_DELAY, admin, address(forwarder));
        replica = new TrailReplica(address(chartkey), chainId);
        _registerPatient(patient);
        _follow();
        return chartkey.trail(patient);
    }
}
