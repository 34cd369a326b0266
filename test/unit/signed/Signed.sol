// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IOpens} from "../../../contracts/interfaces/IOpens.sol";
import {OpenRequest, Purpose, Reason, Scope, Skip} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Signing} from "../../utils/Signing.sol";

/// @notice A patient, a practitioner with a key who may open their records, and what the tests of signed opens ask and expect.
abstract contract Signed is Base {
    uint256 internal constant KEY = uint256(keccak256("reader"));
    uint256 internal constant OTHER_KEY = uint256(keccak256("other reader"));
    uint256 internal constant NONCE = 42;

    address internal reader;
    address internal otherReader;
    address internal relayer;

    function setUp() public virtual override {
        super.setUp();
        relayer = stranger;
        reader = vm.addr(KEY);
        otherReader = vm.addr(OTHER_KEY);
        vm.label(reader, "reader");
        vm.label(otherReader, "other reader");
        _registerPatient(patient);
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _addRecord(patient, Defaults.OTHER_DIGEST, 0);
        _welcome(reader);
        _welcome(otherReader);
    }

    /* ACTS */

    /// @dev Registers a practitioner and grants them the chart.
    function _welcome(address who) internal {
        _registerPractitioner(who);
        _grant(patient, who, Defaults.CHART);
    }

    function _logOpens(OpenRequest[] memory requests, bytes[] memory signatures) internal {
        vm.prank(relayer);
        chartkey.logOpens(requests, signatures);
    }

    function _logOpen(OpenRequest memory request, bytes memory signature) internal {
        (OpenRequest[] memory requests, bytes[] memory signatures) = _one(request, signature);
        _logOpens(requests, signatures);
    }

    /* EXPECTATIONS */

    /// @dev Logged, its nonce spent, and nothing else.
    function _opens(OpenRequest memory request, bytes memory signature) internal {
        _opens(request, signature, request.via, Defaults.CHART);
    }

    function _opens(OpenRequest memory request, bytes memory signature, address via, Scope scope) internal {
        _expectOpened(request, via, scope);
        vm.recordLogs();
        _logOpen(request, signature);
        vm.assertEq(vm.getRecordedLogs().length, 1, "one log");
        vm.assertTrue(_isSpent(request.reader, request.nonce), "nonce is spent");
    }

    /// @dev Skipped before the judge is asked; no nonce is spent, and the patient's trail does not move.
    function _skips(OpenRequest memory request, bytes memory signature, Skip skip) internal {
        _skips(request, signature, skip, Reason.NotJudged);
    }

    function _skips(OpenRequest memory request, bytes memory signature, Skip skip, Reason reason) internal {
        bytes32 trail = chartkey.trail(request.patient);
        bytes32 registry = chartkey.trail(REGISTRY);
        uint256 spent = chartkey.spentNonces(request.reader, request.nonce / 256);
        _expectSkipped(request, skip, reason);
        vm.recordLogs();
        _logOpen(request, signature);
        vm.assertEq(vm.getRecordedLogs().length, 1, "one log");
        vm.assertEq(chartkey.spentNonces(request.reader, request.nonce / 256), spent, "no nonce is spent");
        if (request.patient != REGISTRY) {
            vm.assertEq(chartkey.trail(request.patient), trail, "the patient's trail does not move");
        }
        vm.assertNotEq(chartkey.trail(REGISTRY), registry, "the registry's trail moves");
    }

    function _expectOpened(OpenRequest memory request) internal {
        _expectOpened(request, request.via, Defaults.CHART);
    }

    function _expectOpened(OpenRequest memory request, address via, Scope scope) internal {
        vm.expectEmit(address(chartkey));
        emit IOpens.RecordOpened(
            request.patient, request.digest, request.reader, via, scope, Purpose(request.purpose), request.nonce
        );
    }

    function _expectSkipped(OpenRequest memory request, Skip skip, Reason reason) internal {
        bytes32 hash = Signing.hash(request, _domain());
        vm.expectEmit(address(chartkey));
        emit IOpens.OpenSkipped(REGISTRY, request.reader, hash, relayer, request.patient, request.digest, skip, reason);
    }

    /* HELPERS */

    function _request() internal view returns (OpenRequest memory) {
        return OpenRequest({
            patient: patient,
            digest: Defaults.DIGEST,
            reader: reader,
            via: address(0),
            purpose: uint8(Defaults.PURPOSE),
            nonce: NONCE,
            deadline: block.timestamp + 1 hours
        });
    }

    function _sign(OpenRequest memory request) internal view returns (bytes memory) {
        return _sign(request, KEY);
    }

    function _sign(OpenRequest memory request, uint256 key) internal view returns (bytes memory) {
        return Signing.sign(key, Signing.hash(request, _domain()));
    }

    function _domain() internal view returns (bytes32) {
        return Signing.domainSeparator(address(chartkey), block.chainid);
    }

    function _whyNot(OpenRequest memory asked) internal view returns (Reason) {
        return chartkey.whyNot(asked.patient, asked.digest, asked.reader, asked.via, Purpose(asked.purpose));
    }

    function _isSpent(address account, uint256 nonce) internal view returns (bool) {
        return chartkey.spentNonces(account, nonce / 256) & 1 << (nonce % 256) != 0;
    }

    function _one(OpenRequest memory request, bytes memory signature)
        internal
        pure
        returns (OpenRequest[] memory requests, bytes[] memory signatures)
    {
        requests = new OpenRequest[](1);
        signatures = new bytes[](1);
        (requests[0], signatures[0]) = (request, signature);
    }

    /// @dev `count` good requests of the reader, with nonces from 1 on.
    function _batch(uint256 count) internal view returns (OpenRequest[] memory requests, bytes[] memory signatures) {
        requests = new OpenRequest[](count);
        signatures = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            requests[i] = _request();
            requests[i].nonce = i + 1;
            signatures[i] = _sign(requests[i]);
        }
    }
}
