// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Grant, OpenRequest, Purpose, READ, Scope} from "../../contracts/types/Types.sol";
import {Proof, vm} from "./Proof.sol";

/// @notice Signed opens: a nonce is used once, and logging changes nothing but nonces and trails.
contract NoncesProof is Proof {
    function check_CancelledNonces_AreSpent(address actor, uint256 word, uint256 bits) external {
        vm.assume(actor != FORWARDER);
        vm.prank(actor);
        chartkey.cancelNonces(word, bits);
        assert(bits & ~chartkey.spentNonces(actor, word) == 0);
    }

    /// @dev Whatever else the request says, and whoever signed it.
    function check_SpentNonce_OpensNothing(address relayer, OpenRequest memory request, bytes32 r, bytes32 s, uint8 v)
        external
    {
        vm.assume(_or(_isSpent(request), request.nonce == 0));
        vm.assume(request.patient != address(0));
        bytes32 before = chartkey.trail(request.patient);
        _log(relayer, request, abi.encodePacked(r, s, v));
        assert(chartkey.trail(request.patient) == before);
    }

    /// @dev Opens are what `logOpens` adds to a patient's trail; here, the patient's own and guardians'.
    function check_Opens_SpendTheirNonce(address relayer, OpenRequest memory request, bytes32 r, bytes32 s, uint8 v)
        external
    {
        vm.assume(chartkey.practitionerOf(request.reader).validUntil == 0);
        _checkSpends(relayer, request, abi.encodePacked(r, s, v));
    }

    /// @dev As before, practitioners by a grant of their own for the chart.
    function check_PractitionersOpens_SpendTheirNonce(
        address relayer,
        OpenRequest memory request,
        bytes32 r,
        bytes32 s,
        uint8 v
    ) external {
        vm.assume(request.reader != request.patient);
        vm.assume(request.via == address(0));
        vm.assume(request.patient != address(0));
        vm.assume(request.purpose == uint8(Purpose.TREAT));
        Grant memory grant = chartkey.grantOf(request.patient, request.reader, Scope.wrap(0));
        vm.assume(grant.epoch == chartkey.epochOf(request.patient));
        vm.assume(grant.expiresAt > block.timestamp);
        vm.assume(grant.rights & READ != 0);
        vm.assume(grant.purposes & 1 != 0);
        _checkSpends(relayer, request, abi.encodePacked(r, s, v));
    }

    function check_OneNonceTwiceInABatch(
        address relayer,
        OpenRequest memory first,
        OpenRequest memory second,
        bytes32[2] memory r,
        bytes32[2] memory s,
        uint8[2] memory v
    ) external {
        vm.assume(chartkey.practitionerOf(first.reader).validUntil == 0);
        vm.assume(first.reader == second.reader);
        vm.assume(first.nonce == second.nonce);
        vm.assume(first.patient != second.patient);
        vm.assume(first.patient != address(0));
        vm.assume(second.patient != address(0));
        bytes32 trail = chartkey.trail(first.patient);
        bytes32 otherTrail = chartkey.trail(second.patient);
        OpenRequest[] memory requests = new OpenRequest[](2);
        bytes[] memory signatures = new bytes[](2);
        (requests[0], requests[1]) = (first, second);
        for (uint256 i = 0; i < 2; ++i) {
            signatures[i] = abi.encodePacked(r[i], s[i], v[i]);
        }
        vm.prank(relayer);
        chartkey.logOpens(requests, signatures);
        assert(_or(chartkey.trail(first.patient) == trail, chartkey.trail(second.patient) == otherTrail));
    }

    function check_LogOpens_ChangesNoAccess(
        address relayer,
        OpenRequest memory request,
        bytes32 r,
        bytes32 s,
        uint8 v,
        address grantee,
        Scope scope
    ) external {
        vm.assume(chartkey.practitionerOf(request.reader).validUntil == 0);
        bytes32 before = _seen(request, grantee, scope);
        _log(relayer, request, abi.encodePacked(r, s, v));
        assert(_seen(request, grantee, scope) == before);
    }

    /* HELPERS */

    function _checkSpends(address relayer, OpenRequest memory request, bytes memory signature) private {
        vm.assume(request.patient != address(0));
        bytes32 before = chartkey.trail(request.patient);
        _log(relayer, request, signature);
        assert(_or(chartkey.trail(request.patient) == before, _isSpent(request)));
    }

    function _log(address relayer, OpenRequest memory request, bytes memory signature) private {
        OpenRequest[] memory requests = new OpenRequest[](1);
        bytes[] memory signatures = new bytes[](1);
        requests[0] = request;
        signatures[0] = signature;
        vm.prank(relayer);
        chartkey.logOpens(requests, signatures);
    }

    function _isSpent(OpenRequest memory request) private view returns (bool) {
        return chartkey.spentNonces(request.reader, request.nonce >> 8) & (1 << (request.nonce & 0xff)) != 0;
    }

    function _seen(OpenRequest memory request, address grantee, Scope scope) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                chartkey.epochOf(request.patient),
                chartkey.recordOf(request.patient, request.digest),
                chartkey.grantOf(request.patient, grantee, scope),
                chartkey.referralOf(request.patient, request.via, grantee, scope),
                chartkey.guardianUntil(request.patient, grantee),
                chartkey.practitionerOf(grantee),
                chartkey.teamMemberUntil(request.via, grantee)
            )
        );
    }
}
