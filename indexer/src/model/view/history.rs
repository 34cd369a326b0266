//! What happened.

use serde::Serialize;
use utoipa::ToSchema;

use super::{HexBytes, Place, ScopeView};
use crate::model::{Address, Digest, EventKind, Hash, Moment, Purpose, RecordCid};

/// Names a grant within a chart: the one of this grantee and scope that was given at this moment.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantRef {
    /// A practitioner or care team.
    pub grantee: Address,
    pub scope: ScopeView,
    pub granted_at: Moment,
}

/// One line of who did what in whose chart, and why.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessLogEntry {
    pub kind: EventKind,
    /// Whose chart; the zero address for the registry.
    pub subject: Address,
    /// Who did it.
    pub actor: Address,
    /// The grantee, reader, guardian or practitioner who asks: whose access it is about.
    pub viewer: Option<Address>,
    /// The record it is about.
    pub cid: Option<RecordCid>,
    /// What it was opened for.
    pub purpose: Option<Purpose>,
    /// Through whom: a care team, a referrer, or the patient for whom a guardian acts.
    pub via: Option<Address>,
    /// The grant or referral given, ended or used. Null where there is none, as for a patient's own reading.
    pub grant: Option<GrantRef>,
    /// When the chain logged it.
    pub block_timestamp: Moment,
    pub position: Place,
}

/// One link of a trail, with the bytes to recompute it from.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrailLink {
    pub position: Place,
    /// The log's topics, of which every event of the contract has four.
    #[schema(min_items = 4, max_items = 4)]
    pub topics: [Hash; 4],
    /// The log's data.
    pub data: HexBytes,
    pub block_number: u64,
    pub block_timestamp: Moment,
    /// keccak256(link before, 32 bytes ‖ block number as uint256 ‖ its Unix time as uint256 ‖ keccak256(topics ‖ data)), its last
    /// four bytes zeroed.
    pub link: Hash,
}

/// An event as logged, and what it says.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    pub kind: EventKind,
    /// Whose trail it belongs to; the zero address for the registry.
    pub subject: Address,
    /// Who did it.
    pub actor: Address,
    /// The account it is about besides the subject.
    pub party: Option<Address>,
    /// The record it is about.
    pub digest: Option<Digest>,
    /// Of the grant or referral that it gave, ended, used or asked for.
    pub scope: Option<ScopeView>,
    /// Through whom.
    pub via: Option<Address>,
    /// What a record was opened for.
    pub purpose: Option<Purpose>,
    #[serde(flatten)]
    pub link: TrailLink,
}
