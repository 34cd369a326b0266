//! What happened.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{HexBytes, Place, ScopeView};
use crate::model::{Address, Digest, EventKind, Hash, LogKind, Moment, Purpose, RecordCid};

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
    pub kind: LogKind,
    /// Whose chart; the zero address for the registry.
    pub subject: Address,
    /// Who did it. Null: nobody was signed in, because the API was open to all.
    pub actor: Option<Address>,
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
    /// What the API was asked, if that is what it is about.
    pub query: Option<QueryView>,
    /// When the chain logged it; of what the API was asked, the time of the head it answered at.
    pub block_timestamp: Moment,
    pub position: LogPosition,
}

/// What the API was asked about a patient. Chained (migrations/0011_queries.sql): what was asked cannot be taken out unnoticed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Query)]
pub struct QueryView {
    /// Counts from 1 what was asked about this patient, or about all.
    pub number: u64,
    /// Whether it was about all patients: the raw history, the state at a block.
    pub of_all: bool,
    /// The route, as declared.
    pub route: String,
    /// Path and query.
    pub asked: String,
    /// By the database's clock.
    pub asked_at: Moment,
    pub request_id: String,
    /// SHA-256 over the link before it and this.
    pub link: Hash,
}

/// Where an entry of an access log stands. What the API was asked stands at the block it was answered at, in no transaction.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogPosition {
    pub block_number: u64,
    pub block_hash: Hash,
    /// Null of what the API was asked, and where the event was archived.
    pub transaction_hash: Option<Hash>,
    /// Null of what the API was asked.
    pub log_index: Option<u32>,
    pub timestamp: Moment,
}

/// One link of a trail, with the bytes to recompute it from.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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

/// Blocks were replaced: what was told of them does not hold any more.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reorg {
    /// The first block that was replaced. Whatever was told of it and of later blocks is withdrawn.
    pub from_block: u64,
    /// The events that may have been told, in the order of the chain. Empty: it is not known here which.
    pub withdrawn: Vec<WithdrawnEvent>,
}

/// Where an event stood that was withdrawn: these three of its `position`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WithdrawnEvent {
    pub block_number: u64,
    pub block_hash: Hash,
    /// Within the block, counted from 0.
    pub log_index: u32,
}
