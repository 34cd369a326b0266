// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IOpens} from "../../../contracts/interfaces/IOpens.sol";
import {Digest, OpenRequest, Reason, Skip} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Signed} from "./Signed.sol";

contract LogOpensTest is Signed {
    function testFuzz_RevertWhen_ThereAreNotAsManySignaturesAsRequests(uint8 requestCount, uint8 signatureCount)
        external
    {
        OpenRequest[] memory requests = new OpenRequest[](_bound(requestCount, 0, 5));
        bytes[] memory signatures = new bytes[](_bound(signatureCount, 0, 5));
        vm.assume(requests.length != signatures.length);
        vm.expectRevert(abi.encodeWithSelector(IOpens.SignatureCountWrong.selector, signatures.length, requests.length));
        _logOpens(requests, signatures);
    }

    function test_WhenThereAreNoRequests() external {
        vm.recordLogs();
        _logOpens(new OpenRequest[](0), new bytes[](0));
        vm.assertEq(vm.getRecordedLogs().length, 0, "logs");
    }

    function testFuzz_WhenTheDeadlineHasPassed(uint256 deadline) external {
        OpenRequest memory request = _request();
        request.deadline = _bound(deadline, 0, block.timestamp - 1);
        _skips(request, _sign(request), Skip.DeadlinePassed);
    }

    function test_WhenTheDeadlineIsNow() external {
        OpenRequest memory request = _request();
        vm.warp(request.deadline);
        _opens(request, _sign(request));
        request.nonce += 1;
        bytes memory signature = _sign(request);
        vm.warp(request.deadline + 1);
        _skips(request, signature, Skip.DeadlinePassed);
    }

    function test_WhenTheNonceIs0() external {
        OpenRequest memory request = _request();
        request.nonce = 0;
        _skips(request, _sign(request), Skip.NonceSpent);
        vm.assertFalse(_isSpent(reader, 0), "the bit of nonce 0");
    }

    function testFuzz_GivenTheNonceWasUsedInAnEarlierBatch(uint256 nonce) external {
        OpenRequest memory request = _request();
        request.nonce = _bound(nonce, 1, type(uint256).max);
        _opens(request, _sign(request));
        _skips(request, _sign(request), Skip.NonceSpent);
        request.digest = Defaults.OTHER_DIGEST;
        _skips(request, _sign(request), Skip.NonceSpent);
    }

    function test_GivenTheNonceWasUsedInTheSameBatch() external {
        (OpenRequest[] memory requests, bytes[] memory signatures) = _batch(2);
        (requests[1], signatures[1]) = (requests[0], signatures[0]);
        _expectOpened(requests[0]);
        _expectSkipped(requests[1], Skip.NonceSpent, Reason.NotJudged);
        _logOpens(requests, signatures);
    }

    function testFuzz_GivenTheNonceWasCancelled(uint256 nonce) external {
        OpenRequest memory request = _request();
        request.nonce = _bound(nonce, 1, type(uint256).max);
        bytes memory signature = _sign(request);
        vm.prank(reader);
        chartkey.cancelNonces(request.nonce / 256, 1 << request.nonce % 256);
        _skips(request, signature, Skip.NonceSpent);
    }

    function test_GivenAnotherReaderUsedTheNonce() external {
        OpenRequest memory request = _request();
        _opens(request, _sign(request));
        request.reader = otherReader;
        _opens(request, _sign(request, OTHER_KEY));
    }

    function testFuzz_WhenNoncesComeInAnyOrder(uint256[3] memory nonces) external {
        (OpenRequest[] memory requests, bytes[] memory signatures) = _batch(3);
        // The second in the word of the first, where one could clear the other.
        nonces[0] = _bound(nonces[0], 256, type(uint256).max);
        nonces[1] = nonces[0] / 256 * 256 + nonces[1] % 256;
        nonces[2] = _bound(nonces[2], 1, type(uint256).max);
        vm.assume(nonces[0] != nonces[1] && nonces[0] != nonces[2] && nonces[1] != nonces[2]);
        for (uint256 i = 0; i < 3; ++i) {
            requests[i].nonce = nonces[i];
            signatures[i] = _sign(requests[i]);
            _expectOpened(requests[i]);
        }
        _logOpens(requests, signatures);

        uint256 word = nonces[0] / 256;
        uint256 bits = 1 << nonces[0] % 256 | 1 << nonces[1] % 256;
        if (nonces[2] / 256 == word) bits |= 1 << nonces[2] % 256;
        else vm.assertEq(chartkey.spentNonces(reader, nonces[2] / 256), 1 << nonces[2] % 256, "the third's word");
        vm.assertEq(chartkey.spentNonces(reader, word), bits, "word of the first two");
    }

    function test_GivenTheRequestWasSkippedBefore() external {
        OpenRequest memory request = _request();
        bytes memory signature = _sign(request);
        _revoke(patient, reader, Defaults.CHART);
        _skips(request, signature, Skip.OpenRefused, Reason.NoGrant);
        _skips(request, hex"00", Skip.SignatureInvalid);
        _grant(patient, reader, Defaults.CHART);
        _opens(request, signature);
    }

    function testFuzz_WhenAnybodySendsIt(address sender) external {
        vm.assume(sender != address(forwarder));
        relayer = sender;
        OpenRequest memory request = _request();
        _opens(request, _sign(request));
        request.nonce += 1;
        _skips(request, "", Skip.SignatureInvalid);
    }

    function test_WhenTheReaderSendsIt() external {
        relayer = reader;
        OpenRequest memory request = _request();
        _opens(request, _sign(request));
    }

    function test_WhenItIsOpenedWithoutASignature() external {
        OpenRequest memory request = _request();
        request.nonce = 0;
        _expectOpened(request);
        _open(patient, Defaults.DIGEST, reader, address(0));
        vm.assertEq(chartkey.spentNonces(reader, 0), 0, "spent nonces");
    }

    function test_WhenTheBatchIsOfSeveralReadersAndPatients() external {
        _registerPatient(otherPatient);
        _addRecord(otherPatient, Defaults.DIGEST, 0);
        _grant(otherPatient, otherReader, Defaults.CHART);
        (OpenRequest[] memory requests, bytes[] memory signatures) = _batch(3);
        requests[1].reader = otherReader;
        requests[1].patient = otherPatient;
        signatures[1] = _sign(requests[1], OTHER_KEY);
        requests[2].digest = Defaults.OTHER_DIGEST;
        signatures[2] = _sign(requests[2]);
        for (uint256 i = 0; i < 3; ++i) {
            _expectOpened(requests[i]);
        }
        _logOpens(requests, signatures);
    }

    function testFuzz_WhenOneOfABatchIsBad(uint256 count, uint256 which, uint256 cause) external {
        (OpenRequest[] memory requests, bytes[] memory signatures) = _batch(_bound(count, 1, 6));
        which = _bound(which, 0, requests.length - 1);
        (Skip skip, Reason reason) = _spoil(requests[which], _bound(cause, 0, 7));
        signatures[which] = _sign(requests[which], skip == Skip.SignatureInvalid ? OTHER_KEY : KEY);

        for (uint256 i = 0; i < requests.length; ++i) {
            if (i == which) _expectSkipped(requests[i], skip, reason);
            else _expectOpened(requests[i]);
        }
        vm.recordLogs();
        _logOpens(requests, signatures);
        vm.assertEq(vm.getRecordedLogs().length, requests.length, "a log a request");
        for (uint256 i = 0; i < requests.length; ++i) {
            vm.assertTrue(_isSpent(reader, requests[i].nonce) == (i != which), "spent if logged");
        }
    }

    /// @dev Makes one request of a batch a bad one; what it is skipped with.
    function _spoil(OpenRequest memory request, uint256 cause) private view returns (Skip, Reason) {
        // Apart from the batch's, which may be spent by then.
        request.nonce = 1000;
        if (cause == 0) {
            request.purpose = 10;
            return (Skip.Malformed, Reason.NotJudged);
        }
        if (cause == 1) {
            request.deadline = block.timestamp - 1;
            return (Skip.DeadlinePassed, Reason.NotJudged);
        }
        if (cause == 2) {
            request.nonce = 0;
            return (Skip.NonceSpent, Reason.NotJudged);
        }
        if (cause == 3) return (Skip.SignatureInvalid, Reason.NotJudged);
        if (cause == 4) {
            request.digest = Digest.wrap(keccak256("in no chart"));
            return (Skip.OpenRefused, Reason.UnknownRecord);
        }
        if (cause == 5) {
            request.patient = otherPatient;
            return (Skip.OpenRefused, Reason.UnknownPatient);
        }
        if (cause == 6) {
            request.via = patient;
            return (Skip.OpenRefused, Reason.NotAGuardian);
        }
        request.via = otherDoctor;
        return (Skip.OpenRefused, Reason.ReferrerNotInGoodStanding);
    }
}
