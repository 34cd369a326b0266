// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, Grant, Scope} from "../../contracts/types/Types.sol";
import {Proof, vm} from "./Proof.sol";

/// @notice What taking access back leaves, whoever does it. `JudgeProof` shows that nothing opens by what is left.
contract RevokeProof is Proof {
    Scope private constant CHART = Scope.wrap(0);
    Scope private constant EMERGENCY = Scope.wrap(bytes32(type(uint256).max));

    function check_RevokeAccess_NeverBlocked(address patient, address grantee, Scope scope) external {
        vm.assume(patient != FORWARDER);
        vm.assume(chartkey.isPatient(patient) && _held(patient, grantee, scope));
        assert(_try(patient, abi.encodeCall(chartkey.revokeAccess, (patient, grantee, scope))));
    }

    function check_RevokeAccess_LeavesNothing(address actor, address patient, address grantee, Scope scope) external {
        vm.prank(actor);
        chartkey.revokeAccess(patient, grantee, scope);
        assert(keccak256(abi.encode(chartkey.grantOf(patient, grantee, scope))) == keccak256(new bytes(160)));
    }

    /// @dev Where it was the only one that covers the record: in one step, without `JudgeProof`.
    function check_RevokeAccess_EndsAccess(address actor, Question memory q, Scope scope) external {
        _assumeOwn(q);
        Scope[4] memory scopes = _scopes(q);
        for (uint256 i = 0; i < 4; ++i) {
            vm.assume(_or(_same(scopes[i], scope), !_held(q.patient, q.reader, scopes[i])));
        }
        vm.prank(actor);
        chartkey.revokeAccess(q.patient, q.reader, scope);
        assert(!_canOpen(q));
    }

    function check_RevokeEveryone_NeverBlocked(address patient) external {
        vm.assume(patient != FORWARDER);
        vm.assume(chartkey.isPatient(patient) && chartkey.epochOf(patient) < type(uint32).max);
        assert(_try(patient, abi.encodeCall(chartkey.revokeEveryone, (patient))));
    }

    /// @dev `AlwaysProof` proves what is assumed: no grant is of an epoch to come.
    function check_RevokeEveryone_VoidsEveryGrant(address actor, address patient, address grantee, Scope scope)
        external
    {
        vm.assume(chartkey.grantOf(patient, grantee, scope).epoch <= chartkey.epochOf(patient));
        vm.prank(actor);
        chartkey.revokeEveryone(patient);
        assert(chartkey.grantOf(patient, grantee, scope).epoch < chartkey.epochOf(patient));
    }

    function check_RemoveGuardian_EndsAccess(address actor, Question memory q) external {
        vm.assume(q.reader != q.patient && q.via == q.patient);
        vm.prank(actor);
        chartkey.removeGuardian(q.patient, q.reader);
        assert(!_canOpen(q));
    }

    function check_Suspension_EndsAccess(address actor, Question memory q) external {
        vm.assume(q.reader != q.patient);
        vm.assume(q.via != q.patient);
        vm.prank(actor);
        chartkey.suspendPractitioner(q.reader);
        assert(!_canOpen(q));
    }

    function check_Suspension_EndsReferrals(address actor, Question memory q) external {
        vm.assume(q.reader != q.patient);
        vm.assume(q.via != q.patient);
        vm.assume(q.via != address(0));
        vm.assume(chartkey.teamMemberUntil(q.via, q.reader) == 0);
        vm.prank(actor);
        chartkey.suspendPractitioner(q.via);
        assert(!_canOpen(q));
    }

    /* HELPERS */

    function _assumeOwn(Question memory q) private pure {
        vm.assume(q.reader != q.patient);
        vm.assume(q.via == address(0));
        vm.assume(q.patient != address(0));
    }

    /// @dev What may cover a record: the first three in the order of `ParentScope`.
    function _scopes(Question memory q) private view returns (Scope[4] memory) {
        uint32 folder = chartkey.recordOf(q.patient, q.digest).folder;
        return [CHART, Scope.wrap(bytes32(uint256(folder))), Scope.wrap(Digest.unwrap(q.digest)), EMERGENCY];
    }

    function _held(address patient, address grantee, Scope scope) private view returns (bool) {
        return chartkey.grantOf(patient, grantee, scope).expiresAt != 0;
    }

    function _same(Scope a, Scope b) private pure returns (bool) {
        return Scope.unwrap(a) == Scope.unwrap(b);
    }
}
