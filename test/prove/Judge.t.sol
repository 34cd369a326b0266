// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, Grant, RecordStatus, Referral, Scope} from "../../contracts/types/Types.sol";
import {Proof, vm} from "./Proof.sol";

/// @notice When the judge allows nobody but the patient and guardians, in any state. `RevokeProof` shows which acts lead there.
contract JudgeProof is Proof {
    Scope private constant CHART = Scope.wrap(0);
    Scope private constant EMERGENCY = Scope.wrap(bytes32(type(uint256).max));

    function check_NoGrantInForce_OpensNothing(Question memory q) external view {
        _assumeOwn(q);
        Scope[4] memory scopes = _scopes(q);
        uint32 epoch = chartkey.epochOf(q.patient);
        for (uint256 i = 0; i < 4; ++i) {
            vm.assume(_isVoid(chartkey.grantOf(q.patient, q.reader, scopes[i]), epoch));
        }
        assert(!_canOpen(q));
    }

    function check_NoGrantInForce_OpensNothingByTeam(Question memory q) external view {
        _assumeTeams(q);
        Scope[4] memory scopes = _scopes(q);
        uint32 epoch = chartkey.epochOf(q.patient);
        for (uint256 i = 0; i < 3; ++i) {
            vm.assume(_isVoid(chartkey.grantOf(q.patient, q.via, scopes[i]), epoch));
        }
        assert(!_canOpen(q));
    }

    /// @dev What was passed on rests on a grant that is in force; here by a referral of the whole chart.
    function check_NoParentInForce_OpensNothingByChart(Question memory q) external view {
        _checkReferral(q, 0);
    }

    function check_NoParentInForce_OpensNothingByFolder(Question memory q) external view {
        _checkReferral(q, 1);
    }

    function check_NoParentInForce_OpensNothingByRecord(Question memory q) external view {
        _checkReferral(q, 2);
    }

    function check_RetractedRecord_NobodyElseOpens(Question memory q) external view {
        vm.assume(q.reader != q.patient);
        vm.assume(q.via != q.patient);
        vm.assume(chartkey.recordOf(q.patient, q.digest).status == RecordStatus.Retracted);
        assert(!_canOpen(q));
    }

    /* HELPERS */

    function _isVoid(Grant memory grant, uint32 epoch) private pure returns (bool) {
        return _or(grant.expiresAt == 0, grant.epoch != epoch);
    }

    function _assumeOwn(Question memory q) private pure {
        vm.assume(q.reader != q.patient);
        vm.assume(q.via == address(0));
        vm.assume(q.patient != address(0));
    }

    function _assumeTeams(Question memory q) private view {
        vm.assume(q.reader != q.patient);
        vm.assume(q.via != q.patient);
        vm.assume(q.via != address(0));
        vm.assume(chartkey.teamMemberUntil(q.via, q.reader) != 0);
    }

    function _assumeReferred(Question memory q) private view {
        vm.assume(q.reader != q.patient);
        vm.assume(q.via != q.patient);
        vm.assume(q.via != address(0));
        vm.assume(chartkey.teamMemberUntil(q.via, q.reader) == 0);
    }

    /// @dev One referral covers the record: the judge never makes one of several.
    function _checkReferral(Question memory q, uint256 covering) private view {
        _assumeReferred(q);
        Scope[4] memory scopes = _scopes(q);
        for (uint256 i = 0; i < 3; ++i) {
            if (i == covering) continue;
            vm.assume(!_same(scopes[i], scopes[covering]));
            vm.assume(chartkey.referralOf(q.patient, q.via, q.reader, scopes[i]).expiresAt == 0);
        }
        Referral memory referral = chartkey.referralOf(q.patient, q.via, q.reader, scopes[covering]);
        // A trail's link is a hash, and not zero.
        vm.assume(referral.parentId != 0);
        Grant memory parent = chartkey.grantOf(q.patient, q.via, _pick(scopes, uint8(referral.parentScope)));
        // An empty slot has no id.
        vm.assume(_or(parent.expiresAt != 0, parent.id == 0));
        vm.assume(_isVoid(parent, chartkey.epochOf(q.patient)));
        assert(!_canOpen(q));
    }

    /// @dev What may cover a record: the first three in the order of `ParentScope`.
    function _scopes(Question memory q) private view returns (Scope[4] memory) {
        uint32 folder = chartkey.recordOf(q.patient, q.digest).folder;
        return [CHART, Scope.wrap(bytes32(uint256(folder))), Scope.wrap(Digest.unwrap(q.digest)), EMERGENCY];
    }

    /// @dev `scopes[i]`: Halmos does not index memory by a symbol.
    function _pick(Scope[4] memory scopes, uint8 i) private pure returns (Scope) {
        if (i == 0) return scopes[0];
        if (i == 1) return scopes[1];
        return scopes[2];
    }

    function _same(Scope a, Scope b) private pure returns (bool) {
        return Scope.unwrap(a) == Scope.unwrap(b);
    }
}
