//! What readers are told: the shapes of the query API (camelCase JSON). Filled by `store::read`, served by `api`.

mod chart;
mod disclosure;
mod history;
mod registry;
mod state;
mod status;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use chart::{
    AccessRequest, CanOpen, EmergencyPolicy, EndReason, Grant, GranteeKind, Guardian, Patient, Record, RecordStatus,
    RequestState, Viewer,
};
pub use disclosure::{Capacity, Disclosure, Recipient};
pub use history::{AccessLogEntry, GrantRef, HistoryEvent, LogPosition, QueryView, Reorg, TrailLink, WithdrawnEvent};
pub use registry::{
    EncryptionKey, Practitioner, PractitionerRole, PractitionerState, PublishedKey, Roles, Team, TeamMember, TermEnd,
};
pub use state::{Chart, EmergencyTerms, Guardianship, HeldRole, Membership, NamedTeam, StateHead, StateLine};
pub use status::{Phase, Status};

use super::{Hash, Malformed, Moment, RecordCid};

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

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let digits = text.strip_prefix("0x").filter(|digits| digits.len() % 2 == 0);
        let bytes = digits.and_then(|digits| digits.as_bytes().chunks(2).map(byte).collect());
        let wrong = || Malformed("bytes are not 0x and pairs of hexadecimal digits".into());
        bytes.map(HexBytes).ok_or_else(wrong).map_err(serde::de::Error::custom)
    }
}

/// From two hexadecimal digits.
fn byte(pair: &[u8]) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let [high, low] = pair else { return None };
    u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()
}

/// The indexed head an answer was read at.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AsOf {
    /// The latest indexed block.
    pub block_number: u64,
    pub block_hash: Hash,
    /// The block's time.
    pub timestamp: Moment,
    /// Whether that block can no longer be replaced.
    pub finalized: bool,
    /// The logs of blocks before this one are archived elsewhere. Absent: all are here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub archived_before: Option<u64>,
}

/// Where in the chain an event stands.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    pub block_number: u64,
    pub block_hash: Hash,
    /// Null: the event was archived, its transaction is not known here any more.
    pub transaction_hash: Option<Hash>,
    /// Within the block, counted from 0.
    pub log_index: u32,
    /// The block's time.
    pub timestamp: Moment,
}

/// The whole chart; a folder; one record; or the whole chart in an emergency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ScopeKind {
    Chart,
    Folder,
    Record,
    Emergency,
}

/// What a grant covers, and what is added to it later. `folder` and `cid` are null unless of that kind.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Scope)]
pub struct ScopeView {
    pub kind: ScopeKind,
    /// The patient's own number, from 1.
    pub folder: Option<u32>,
    /// The record; null too where the chart holds none of that digest.
    pub cid: Option<RecordCid>,
}
