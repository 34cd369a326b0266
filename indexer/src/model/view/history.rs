//! What happened.

use serde::Serialize;

use super::{HexBytes, Place, ScopeView};
use crate::model::{Address, Digest, EventKind, Hash, LogKind, Moment, Purpose, RecordCid};

/// Names a grant within a chart: the one of this grantee and scope that was given at this moment.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantRef {
    pub grantee: Address,
    pub scope: ScopeView,
    pub granted_at: Moment,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessLogEntry {
    pub kind: LogKind,
    pub subject: Address,
    /// Null: nobody was signed in, because the API was open to all.
    pub actor: Option<Address>,
    /// The grantee, reader, guardian or practitioner who asks: whose access it is about.
    pub viewer: Option<Address>,
    pub cid: Option<RecordCid>,
    pub purpose: Option<Purpose>,
    pub via: Option<Address>,
    /// The grant or referral given, ended or used. Null where there is none, as for a patient's own reading.
    pub grant: Option<GrantRef>,
    /// What the API was asked, if that is what it is about.
    pub query: Option<QueryView>,
    pub block_timestamp: Moment,
    pub position: LogPosition,
}

/// What the API was asked about a patient. Chained (migrations/0011_queries.sql): what was asked cannot be taken out unnoticed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
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
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogPosition {
    pub block_number: u64,
    pub block_hash: Hash,
    pub transaction_hash: Option<Hash>,
    pub log_index: Option<u32>,
    pub timestamp: Moment,
}

/// One link of a trail, with the bytes to recompute it from.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrailLink {
    pub position: Place,
    pub topics: [Hash; 4],
    pub data: HexBytes,
    pub block_number: u64,
    pub block_timestamp: Moment,
    pub link: Hash,
}

/// An event as logged, and what it says.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    pub kind: EventKind,
    /// Whose trail it belongs to; the zero address for the registry.
    pub subject: Address,
    pub actor: Address,
    /// The account it is about besides the subject.
    pub party: Option<Address>,
    pub digest: Option<Digest>,
    pub scope: Option<ScopeView>,
    pub via: Option<Address>,
    pub purpose: Option<Purpose>,
    #[serde(flatten)]
    pub link: TrailLink,
}

/// Blocks were replaced: what was told of them does not hold any more.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reorg {
    /// The first block that was replaced. Whatever was told of it and of later blocks is withdrawn.
    pub from_block: u64,
    /// The events that may have been told, in the order of the chain. Empty: it is not known here which.
    pub withdrawn: Vec<WithdrawnEvent>,
}

/// Where an event stood that was withdrawn: these three of its `position`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WithdrawnEvent {
    pub block_number: u64,
    pub block_hash: Hash,
    pub log_index: u32,
}
