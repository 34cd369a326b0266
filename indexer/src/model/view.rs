//! What readers are told: the shapes of the query API (camelCase JSON). Filled by `store::read`, served by `api`.

use serde::{Deserialize, Serialize};

use super::{Address, Digest, EventKind, Hash, Moment, Purpose, Reason, RecordCid};

/// Bytes, written as 0x-hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HexBytes(pub Vec<u8>);

impl Serialize for HexBytes {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(2 + self.0.len() * 2);
        text.push_str("0x");
        for byte in &self.0 {
            let _ = write!(text, "{byte:02x}");
        }
        s.serialize_str(&text)
    }
}

/// The indexed head an answer was read at.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AsOf {
    pub block_number: u64,
    pub block_hash: Hash,
    pub timestamp: Moment,
    /// Whether that block can no longer be replaced.
    pub finalized: bool,
}

/// Where in the chain an event stands.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    pub block_number: u64,
    pub block_hash: Hash,
    pub transaction_hash: Hash,
    pub log_index: u32,
    pub timestamp: Moment,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishedKey {
    pub account: Address,
    pub version: u32,
    pub suite: u8,
    pub key: HexBytes,
    pub key_id: Hash,
    pub published_at: Moment,
    pub position: Place,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EncryptionKey {
    pub version: u32,
    pub suite: u8,
    pub key: HexBytes,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Patient {
    pub address: Address,
    pub registered_at: Moment,
    pub encryption_key: EncryptionKey,
    /// The latest link of the patient's trail: equals `trail(patient)` on chain.
    pub trail: Hash,
    pub record_count: u64,
    pub active_grant_count: u64,
    /// Always empty until the contract knows guardians.
    pub guardians: [Address; 0],
    /// Always null until the contract knows emergency access.
    pub emergency_policy: Option<()>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    pub patient: Address,
    pub cid: RecordCid,
    pub digest: Digest,
    pub codec: &'static str,
    pub folder: u32,
    pub author: Address,
    pub status: &'static str,
    pub added_at: Moment,
    pub supersedes: Option<RecordCid>,
    pub superseded_by: Option<RecordCid>,
    pub key_commit: Hash,
    pub sealed_metadata: HexBytes,
    pub position: Place,
}

/// What a grant covers. `folder` and `cid` are null unless of that kind.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeView {
    pub kind: &'static str,
    pub folder: Option<u32>,
    pub cid: Option<RecordCid>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EndReason {
    Revoked,
    Renounced,
    Replaced,
    EveryoneRevoked,
    Expired,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    pub patient: Address,
    pub grantee: Address,
    pub grantee_kind: &'static str,
    pub scope: ScopeView,
    pub rights: Vec<&'static str>,
    pub purposes: Vec<Purpose>,
    pub referrer: Option<Address>,
    pub granted_at: Moment,
    pub expires_at: Moment,
    /// When it ended, seen from the moment asked about. Null: in force then.
    pub ended_at: Option<Moment>,
    pub end_reason: Option<EndReason>,
    pub sealed_key: HexBytes,
    pub position: Place,
}

/// One way in which someone may open records: a viewer and the grant they have it by.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Viewer {
    pub viewer: Address,
    /// The team whose grant it is; null for the viewer's own.
    pub via: Option<Address>,
    pub grant: Grant,
}

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
    pub kind: EventKind,
    pub subject: Address,
    pub actor: Address,
    /// The grantee or reader concerned.
    pub viewer: Option<Address>,
    pub cid: Option<RecordCid>,
    pub purpose: Option<Purpose>,
    pub via: Option<Address>,
    /// The grant given, ended or used. Null where there is none, as for a patient's own reading.
    pub grant: Option<GrantRef>,
    pub block_timestamp: Moment,
    pub position: Place,
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

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CanOpen {
    pub allowed: bool,
    pub reason: Reason,
    /// The grant that allows it, or the one whose reason is given. With `noGrant`, the last one that was revoked or
    /// renounced; null if there never was one.
    pub grant: Option<Grant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PractitionerState {
    Active,
    Suspended,
    Lapsed,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Practitioner {
    pub address: Address,
    pub name: String,
    pub licence: String,
    pub specialty: String,
    pub organisation: String,
    pub state: PractitionerState,
    pub valid_until: Moment,
    pub suspended: bool,
    pub emergency_capable: bool,
    /// Who made the latest change, and when.
    pub registrar: Address,
    pub changed_at: Moment,
}

/// How far the index is.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// `starting`, `backfill` or `live`.
    pub phase: &'static str,
    pub chain_id: u64,
    pub contract: Address,
    pub deployment_block: u64,
    pub indexed_block: Option<u64>,
    pub indexed_at: Option<Moment>,
    /// The chain's head when the writer last asked, and when that was.
    pub head_block: u64,
    pub finalized_block: u64,
    pub head_seen_at: Moment,
    pub seconds_since_head: f64,
    /// Blocks between the two.
    pub lag_blocks: u64,
    /// Indexed share of deployment to head, 0 to 1.
    pub fraction: f64,
    /// Blocks per second and seconds left of a backfill, in this run; null when live or not yet known.
    pub blocks_per_second: Option<f64>,
    pub eta_seconds: Option<u64>,
}
