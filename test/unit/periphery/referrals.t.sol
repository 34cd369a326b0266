// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChartkeyLens} from "../../../contracts/periphery/IChartkeyLens.sol";
import {ALL_RIGHTS, Scope} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {LensBase} from "./LensBase.sol";

contract ReferralsTest is LensBase {
    Scope private _folder;
    Scope private _record;

    function setUp() public override {
        super.setUp();
        (_folder, _record) = (_folderScope(Defaults.FOLDER), _recordScope(Defaults.DIGEST));
        _registerPatient(patient);
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _registerPractitioner(doctor);
        _registerPractitioner(otherDoctor);
    }

    function test_WhenThereIsNone() external view {
        IChartkeyLens.ReferralView memory none;
        vm.assertEq(abi.encode(_ask(_record)), abi.encode(none), "none");
    }

    function test_WhenItHasExpired() external {
        _give(_folder, _record);
        vm.warp(Defaults.EXPIRES_AT);
        _checkNotInForce();
    }

    function test_WhenItsParentWasReplaced() external {
        _give(_folder, _record);
        _grantAll(_folder);
        _checkNotInForce();
    }

    function test_WhenEveryoneWasRevokedSince() external {
        _give(_folder, _record);
        _revokeEveryone(patient);
        _checkNotInForce();
    }

    function test_WhenItsReferrerIsNotInGoodStanding() external {
        _give(_folder, _record);
        _suspend(doctor);
        _checkNotInForce();
    }

    function test_WhenItIsInForce() external {
        Scope[6] memory parents = [Defaults.CHART, Defaults.CHART, Defaults.CHART, _folder, _folder, _record];
        Scope[6] memory scopes = [Defaults.CHART, _folder, _record, _folder, _record, _record];
        for (uint256 i = 0; i < parents.length; ++i) {
            _give(parents[i], scopes[i]);
            IChartkeyLens.ReferralView memory found = _ask(scopes[i]);
            vm.assertTrue(found.inForce, "in force");
            vm.assertEq(Scope.unwrap(found.parent), Scope.unwrap(parents[i]), "parent");
            bytes memory stored = abi.encode(chartkey.referralOf(patient, doctor, otherDoctor, scopes[i]));
            vm.assertEq(abi.encode(found.referral), stored, "referral");
            vm.assertTrue(_canOpen(), "the judge agrees");
            vm.prank(patient);
            chartkey.endReferral(patient, doctor, otherDoctor, scopes[i]);
            vm.assertFalse(_canOpen(), "by this referral alone");
        }
        _later();
        (IChartkeyLens.AsOf memory asOf,) = lens.referrals(new IChartkeyLens.ReferralKey[](0));
        _checkAsOf(asOf);
    }

    function _give(Scope parent, Scope scope) private {
        _grantAll(parent);
        _refer(patient, doctor, otherDoctor, parent, scope);
    }

    function _grantAll(Scope scope) private {
        _grant(patient, doctor, scope, ALL_RIGHTS, Defaults.PURPOSES, Defaults.EXPIRES_AT);
    }

    function _checkNotInForce() private view {
        IChartkeyLens.ReferralView memory found = _ask(_record);
        vm.assertFalse(found.inForce, "not in force");
        vm.assertEq(found.referral.expiresAt, Defaults.EXPIRES_AT, "there");
        vm.assertEq(Scope.unwrap(found.parent), Scope.unwrap(_folder), "parent");
        vm.assertFalse(_canOpen(), "the judge agrees");
    }

    function _canOpen() private view returns (bool) {
        return chartkey.canOpen(patient, Defaults.DIGEST, otherDoctor, doctor, Defaults.PURPOSE);
    }

    function _ask(Scope scope) private view returns (IChartkeyLens.ReferralView memory) {
        IChartkeyLens.ReferralKey[] memory keys = new IChartkeyLens.ReferralKey[](1);
        keys[0] = IChartkeyLens.ReferralKey({patient: patient, referrer: doctor, grantee: otherDoctor, scope: scope});
        (, IChartkeyLens.ReferralView[] memory views) = lens.referrals(keys);
        return views[0];
    }
}
