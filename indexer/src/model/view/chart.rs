//! Charts: patients, records, grants and who can see.

use serde::{Deserialize, Serialize};

use super::{EncryptionKey, HexBytes, Place, ScopeView};
use crate::model::{Address, Digest, Hash, Moment, Purpose, Reason, RecordCid};

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
    /// In force now.
    pub guardians: Vec<Guardian>,
    /// Null: nobody may break the glass.
    pub emergency_policy: Option<EmergencyPolicy>,
}

/// Who acts for a patient.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Guardian {
    pub guardian: Address,
    /// Acts for the patient before this time.
    pub until: Moment,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EmergencyPolicy {
    /// How long a broken glass stays open.
    pub duration_seconds: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RecordStatus {
    Current,
    Superseded,
    Retracted,
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
    pub status: RecordStatus,
    pub added_at: Moment,
    pub supersedes: Option<RecordCid>,
    pub superseded_by: Option<RecordCid>,
    pub key_commit: Hash,
    pub sealed_metadata: HexBytes,
    pub position: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EndReason {
    Revoked,
    Renounced,
    Replaced,
    EveryoneRevoked,
    Expired,
    /// Of a referral: the grant it rested on was revoked, renounced or replaced.
    ParentEnded,
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
    /// Who passed it on; null: the patient granted it, or the glass was broken.
    pub referrer: Option<Address>,
    pub granted_at: Moment,
    pub expires_at: Moment,
    /// When it ended, seen from the moment asked about. Null: in force then.
    pub ended_at: Option<Moment>,
    pub end_reason: Option<EndReason>,
    pub sealed_key: HexBytes,
    pub position: Place,
}

/// One way in which someone may open records: what to name as `via`, and the grant they have it by.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Viewer {
    pub viewer: Address,
    /// The team whose grant it is, the referrer, or the patient for whom a guardian acts; null for the viewer's own
    /// grant.
    pub via: Option<Address>,
    /// Null for a guardian, who needs none.
    pub grant: Option<Grant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RequestState {
    Pending,
    /// The practitioner has since been granted that scope.
    Granted,
    /// The practitioner has since asked for that scope again.
    Superseded,
}

/// A practitioner asks for access.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessRequest {
    pub patient: Address,
    pub practitioner: Address,
    pub scope: ScopeView,
    pub purposes: Vec<Purpose>,
    /// keccak256 of a note that reached the patient otherwise; null: none.
    pub note_hash: Option<Hash>,
    pub state: RequestState,
    pub requested_at: Moment,
    /// When it was granted or superseded; null: pending.
    pub ended_at: Option<Moment>,
    pub position: Place,
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
