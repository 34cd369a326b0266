// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChartkeyLens} from "../../../contracts/periphery/IChartkeyLens.sol";
import {Digest, Record, RecordStatus} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {LensBase} from "./LensBase.sol";

contract RecordsTest is LensBase {
    function test_WhenTheRecordIsNotInTheChart() external {
        _registerPatient(patient);
        _addRecord(patient, Defaults.DIGEST, 0);
        IChartkeyLens.RecordView memory none;
        (, IChartkeyLens.RecordView[] memory views) = lens.records(otherPatient, _digests());
        vm.assertEq(abi.encode(views[0]), abi.encode(none), "another chart's");
        (, views) = lens.records(patient, _digests());
        vm.assertEq(abi.encode(views[1]), abi.encode(none), "never added");
    }

    function test_WhenTheRecordIsInTheChart() external {
        _registerPatient(patient);
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _addRecord(patient, Defaults.OTHER_DIGEST, 0);
        vm.prank(patient);
        chartkey.retractRecord(patient, address(0), Defaults.OTHER_DIGEST, 0);
        _later();

        (IChartkeyLens.AsOf memory asOf, IChartkeyLens.RecordView[] memory views) = lens.records(patient, _digests());
        vm.assertEq(views.length, 2, "one a digest");
        vm.assertEq(views[0].cid, Defaults.cid(Defaults.DIGEST), "cid");
        vm.assertEq(views[1].cid, Defaults.cid(Defaults.OTHER_DIGEST), "a retracted record's cid");
        Record memory expected = Record({
            author: patient, addedAt: Defaults.START, folder: Defaults.FOLDER, codec: 0x55, status: RecordStatus.Current
        });
        vm.assertEq(abi.encode(views[0].record), abi.encode(expected), "record");
        vm.assertTrue(views[1].record.status == RecordStatus.Retracted, "status");
        _checkAsOf(asOf);
    }

    function _digests() private pure returns (Digest[] memory digests) {
        digests = new Digest[](2);
        (digests[0], digests[1]) = (Defaults.DIGEST, Defaults.OTHER_DIGEST);
    }
}
