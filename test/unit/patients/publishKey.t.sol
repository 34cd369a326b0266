// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {SUITE_X25519, SUITE_XWING} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";

contract PublishKeyTest is Base {
    function testFuzz_RevertWhen_TheSuiteIsUnknown(uint8 suite, bytes calldata key) external {
        vm.assume(suite != SUITE_XWING && suite != SUITE_X25519);
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownKeySuite.selector, suite));
        vm.prank(patient);
        chartkey.publishKey(suite, key);
    }

    function testFuzz_RevertWhen_TheKeyIsNotAsLongAsItsSuiteWants(bool xwing, uint256 length) external {
        (uint8 suite, uint256 expected) = xwing ? (SUITE_XWING, 1216) : (SUITE_X25519, 32);
        length = _bound(length, 0, 1300);
        vm.assume(length != expected);
        vm.expectRevert(abi.encodeWithSelector(IPatients.WrongKeyLength.selector, suite, length, expected));
        vm.prank(patient);
        chartkey.publishKey(suite, new bytes(length));
    }

    function testFuzz_WhenTheCallerIsAPatient(bytes32 key) external {
        _registerPatient(patient);
        bytes32 keyId = keccak256(abi.encodePacked(SUITE_X25519, key));
        vm.expectEmit(address(chartkey));
        emit IPatients.KeyPublished(patient, patient, keyId, SUITE_X25519, abi.encodePacked(key));
        vm.prank(patient);
        chartkey.publishKey(SUITE_X25519, abi.encodePacked(key));
    }

    function testFuzz_WhenTheCallerIsNoPatient(bytes32 key) external {
        bytes32 keyId = keccak256(abi.encodePacked(SUITE_X25519, key));
        vm.expectEmit(address(chartkey));
        emit IPatients.KeyPublished(REGISTRY, doctor, keyId, SUITE_X25519, abi.encodePacked(key));
        vm.prank(doctor);
        chartkey.publishKey(SUITE_X25519, abi.encodePacked(key));
        vm.assertFalse(chartkey.isPatient(doctor), "patient");
    }
}
