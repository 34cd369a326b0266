// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ALL_RIGHTS, LAST_MOMENT, NewRecord, OpenRequest} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Signing} from "../../utils/Signing.sol";
import {Follower} from "./Follower.sol";

/// @notice Which act moves which trail.
contract ActsTest is Follower {
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
        chartkey.publishKey(new bytes(1216));
        _moved(patient);
        vm.prank(doctor);
        chartkey.publishKey(new bytes(1216));
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

    function test_WhenAnAdminChangeIsBegunOrCalledOff() external {
        vm.startPrank(admin);
        chartkey.beginDefaultAdminTransfer(stranger);
        _moved(REGISTRY);
        chartkey.cancelDefaultAdminTransfer();
        _moved(REGISTRY);
        chartkey.changeDefaultAdminDelay(9 days);
        _moved(REGISTRY);
        chartkey.rollbackDefaultAdminDelay();
        _moved(REGISTRY);
        vm.stopPrank();
    }

    function testFuzz_WhenATeamIsCreatedOrItsMembersChange(uint64 blockNumber, uint40 time) external {
        _registerPractitioner(doctor);
        _follow();
        _at(blockNumber, _bound(time, 0, Defaults.EXPIRES_AT - 1));
        address team = _createTeam();
        _moved(REGISTRY);
        _setTeamMember(team, doctor);
        _moved(REGISTRY);
        vm.prank(doctor);
        chartkey.removeTeamMember(team, doctor);
        _moved(REGISTRY);
    }

    function testFuzz_WhenAGuardianIsSetOrRemoved(uint64 blockNumber, uint40 time) external {
        _registerPatient(patient);
        _follow();
        _at(blockNumber, _bound(time, 0, Defaults.EXPIRES_AT - 1));
        _setGuardian(patient, stranger);
        _moved(patient);
        vm.prank(stranger);
        chartkey.removeGuardian(patient, stranger);
        _moved(patient);
    }

    function testFuzz_WhenARecordIsAddedOrRetracted(uint64 blockNumber, uint40 time, uint256 length) external {
        _registerPatient(patient);
        _follow();
        _at(blockNumber, time);
        NewRecord memory record = Defaults.record(Defaults.DIGEST);
        record.sealedMetadata = new bytes(_bound(length, 0, 512));
        vm.prank(patient);
        chartkey.addRecord(patient, address(0), 0, record);
        _moved(patient);
        vm.prank(patient);
        chartkey.retractRecord(patient, address(0), Defaults.DIGEST, Defaults.REASON_HASH);
        _moved(patient);
    }

    function testFuzz_WhenARecordIsSuperseded(uint64 blockNumber, uint40 time) external {
        _chart();
        _at(blockNumber, time);
        uint256 count = replica.eventsOf(patient);
        vm.prank(patient);
        chartkey.supersedeRecord(patient, address(0), Defaults.DIGEST, Defaults.record(Defaults.OTHER_DIGEST));
        vm.assertEq(_follow(), 2, "events");
        vm.assertEq(replica.eventsOf(patient), count + 2, "the patient's events");
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

    function testFuzz_WhenAccessIsRequestedOrReferredOrAReferralEnds(uint64 blockNumber, uint40 time) external {
        _chart();
        _registerPractitioner(otherDoctor);
        _grant(patient, doctor, Defaults.CHART, ALL_RIGHTS, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _follow();
        _at(blockNumber, _bound(time, 0, Defaults.EXPIRES_AT - 1));
        vm.prank(otherDoctor);
        chartkey.requestAccess(patient, Defaults.CHART, Defaults.PURPOSES, Defaults.NOTE_HASH);
        _moved(patient);
        _refer(patient, doctor, otherDoctor, Defaults.CHART, Defaults.CHART);
        _moved(patient);
        vm.prank(doctor);
        chartkey.endReferral(patient, doctor, otherDoctor, Defaults.CHART);
        _moved(patient);
    }

    function testFuzz_WhenTheGlassIsBrokenOrReviewedOrItsPolicySet(uint64 blockNumber, uint40 time) external {
        _registerPatient(patient);
        _registerEmergencyPractitioner(doctor);
        _giveRole(AUDITOR, stranger);
        _follow();
        _at(blockNumber, _bound(time, 0, Defaults.VALID_UNTIL - 1));
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _moved(patient);
        _breakGlass(patient, doctor);
        _moved(patient);
        vm.prank(stranger);
        chartkey.reviewEmergency(patient, doctor, Defaults.REASON_HASH, true, Defaults.NOTE_HASH);
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
        _open(patient, Defaults.DIGEST, patient, address(0));
        _moved(patient);
    }

    function testFuzz_WhenASignedOpenIsLoggedOrSkipped(uint64 blockNumber, uint40 time, uint256 nonce) external {
        uint256 key = uint256(keccak256("a reader's key"));
        address reader = vm.addr(key);
        nonce = _bound(nonce, 1, type(uint256).max);
        _registerPatient(reader);
        _addRecord(reader, Defaults.DIGEST, 0);
        _follow();
        _at(blockNumber, time);
        OpenRequest[] memory requests = new OpenRequest[](1);
        requests[0] = OpenRequest({
            patient: reader,
            digest: Defaults.DIGEST,
            reader: reader,
            via: address(0),
            purpose: uint8(Defaults.PURPOSE),
            nonce: nonce,
            deadline: type(uint256).max
        });
        bytes[] memory signatures = new bytes[](1);
        bytes32 domain = Signing.domainSeparator(address(chartkey), block.chainid);
        signatures[0] = Signing.sign(key, Signing.hash(requests[0], domain));
        chartkey.logOpens(requests, signatures);
        _moved(reader);
        chartkey.logOpens(requests, signatures);
        _moved(REGISTRY);
    }

    function testFuzz_WhenNoncesAreCancelled(uint64 blockNumber, uint40 time, uint256 word, uint256 bits) external {
        _registerPatient(patient);
        _follow();
        _at(blockNumber, time);
        vm.prank(patient);
        chartkey.cancelNonces(word, bits);
        _moved(REGISTRY);
    }
}
