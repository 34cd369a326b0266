// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {SUITE_X25519, SUITE_XWING} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract PublishKeyTest is Base {
    function testFuzz_RevertWhen_TheKeyIsOfNoSuitesLength(uint256 length) external {
        length = _bound(length, 0, 1300);
        vm.assume(length != 32 && length != 1216);
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownKeyLength.selector, length));
        vm.prank(patient);
        chartkey.publishKey(new bytes(length));
    }

    function testFuzz_WhenTheCallerIsAPatient(bytes32 key) external {
        _registerPatient(patient);
        bytes32 registryLink = chartkey.trail(REGISTRY);
        vm.expectEmit(address(chartkey));
        emit IPatients.KeyPublished(patient, patient, _keyId(key), SUITE_X25519, abi.encodePacked(key));
        vm.prank(patient);
        chartkey.publishKey(abi.encodePacked(key));
        vm.assertEq(chartkey.trail(REGISTRY), registryLink, "the registry's trail");
    }

    function testFuzz_WhenTheKeyIsOfXWing(bytes32 seed, bool registered) external {
        bytes memory key = new bytes(1216);
        for (uint256 i = 0; i < key.length; ++i) {
            key[i] = keccak256(abi.encode(seed, i))[0];
        }
        if (registered) _registerPatient(patient);
        bytes32 keyId = keccak256(abi.encodePacked(SUITE_XWING, key));
        vm.expectEmit(address(chartkey));
        emit IPatients.KeyPublished(registered ? patient : REGISTRY, patient, keyId, SUITE_XWING, key);
        vm.prank(patient);
        chartkey.publishKey(key);
    }

    function testFuzz_WhenTheCallerIsNoPatient(bytes32 key) external {
        vm.expectEmit(address(chartkey));
        emit IPatients.KeyPublished(REGISTRY, doctor, _keyId(key), SUITE_X25519, abi.encodePacked(key));
        vm.prank(doctor);
        chartkey.publishKey(abi.encodePacked(key));
        vm.assertFalse(chartkey.isPatient(doctor), "patient");
    }

    function test_WhenTheCallerIsAGuardian() external {
        _registerPatient(patient);
        _setGuardian(patient, stranger);
        bytes32 link = chartkey.trail(patient);
        vm.expectEmit(address(chartkey));
        emit IPatients.KeyPublished(REGISTRY, stranger, _keyId(bytes32(Defaults.key())), SUITE_X25519, Defaults.key());
        vm.prank(stranger);
        chartkey.publishKey(Defaults.key());
        vm.assertEq(chartkey.trail(patient), link, "the patient's trail");
    }

    function _keyId(bytes32 key) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(SUITE_X25519, key));
    }
}
