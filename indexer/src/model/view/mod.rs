//! What readers are told: the shapes of the query API (camelCase JSON). Filled by `store::read`, served by `api`.

mod chart;
mod history;
mod registry;

use serde::Serialize;

pub use chart::{
    AccessRequest, CanOpen, EmergencyPolicy, EndReason, Grant, Guardian, Patient, Record, RecordStatus, RequestState,
    Viewer,
};
pub use history::{AccessLogEntry, GrantRef, HistoryEvent, TrailLink};
pub use registry::{EncryptionKey, Practitioner, PractitionerState, PublishedKey, Team, TeamMember, TermEnd};

use super::{Address, Hash, Moment, RecordCid};

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

/// What a grant covers. `folder` and `cid` are null unless of that kind.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeView {
    pub kind: &'static str,
    pub folder: Option<u32>,
    pub cid: Option<RecordCid>,
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
