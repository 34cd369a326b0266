//! What readers are told: the shapes of the query API (camelCase JSON). Filled by `store::read`, served by `api`.

mod chart;
mod history;
mod registry;
mod status;

use serde::Serialize;

pub use chart::{
    AccessRequest, CanOpen, EmergencyPolicy, EndReason, Grant, Guardian, Patient, Record, RecordStatus, RequestState,
    Viewer,
};
pub use history::{AccessLogEntry, GrantRef, HistoryEvent, LogPosition, QueryView, Reorg, TrailLink, WithdrawnEvent};
pub use registry::{
    EncryptionKey, Practitioner, PractitionerRole, PractitionerState, PublishedKey, Roles, Team, TeamMember, TermEnd,
};
pub use status::{Phase, Status};

use super::{Hash, Moment, RecordCid};

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
    /// The logs of blocks before this one are archived elsewhere. Absent: all are here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived_before: Option<u64>,
}

/// Where in the chain an event stands.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    pub block_number: u64,
    pub block_hash: Hash,
    /// Null: the event was archived, its transaction is not known here any more.
    pub transaction_hash: Option<Hash>,
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
