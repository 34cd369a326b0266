// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Grant, REFER, Referral, ReferralTerms} from "../../contracts/types/Types.sol";
import {Proof, vm} from "./Proof.sol";

/// @notice What is passed on is at most what is held.
contract ReferralsProof is Proof {
    function check_Referral_ExceedsItsParentInNothing(address referrer, address patient, ReferralTerms memory terms)
        external
    {
        vm.assume(referrer != FORWARDER);
        vm.prank(referrer);
        chartkey.referAccess(patient, terms);
        Grant memory parent = chartkey.grantOf(patient, referrer, terms.parent);
        Referral memory referral = chartkey.referralOf(patient, referrer, terms.grantee, terms.scope);
        assert(block.timestamp < parent.expiresAt && parent.epoch == chartkey.epochOf(patient));
        assert(parent.rights & REFER != 0);
        assert(referral.rights & REFER == 0 && referral.rights & ~parent.rights == 0);
        assert(referral.purposes & ~parent.purposes == 0);
        assert(referral.expiresAt <= parent.expiresAt);
        assert(referral.parentId == parent.id);
    }
}
