// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {SUITE_X25519, SUITE_XWING} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract RegisterPatientTest is Base {
    function test_RevertWhen_TheCallerIsAPatientAlready() external {
        _registerPatient(patient);
        vm.expectRevert(abi.encodeWithSelector(IPatients.AlreadyRegistered.selector, patient));
        _registerPatient(patient);
    }

    function testFuzz_RevertWhen_TheKeyIsOfNoSuitesLength(uint256 length) external {
        length = _bound(length, 0, 1300);
        vm.assume(length != 32 && length != 1216);
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownKeyLength.selector, length));
        vm.prank(patient);
        chartkey.registerPatient(new bytes(length));
    }

    function testFuzz_WhenTheCallerIsNew(address caller, bytes32 key) external {
        vm.assume(caller != address(0) && caller != stranger && caller != address(forwarder));
        bytes32 keyId = keccak256(abi.encodePacked(SUITE_X25519, key));
        vm.expectEmit(address(chartkey));
        emit IPatients.PatientRegistered(REGISTRY, caller, keyId);
        vm.expectEmit(address(chartkey));
        emit IPatients.KeyPublished(caller, caller, keyId, SUITE_X25519, abi.encodePacked(key));
        vm.prank(caller);
        chartkey.registerPatient(abi.encodePacked(key));
        vm.assertTrue(chartkey.isPatient(caller), "the caller");
        vm.assertFalse(chartkey.isPatient(stranger), "somebody else");
        vm.assertFalse(chartkey.isPatient(REGISTRY), "the registry");
    }

    function testFuzz_WhenTheKeyIsOfXWing(bytes32 seed) external {
        bytes memory key = new bytes(1216);
        for (uint256 i = 0; i < key.length; ++i) {
            key[i] = keccak256(abi.encode(seed, i))[0];
        }
        bytes32 keyId = keccak256(abi.encodePacked(SUITE_XWING, key));
        vm.expectEmit(address(chartkey));
        emit IPatients.PatientRegistered(REGISTRY, patient, keyId);
        vm.expectEmit(address(chartkey));
        emit IPatients.KeyPublished(patient, patient, keyId, SUITE_XWING, key);
        vm.prank(patient);
        chartkey.registerPatient(key);
    }

    function testFuzz_WhenTheCallerPublishedAKeyBefore(bytes32 key) external {
        vm.prank(patient);
        chartkey.publishKey(abi.encodePacked(key));
        bytes memory latest = Defaults.key();
        bytes32 keyId = keccak256(abi.encodePacked(SUITE_X25519, latest));
        vm.expectEmit(address(chartkey));
        emit IPatients.PatientRegistered(REGISTRY, patient, keyId);
        vm.expectEmit(address(chartkey));
        emit IPatients.KeyPublished(patient, patient, keyId, SUITE_X25519, latest);
        _registerPatient(patient);
        vm.assertEq(chartkey.epochOf(patient), 0, "epoch");
    }

    function test_WhenTheCallerIsAPractitioner() external {
        _registerPractitioner(doctor);
        _registerPatient(doctor);
        vm.assertTrue(chartkey.isPatient(doctor), "patient");
        vm.assertEq(chartkey.practitionerOf(doctor).validUntil, Defaults.VALID_UNTIL, "still a practitioner");
    }
}
