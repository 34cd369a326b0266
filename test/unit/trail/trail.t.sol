// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Chartkey} from "../../../contracts/Chartkey.sol";
import {LAST_MOMENT, SUITE_XWING} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {TrailReplica} from "../../utils/TrailReplica.sol";

/// @notice After every act, in a block of its own, each trail is compared with one recomputed from the logs.
contract TrailTest is Base {
    TrailReplica private replica;

    function setUp() public override {
        vm.recordLogs();
        super.setUp();
        replica = new TrailReplica(address(chartkey), block.chainid);
        _follow();
    }

    function test_WhenTheContractWasJustDeployed() external {
        Chartkey fresh = new Chartkey(Defaults.ADMIN_DELAY, admin);
        TrailReplica freshReplica = new TrailReplica(address(fresh), block.chainid);
        freshReplica.follow(vm.getRecordedLogs(), block.number, block.timestamp);
        vm.assertEq(freshReplica.eventsOf(REGISTRY), 1, "events");
        vm.assertEq(fresh.trail(REGISTRY), freshReplica.linkOf(REGISTRY), "registry");
        vm.assertEq(fresh.trail(admin), 0, "admin");
        vm.assertEq(fresh.trail(patient), 0, "patient");
    }

    function testFuzz_WhenAPatientRegisters(uint64 blockNumber, uint40 time) external {
        _at(blockNumber, time);
        _registerPatient(patient);
        _moved(REGISTRY, patient);
    }

    function testFuzz_WhenAKeyIsPublished(uint64 blockNumber, uint40 time) external {
        _registerPatient(patient);
        _follow();
        _at(blockNumber, time);
        vm.prank(patient);
        chartkey.publishKey(SUITE_XWING, new bytes(1216));
        _moved(patient);
        vm.prank(doctor);
        chartkey.publishKey(SUITE_XWING, new bytes(1216));
        _moved(REGISTRY);
    }

    function testFuzz_WhenAPractitionerIsRegisteredOrAmendedOrRenewedOrSuspendedOrReinstated(
        uint64 blockNumber,
        uint40 time
    ) external {
        _at(blockNumber, _bound(time, 0, Defaults.VALID_UNTIL - 1));
        _registerPractitioner(doctor);
        _moved(REGISTRY);
        vm.prank(registrar);
        chartkey.amendPractitioner(doctor, Defaults.entry());
        _moved(REGISTRY);
        vm.prank(registrar);
        chartkey.renewPractitioner(doctor, LAST_MOMENT, true);
        _moved(REGISTRY);
        _suspend(doctor);
        _moved(REGISTRY);
        vm.prank(registrar);
        chartkey.reinstatePractitioner(doctor);
        _moved(REGISTRY);
    }

    function testFuzz_WhenARoleChanges(uint64 blockNumber, uint40 time) external {
        _at(blockNumber, time);
        _giveRole(AUDITOR, stranger);
        _moved(REGISTRY);
        vm.prank(admin);
        chartkey.revokeRole(AUDITOR, stranger);
        _moved(REGISTRY);
        vm.prank(registrar);
        chartkey.renounceRole(REGISTRAR, registrar);
        _moved(REGISTRY);
    }

    function testFuzz_WhenARecordIsAdded(uint64 blockNumber, uint40 time, uint256 length) external {
        _registerPatient(patient);
        _follow();
        _at(blockNumber, time);
        vm.prank(patient);
        chartkey.addRecord(patient, Defaults.cid(Defaults.DIGEST), 0, 0, new bytes(_bound(length, 0, 512)));
        _moved(patient);
    }

    function testFuzz_WhenAccessIsGrantedOrRevokedOrRenounced(uint64 blockNumber, uint40 time) external {
        _chart();
        _at(blockNumber, _bound(time, 0, Defaults.EXPIRES_AT - 1));
        _grant(patient, doctor, Defaults.CHART);
        _moved(patient);
        _revoke(patient, doctor, Defaults.CHART);
        _moved(patient);
        _grant(patient, doctor, Defaults.CHART);
        _moved(patient);
        vm.prank(doctor);
        chartkey.renounceAccess(patient, Defaults.CHART);
        _moved(patient);
    }

    function testFuzz_WhenEveryoneIsRevoked(uint64 blockNumber, uint40 time) external {
        _chart();
        _at(blockNumber, time);
        _revokeEveryone(patient);
        _moved(patient);
        _revokeEveryone(patient);
        _moved(patient);
    }

    function testFuzz_WhenARecordIsOpened(uint64 blockNumber, uint40 time) external {
        _chart();
        _at(blockNumber, time);
        vm.prank(patient);
        chartkey.openRecord(patient, Defaults.DIGEST, address(0), Defaults.PURPOSE);
        _moved(patient);
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
        chartkey = new Chartkey(Defaults.ADMIN_DELAY, admin);
        replica = new TrailReplica(address(chartkey), chainId);
        _registerPatient(patient);
        _follow();
        return chartkey.trail(patient);
    }

    /// @dev A patient with a record, and a doctor.
    function _chart() private {
        _registerPatient(patient);
        _registerPractitioner(doctor);
        _addRecord(patient, Defaults.DIGEST, 0);
        _follow();
    }

    function _at(uint256 blockNumber, uint256 time) private {
        vm.roll(blockNumber);
        vm.warp(time);
    }

    /// @dev The last act logged one event for this subject, and none for another.
    function _moved(address subject) private {
        uint256 count = replica.eventsOf(subject);
        uint256 logged = _follow();
        vm.assertEq(logged, 1, "events");
        vm.assertEq(replica.eventsOf(subject), count + 1, "the subject's events");
    }

    /// @dev The last act logged one event for each of these subjects.
    function _moved(address subject, address other) private {
        uint256 count = replica.eventsOf(subject);
        uint256 otherCount = replica.eventsOf(other);
        uint256 logged = _follow();
        vm.assertEq(logged, 2, "events");
        vm.assertEq(replica.eventsOf(subject), count + 1, "the subject's events");
        vm.assertEq(replica.eventsOf(other), otherCount + 1, "the other subject's events");
    }

    /// @dev Lets the replica see the logs since the last time, and compares every trail.
    function _follow() private returns (uint256 logged) {
        uint256 before = _eventCount();
        replica.follow(vm.getRecordedLogs(), block.number, block.timestamp);
        logged = _eventCount() - before;
        for (uint256 i = 0; i < replica.subjectCount(); ++i) {
            address subject = replica.subjects(i);
            vm.assertEq(chartkey.trail(subject), replica.linkOf(subject), "trail");
        }
    }

    function _eventCount() private view returns (uint256 count) {
        for (uint256 i = 0; i < replica.subjectCount(); ++i) {
            count += replica.eventsOf(replica.subjects(i));
        }
    }
}
