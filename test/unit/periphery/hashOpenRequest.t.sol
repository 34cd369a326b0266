// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IOpens} from "../../../contracts/interfaces/IOpens.sol";
import {OpenRequest, Purpose} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Signing} from "../../utils/Signing.sol";
import {LensBase} from "./LensBase.sol";

contract HashOpenRequestTest is LensBase {
    uint256 private constant KEY = 0xa11ce;

    function test_WhenAnyFieldDiffers() external view {
        bytes32 hash = lens.hashOpenRequest(_request());
        OpenRequest memory other = _request();
        other.patient = otherPatient;
        vm.assertNotEq(lens.hashOpenRequest(other), hash, "patient");
        other = _request();
        other.digest = Defaults.OTHER_DIGEST;
        vm.assertNotEq(lens.hashOpenRequest(other), hash, "digest");
        other = _request();
        other.reader = stranger;
        vm.assertNotEq(lens.hashOpenRequest(other), hash, "reader");
        other = _request();
        other.via = stranger;
        vm.assertNotEq(lens.hashOpenRequest(other), hash, "via");
        other = _request();
        ++other.purpose;
        vm.assertNotEq(lens.hashOpenRequest(other), hash, "purpose");
        other = _request();
        ++other.nonce;
        vm.assertNotEq(lens.hashOpenRequest(other), hash, "nonce");
        other = _request();
        ++other.deadline;
        vm.assertNotEq(lens.hashOpenRequest(other), hash, "deadline");
    }

    function test_WhenTheReaderSignsIt() external {
        OpenRequest[] memory requests = new OpenRequest[](1);
        bytes[] memory signatures = new bytes[](1);
        requests[0] = _request();
        bytes32 hash = lens.hashOpenRequest(requests[0]);
        bytes32 expected = Signing.hash(requests[0], Signing.domainSeparator(address(chartkey), block.chainid));
        vm.assertEq(hash, expected, "EIP-712");

        address reader = requests[0].reader;
        vm.prank(reader);
        chartkey.registerPatient(Defaults.key());
        _addRecord(reader, Defaults.DIGEST, 0);
        signatures[0] = Signing.sign(KEY, hash);
        vm.expectEmit(address(chartkey));
        emit IOpens.RecordOpened(
            reader, Defaults.DIGEST, reader, address(0), Defaults.CHART, Purpose.PATRQT, requests[0].nonce
        );
        chartkey.logOpens(requests, signatures);
    }

    function _request() private pure returns (OpenRequest memory) {
        address reader = vm.addr(KEY);
        return OpenRequest({
            patient: reader,
            digest: Defaults.DIGEST,
            reader: reader,
            via: address(0),
            purpose: uint8(Purpose.PATRQT),
            nonce: 7,
            deadline: Defaults.START
        });
    }
}
