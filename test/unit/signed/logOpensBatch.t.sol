// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, OpenRequest, Purpose, READ, Reason, Scope, Skip} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Signed} from "./Signed.sol";

/// @dev What was found out for one request of a batch is no answer to the next.
contract LogOpensBatchTest is Signed {
    Digest private constant RETRACTED = Digest.wrap(keccak256("retracted"));

    address private team;
    /// @dev By reader and word, as bits: what the batch should spend.
    mapping(address account => mapping(uint256 word => uint256 bits)) private _spent;

    /// @dev The reader has the chart for treatment and the folder for research, the team the chart for payment, the other reader
    /// one record of this patient's and the chart of another's.
    function setUp() public override {
        super.setUp();
        _grant(patient, reader, Defaults.CHART, READ, _bit(Purpose.TREAT), Defaults.EXPIRES_AT);
        _grant(patient, reader, _folderScope(Defaults.FOLDER), READ, _bit(Purpose.HRESCH), Defaults.EXPIRES_AT);
        team = _createTeam();
        _setTeamMember(team, reader);
        _grant(patient, team, Defaults.CHART, READ, _bit(Purpose.HPAYMT), Defaults.EXPIRES_AT);
        _revoke(patient, otherReader, Defaults.CHART);
        _grant(patient, otherReader, _recordScope(Defaults.OTHER_DIGEST));
        _registerPatient(otherPatient);
        _addRecord(otherPatient, Defaults.DIGEST, Defaults.FOLDER);
        _grant(otherPatient, otherReader, Defaults.CHART);
        _addRecord(patient, RETRACTED, Defaults.FOLDER);
        vm.prank(patient);
        chartkey.retractRecord(patient, address(0), RETRACTED, 0);
    }

    function testFuzz_WhenABatchMixesPatientsReadersRecordsPurposesNoncesAndSignatures(uint256[12] calldata seeds)
        external
    {
        (OpenRequest[] memory requests, bytes[] memory signatures) = _batch(seeds.length);
        for (uint256 i = 0; i < seeds.length; ++i) {
            _mix(requests[i], seeds[i]);
            bool isSigned = seeds[i] & 0x700 != 0;
            signatures[i] = _sign(requests[i], isSigned == (requests[i].reader == reader) ? KEY : OTHER_KEY);
            _expect(requests[i], isSigned);
        }
        vm.recordLogs();
        _logOpens(requests, signatures);
        vm.assertEq(vm.getRecordedLogs().length, seeds.length, "a log a request");
        for (uint256 word = 0; word < 2; ++word) {
            vm.assertEq(chartkey.spentNonces(reader, word), _spent[reader][word], "the reader's nonces");
            vm.assertEq(chartkey.spentNonces(otherReader, word), _spent[otherReader][word], "the other reader's");
        }
    }

    /// @dev A grant for the folder says nothing about a record that is in none.
    function test_WhenAnEarlierOneWasAllowedByANarrowerGrant() external {
        (OpenRequest[] memory requests, bytes[] memory signatures) = _batch(2);
        (requests[0].purpose, requests[1].purpose) = (uint8(Purpose.HRESCH), uint8(Purpose.HRESCH));
        (requests[0].digest, requests[1].digest) = (Defaults.DIGEST, Defaults.OTHER_DIGEST);
        _logBoth(requests, signatures);
    }

    /// @dev The byte after a request's purpose is its nonce's first.
    function test_WhenANonceBeginsLikeAnEarlierOnesPurpose() external {
        (OpenRequest[] memory requests, bytes[] memory signatures) = _batch(2);
        (requests[0].via, requests[1].via) = (team, team);
        (requests[0].purpose, requests[1].purpose) = (uint8(Purpose.HPAYMT), 0);
        requests[1].nonce = uint256(uint8(Purpose.HPAYMT)) << 248;
        _logBoth(requests, signatures);
    }

    /// @dev The first is opened, the second not.
    function _logBoth(OpenRequest[] memory requests, bytes[] memory signatures) private {
        for (uint256 i = 0; i < 2; ++i) {
            signatures[i] = _sign(requests[i]);
            _expect(requests[i], true);
        }
        vm.assertFalse(_whyNot(requests[1]) == Reason.Allowed, "the second is refused");
        _logOpens(requests, signatures);
    }

    /// @dev Few values of each field, so that a batch has neighbours that differ in one and some that are spent.
    function _mix(OpenRequest memory mixed, uint256 seed) private view {
        if (seed & 0x07 == 0) mixed.patient = otherPatient;
        if (seed & 0x18 == 0) mixed.reader = otherReader;
        if (seed & 0x60 == 0) mixed.via = team;
        mixed.digest = [Defaults.DIGEST, Defaults.OTHER_DIGEST, RETRACTED][(seed >> 16) % 3];
        mixed.purpose = uint8([Purpose.TREAT, Purpose.HRESCH, Purpose.HPAYMT][(seed >> 24) % 3]);
        mixed.nonce = (seed >> 32) % 2 * 256 + (seed >> 40) % 6;
    }

    function _expect(OpenRequest memory request, bool isSigned) private {
        (uint256 word, uint256 bit) = (request.nonce / 256, 1 << request.nonce % 256);
        if (request.nonce == 0 || _spent[request.reader][word] & bit != 0) {
            return _expectSkipped(request, Skip.NonceSpent, Reason.NotJudged);
        }
        if (!isSigned) return _expectSkipped(request, Skip.SignatureInvalid, Reason.NotJudged);
        Reason reason = _whyNot(request);
        if (reason != Reason.Allowed) return _expectSkipped(request, Skip.OpenRefused, reason);
        _spent[request.reader][word] |= bit;
        _expectOpened(request, request.via, _scope(request));
    }

    /// @dev By what grant each is allowed, if it is.
    function _scope(OpenRequest memory allowed) private view returns (Scope) {
        if (allowed.patient == otherPatient || allowed.via == team) return Defaults.CHART;
        if (allowed.reader == otherReader) return _recordScope(Defaults.OTHER_DIGEST);
        return allowed.purpose == uint8(Purpose.TREAT) ? Defaults.CHART : _folderScope(Defaults.FOLDER);
    }

    function _bit(Purpose purpose) private pure returns (uint16) {
        return uint16(1 << uint8(purpose));
    }
}
