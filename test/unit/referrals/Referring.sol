// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ALL_RIGHTS, Digest, ParentScope, Referral, ReferralTerms, Scope} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

/// @notice The doctor refers to the other doctor. One record is in a folder, another in none.
abstract contract Referring is Base {
    Scope internal constant EMERGENCY = Scope.wrap(bytes32(type(uint256).max));
    Digest internal constant LOOSE = Defaults.OTHER_DIGEST;

    address internal guardian;

    function setUp() public virtual override {
        super.setUp();
        guardian = _actor("guardian");
        _registerPatient(patient);
        _registerEmergencyPractitioner(doctor);
        _registerPractitioner(otherDoctor);
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _addRecord(patient, LOOSE, 0);
    }

    function _grantParent(Scope scope) internal {
        _grantParentTo(doctor, scope);
    }

    function _grantParentTo(address referrer, Scope scope) internal {
        _grant(patient, referrer, scope, ALL_RIGHTS, Defaults.PURPOSES, Defaults.EXPIRES_AT);
    }

    function _referChart() internal {
        _refer(patient, doctor, otherDoctor, Defaults.CHART, Defaults.CHART);
    }

    function _referTerms(ReferralTerms memory terms) internal {
        vm.prank(doctor);
        chartkey.referAccess(patient, terms);
    }

    function _terms() internal view returns (ReferralTerms memory) {
        return Defaults.referral(otherDoctor, Defaults.CHART, Defaults.CHART);
    }

    /// @dev What `Defaults.referral` stores.
    function _stored(ParentScope parentScope, bytes20 parentId) internal pure returns (Referral memory) {
        return Referral({
            expiresAt: Defaults.EXPIRES_AT,
            purposes: Defaults.PURPOSES,
            rights: Defaults.RIGHTS,
            parentScope: parentScope,
            parentId: parentId
        });
    }

    function _isStored(Scope scope, Referral memory expected) internal view {
        _isStored(patient, doctor, otherDoctor, scope, expected);
    }

    function _isStored(address owner, address referrer, address grantee, Scope scope, Referral memory expected)
        internal
        view
    {
        vm.assertEq(abi.encode(chartkey.referralOf(owner, referrer, grantee, scope)), abi.encode(expected), "referral");
    }
}
