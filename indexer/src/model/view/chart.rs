//! Charts: patients, records, grants and who can see.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{EncryptionKey, HexBytes, Place, ScopeView};
use crate::model::{Address, Codec, Digest, Hash, Moment, Purpose, Reason, RecordCid, Right};

/// A chart in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Patient {
    /// The patient's account.
    pub address: Address,
    pub registered_at: Moment,
    /// The latest one: the one to seal to.
    pub encryption_key: EncryptionKey,
    /// The latest link of the patient's trail: equals `trail(patient)` on chain.
    pub trail: Hash,
    /// Records ever added, corrected and retracted ones too.
    pub record_count: u64,
    /// Grants and referrals in force at the indexed head.
    pub active_grant_count: u64,
    /// Those who act for the patient at the indexed head.
    pub guardians: Vec<Guardian>,
    /// Null: nobody may break the glass.
    pub emergency_policy: Option<EmergencyPolicy>,
}

/// Who acts for a patient.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Guardian {
    /// Their account.
    pub guardian: Address,
    /// Acts for the patient before this time.
    pub until: Moment,
}

/// That practitioners who may in emergencies can open the chart without a grant, and every such opening is told.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmergencyPolicy {
    /// How long a broken glass stays open: at most 72 hours.
    #[schema(example = 3_600)]
    pub duration_seconds: u32,
}

/// Current; superseded: corrected by a later record, and still readable; retracted: entered in error, for the patient and
/// guardians only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RecordStatus {
    Current,
    Superseded,
    Retracted,
}

/// One encrypted file in one chart. Its content is on IPFS, not here.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Whose chart holds it.
    pub patient: Address,
    /// Names the file on IPFS.
    pub cid: RecordCid,
    pub digest: Digest,
    pub codec: Codec,
    /// The patient's own number for a group of records; 0: none. It never changes.
    pub folder: u32,
    /// Who added it.
    pub author: Address,
    pub status: RecordStatus,
    pub added_at: Moment,
    /// The record that this one corrects.
    pub supersedes: Option<RecordCid>,
    /// The record that corrects this one.
    pub superseded_by: Option<RecordCid>,
    /// Commitment to the content key; all zero: none.
    pub key_commit: Hash,
    /// Title, type and date, sealed: at most 512 bytes, maybe none.
    pub sealed_metadata: HexBytes,
    /// Where it was added.
    pub position: Place,
}

/// Why a grant is no longer in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
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

/// Who is granted access: a practitioner, or a care team whose members read through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum GranteeKind {
    Practitioner,
    Team,
}

/// One patient's permission to one grantee, for one scope; or a part of it passed on (a referral); or what breaking the glass gave.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// Whose chart it opens.
    pub patient: Address,
    pub grantee: Address,
    pub grantee_kind: GranteeKind,
    pub scope: ScopeView,
    pub rights: Vec<Right>,
    /// What the grantee may read for.
    pub purposes: Vec<Purpose>,
    /// Who passed it on; null: the patient granted it, or the glass was broken.
    pub referrer: Option<Address>,
    pub granted_at: Moment,
    /// In force before this time, unless it ends earlier.
    pub expires_at: Moment,
    /// When it ended, seen from the moment asked about. Null: in force then.
    pub ended_at: Option<Moment>,
    /// Null: in force then.
    pub end_reason: Option<EndReason>,
    /// The grant's seed, sealed to the grantee's key: at most 2048 bytes, maybe none.
    pub sealed_key: HexBytes,
    /// Where it was granted.
    pub position: Place,
}

/// One way in which someone may open records: what to name as `via`, and the grant they have it by.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Viewer {
    /// Who may.
    pub viewer: Address,
    /// The team whose grant it is, the referrer, or the patient for whom a guardian acts; null for the viewer's own
    /// grant.
    pub via: Option<Address>,
    /// Null for a guardian, who needs none.
    pub grant: Option<Grant>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RequestState {
    Pending,
    /// The practitioner has since been granted that scope.
    Granted,
    /// The practitioner has since asked for that scope again.
    Superseded,
}

/// A practitioner asks for access.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessRequest {
    /// Whose chart they ask for.
    pub patient: Address,
    /// Who asks.
    pub practitioner: Address,
    pub scope: ScopeView,
    pub purposes: Vec<Purpose>,
    /// keccak256 of a note that reached the patient otherwise; null: none.
    pub note_hash: Option<Hash>,
    pub state: RequestState,
    pub requested_at: Moment,
    /// When it was granted or superseded; null: pending.
    pub ended_at: Option<Moment>,
    /// Where they asked.
    pub position: Place,
}

/// The verdict on one reader and one record, as the contract's `whyNot` gives it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CanOpen {
    /// Whether an open at that moment would have succeeded.
    pub allowed: bool,
    /// `allowed`, or why not.
    pub reason: Reason,
    /// The grant that allows it, or the one whose reason is given. With `noGrant`, the last one that was revoked or
    /// renounced; null if there never was one.
    pub grant: Option<Grant>,
}
