// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChartkey} from "../interfaces/IChartkey.sol";
import {Digest, Grant, OpenRequest, Practitioner, Reason, Record, Referral, Scope} from "../types/Types.sol";

/// @title Batched reads of Chartkey, for portals
/// @notice Many questions in one `eth_call`, all answered for one block, which every answer names. The lens stores nothing and
/// decides nothing: verdicts are the contract's own, the rest is what the contract has stored, and what its interfaces say it means.
/// Chartkey does not know of it, and anybody may deploy another.
/// @dev Whatever was never set is all zero, as in Chartkey: asking about strangers does not revert.
/// @dev Warning: a view that other contracts should not build on: a batch is bounded only by the gas that the node gives a call.
/// @dev Warning: who asks for the `pending` block is told of a block that may never be.
interface IChartkeyLens {
    /// @notice The block that an answer holds for.
    struct AsOf {
        uint256 blockNumber; // as the EVM reports it, see ITrail
        uint256 timestamp; // Unix seconds: what ends are compared with
    }

    /// @notice May `reader`, through `via`, open this record for this purpose? See IOpens.
    struct Question {
        address patient;
        Digest digest;
        address reader;
        address via;
        uint8 purpose; // a `Purpose`
    }

    /// @notice A chart, without what is in it.
    struct ChartView {
        bool isPatient;
        uint32 epoch;
        uint32 emergencyPolicy; // how long a broken glass stays open, seconds; 0: nobody may break it
        bytes32 trail;
    }

    /// @notice A record and its CID.
    struct RecordView {
        Record record;
        bytes cid; // version 1, binary; empty if the record is not in the chart
    }

    /// @notice Which grant.
    struct GrantKey {
        address patient;
        address grantee;
        Scope scope;
    }

    /// @notice A grant, and whether it is in force. The grantee's standing is not asked: a verdict is what tells who may open what.
    struct GrantView {
        Grant grant;
        bool inForce; // there, not expired, and of the chart's epoch
    }

    /// @notice Which referral.
    struct ReferralKey {
        address patient;
        address referrer;
        address grantee;
        Scope scope;
    }

    /// @notice A referral, and whether it is in force. The grantee's standing is not asked.
    struct ReferralView {
        Referral referral;
        Scope parent; // scope of the grant that it rests on
        bool inForce; // there, not expired, its parent still that grant and of the chart's epoch, its referrer in good standing
    }

    /// @notice A practitioner's standing.
    struct PractitionerView {
        Practitioner practitioner;
        bool inGoodStanding;
    }

    /// @notice Until when somebody is a guardian or a member.
    struct TermView {
        uint40 until; // Unix seconds; 0: never, or no longer
        bool inForce; // for a member, whatever their standing as a practitioner
    }

    /// @notice Thrown when the lens is made for an address that has no code.
    error NotAContract(address chartkey);
    /// @notice Thrown when a question's purpose is beyond the enum.
    /// @param index of the question
    error UnknownPurpose(uint256 index, uint8 purpose);

    /// @notice The contract that is read.
    function chartkey() external view returns (IChartkey);

    /// @notice Why not, or `Allowed`, one a question.
    function verdicts(Question[] calldata questions) external view returns (AsOf memory asOf, Reason[] memory reasons);

    /// @notice Charts' summaries.
    function charts(address[] calldata patients) external view returns (AsOf memory asOf, ChartView[] memory views);

    /// @notice Records of a chart, with their CIDs.
    function records(address patient, Digest[] calldata digests)
        external
        view
        returns (AsOf memory asOf, RecordView[] memory views);

    /// @notice Grants, of any charts.
    function grants(GrantKey[] calldata keys) external view returns (AsOf memory asOf, GrantView[] memory views);

    /// @notice Referrals, of any charts.
    function referrals(ReferralKey[] calldata keys)
        external
        view
        returns (AsOf memory asOf, ReferralView[] memory views);

    /// @notice Standings of practitioners.
    function practitioners(address[] calldata accounts)
        external
        view
        returns (AsOf memory asOf, PractitionerView[] memory views);

    /// @notice Whether accounts are a patient's guardians.
    function guardians(address patient, address[] calldata accounts)
        external
        view
        returns (AsOf memory asOf, TermView[] memory views);

    /// @notice Who keeps a team (zero: nobody made it), and whether accounts are members.
    function members(address team, address[] calldata accounts)
        external
        view
        returns (AsOf memory asOf, address registrar, TermView[] memory views);

    /// @notice The latest links of trails; the zero address is the registry's.
    function trails(address[] calldata subjects) external view returns (AsOf memory asOf, bytes32[] memory links);

    /// @notice The EIP-712 hash of a request to open, under this chain's and contract's domain: what its reader signs, and what
    /// `OpenSkipped` names.
    function hashOpenRequest(OpenRequest calldata request) external view returns (bytes32);
}
