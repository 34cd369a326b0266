// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IChartkey} from "../interfaces/IChartkey.sol";
import {Scopes} from "../libraries/Scopes.sol";
import {
    Digest,
    Grant,
    OpenRequest,
    ParentScope,
    Practitioner,
    Purpose,
    Reason,
    RecordStatus,
    Scope
} from "../types/Types.sol";
import {IChartkeyLens} from "./IChartkeyLens.sol";

/// @title Batched reads of Chartkey, for portals
contract ChartkeyLens is IChartkeyLens {
    /* CONSTANTS */

    bytes32 private constant OPEN_REQUEST = keccak256(
        "OpenRequest(address patient,bytes32 digest,address reader,address via,uint8 purpose,uint256 nonce,uint256 deadline)"
    );

    /// @inheritdoc IChartkeyLens
    IChartkey public immutable chartkey;

    /* CONSTRUCTOR */

    constructor(address chartkey_) {
        if (chartkey_.code.length == 0) revert NotAContract(chartkey_);
        chartkey = IChartkey(chartkey_);
    }

    /* VERDICTS */

    /// @inheritdoc IChartkeyLens
    function verdicts(Question[] calldata questions) external view returns (AsOf memory asOf, Reason[] memory reasons) {
        asOf = _asOf();
        reasons = new Reason[](questions.length);
        for (uint256 i = 0; i < questions.length; ++i) {
            Question calldata q = questions[i];
            if (q.purpose > uint8(type(Purpose).max)) revert UnknownPurpose(i, q.purpose);
            reasons[i] = chartkey.whyNot(q.patient, q.digest, q.reader, q.via, Purpose(q.purpose));
        }
    }

    /* CHARTS */

    /// @inheritdoc IChartkeyLens
    function charts(address[] calldata patients) external view returns (AsOf memory asOf, ChartView[] memory views) {
        asOf = _asOf();
        views = new ChartView[](patients.length);
        for (uint256 i = 0; i < patients.length; ++i) {
            address patient = patients[i];
            bool known = chartkey.isPatient(patient);
            views[i] = ChartView({
                isPatient: known,
                epoch: chartkey.epochOf(patient),
                emergencyPolicy: chartkey.emergencyPolicyOf(patient),
                // The zero address is no patient: its trail is the registry's.
                trail: known ? chartkey.trail(patient) : bytes32(0)
            });
        }
    }

    /// @inheritdoc IChartkeyLens
    function records(address patient, Digest[] calldata digests)
        external
        view
        returns (AsOf memory asOf, RecordView[] memory views)
    {
        asOf = _asOf();
        views = new RecordView[](digests.length);
        for (uint256 i = 0; i < digests.length; ++i) {
            views[i].record = chartkey.recordOf(patient, digests[i]);
            if (views[i].record.status != RecordStatus.None) views[i].cid = chartkey.cidOf(patient, digests[i]);
        }
    }

    /* ACCESS */

    /// @inheritdoc IChartkeyLens
    function grants(GrantKey[] calldata keys) external view returns (AsOf memory asOf, GrantView[] memory views) {
        asOf = _asOf();
        views = new GrantView[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            Grant memory grant = chartkey.grantOf(keys[i].patient, keys[i].grantee, keys[i].scope);
            bool inForce = block.timestamp < grant.expiresAt && grant.epoch == chartkey.epochOf(keys[i].patient);
            views[i] = GrantView({grant: grant, inForce: inForce});
        }
    }

    /// @inheritdoc IChartkeyLens
    function referrals(ReferralKey[] calldata keys)
        external
        view
        returns (AsOf memory asOf, ReferralView[] memory views)
    {
        asOf = _asOf();
        views = new ReferralView[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            views[i] = _referral(keys[i]);
        }
    }

    /* PEOPLE */

    /// @inheritdoc IChartkeyLens
    function practitioners(address[] calldata accounts)
        external
        view
        returns (AsOf memory asOf, PractitionerView[] memory views)
    {
        asOf = _asOf();
        views = new PractitionerView[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            Practitioner memory practitioner = chartkey.practitionerOf(accounts[i]);
            views[i] = PractitionerView({practitioner: practitioner, inGoodStanding: _inGoodStanding(practitioner)});
        }
    }

    /// @inheritdoc IChartkeyLens
    function guardians(address patient, address[] calldata accounts)
        external
        view
        returns (AsOf memory asOf, TermView[] memory views)
    {
        asOf = _asOf();
        views = new TermView[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            views[i] = _term(chartkey.guardianUntil(patient, accounts[i]));
        }
    }

    /// @inheritdoc IChartkeyLens
    function members(address team, address[] calldata accounts)
        external
        view
        returns (AsOf memory asOf, address registrar, TermView[] memory views)
    {
        asOf = _asOf();
        registrar = chartkey.teamRegistrar(team);
        views = new TermView[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            views[i] = _term(chartkey.teamMemberUntil(team, accounts[i]));
        }
    }

    /* PROOFS AND SIGNATURES */

    /// @inheritdoc IChartkeyLens
    function trails(address[] calldata subjects) external view returns (AsOf memory asOf, bytes32[] memory links) {
        asOf = _asOf();
        links = new bytes32[](subjects.length);
        for (uint256 i = 0; i < subjects.length; ++i) {
            links[i] = chartkey.trail(subjects[i]);
        }
    }

    /// @inheritdoc IChartkeyLens
    function hashOpenRequest(OpenRequest calldata request) external view returns (bytes32) {
        return
            MessageHashUtils.toTypedDataHash(chartkey.domainSeparator(), keccak256(abi.encode(OPEN_REQUEST, request)));
    }

    /* PRIVATE */

    function _asOf() private view returns (AsOf memory) {
        return AsOf({blockNumber: block.number, timestamp: block.timestamp});
    }

    function _term(uint40 until) private view returns (TermView memory) {
        return TermView({until: until, inForce: block.timestamp < until});
    }

    function _inGoodStanding(Practitioner memory practitioner) private view returns (bool) {
        return !practitioner.suspended && block.timestamp < practitioner.validUntil;
    }

    function _referral(ReferralKey calldata key) private view returns (ReferralView memory found) {
        found.referral = chartkey.referralOf(key.patient, key.referrer, key.grantee, key.scope);
        if (found.referral.expiresAt == 0) return found;
        found.parent = _parent(key, found.referral.parentScope);
        Grant memory parent = chartkey.grantOf(key.patient, key.referrer, found.parent);
        found.inForce = block.timestamp < found.referral.expiresAt && parent.id == found.referral.parentId
            && parent.epoch == chartkey.epochOf(key.patient) && _inGoodStanding(chartkey.practitionerOf(key.referrer));
    }

    /// @dev A referral for a record may rest on a grant for the record's folder; any other that is not for the chart rests on a grant
    /// of its own scope.
    function _parent(ReferralKey calldata key, ParentScope wide) private view returns (Scope) {
        if (wide == ParentScope.Chart) return Scopes.CHART;
        if (wide == ParentScope.Record || !Scopes.isRecord(key.scope)) return key.scope;
        return Scopes.ofFolder(chartkey.recordOf(key.patient, Scopes.toRecord(key.scope)).folder);
    }
}
