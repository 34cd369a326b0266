// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IRecords} from "../../../contracts/interfaces/IRecords.sol";
import {Digest, NewRecord} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract CidOfTest is Base {
    function test_RevertWhen_TheRecordIsNotInTheChart() external {
        _registerPatient(patient);
        _addRecord(patient, Defaults.DIGEST, 0);
        vm.expectRevert(abi.encodeWithSelector(IRecords.UnknownRecord.selector, patient, Defaults.OTHER_DIGEST));
        chartkey.cidOf(patient, Defaults.OTHER_DIGEST);
        vm.expectRevert(abi.encodeWithSelector(IRecords.UnknownRecord.selector, otherPatient, Defaults.DIGEST));
        chartkey.cidOf(otherPatient, Defaults.DIGEST);
    }

    function testFuzz_WhenTheRecordIsInTheChart(uint256 content, uint8 form) external {
        Digest digest = Digest.wrap(bytes32(_bound(content, uint256(type(uint32).max) + 1, type(uint256).max - 1)));
        bytes memory raw = abi.encodePacked(hex"01551220", digest);
        bytes memory dagPb = abi.encodePacked(hex"01701220", digest);
        bytes[3] memory given = [raw, dagPb, abi.encodePacked(hex"1220", digest)];
        bytes[3] memory expected = [raw, dagPb, dagPb];
        form %= 3;
        _registerPatient(patient);
        vm.prank(patient);
        chartkey.addRecord(patient, address(0), 0, NewRecord({cid: given[form], keyCommit: 0, sealedMetadata: ""}));
        vm.assertEq(chartkey.cidOf(patient, digest), expected[form], "cid");
    }
}
