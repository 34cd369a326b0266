//! What concerns no chart: keys, practitioners and care teams.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{HexBytes, Place};
use crate::model::{Address, Hash, Moment};

/// One version of an account's public encryption key.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublishedKey {
    /// Whose key.
    pub account: Address,
    /// Counted from 1; the latest one is the one to seal to.
    #[schema(minimum = 1, example = 1)]
    pub version: u32,
    /// HPKE suite (RFC 9180): 1 is X-Wing, 2 is X25519.
    #[schema(minimum = 1, maximum = 2, example = 2)]
    pub suite: u8,
    /// 1216 bytes (X-Wing) or 32 (X25519).
    pub key: HexBytes,
    /// keccak256(suite ‖ key).
    pub key_id: Hash,
    pub published_at: Moment,
    pub position: Place,
}

/// A public encryption key.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EncryptionKey {
    /// Counted from 1.
    #[schema(minimum = 1, example = 1)]
    pub version: u32,
    /// HPKE suite (RFC 9180): 1 is X-Wing, 2 is X25519.
    #[schema(minimum = 1, maximum = 2, example = 2)]
    pub suite: u8,
    /// 1216 bytes (X-Wing) or 32 (X25519).
    pub key: HexBytes,
}

/// In good standing; suspended by a registrar; or past the date until which a registrar vouched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PractitionerState {
    Active,
    Suspended,
    Lapsed,
}

/// An entry of the public directory: what a registrar vouches for.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Practitioner {
    pub address: Address,
    #[schema(example = "Dr. Ines Keller")]
    pub name: String,
    /// Licence number, as the registrar wrote it.
    #[schema(example = "DE-BY-1042")]
    pub licence: String,
    #[schema(example = "Cardiology")]
    pub specialty: String,
    #[schema(example = "St. Anna")]
    pub organisation: String,
    pub state: PractitionerState,
    /// The registrar vouches before this time.
    pub valid_until: Moment,
    pub suspended: bool,
    /// Whether they may break the glass, where the patient's policy lets them.
    pub emergency_capable: bool,
    /// Who made the latest change.
    pub registrar: Address,
    /// When that was.
    pub changed_at: Moment,
}

/// A care team: practitioners who can be granted access as one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Team {
    /// An address that nobody has the key of.
    pub address: Address,
    /// Who made it and keeps its members.
    pub registrar: Address,
    #[schema(example = "Ward 3")]
    pub name: String,
    #[schema(example = "St. Anna")]
    pub organisation: String,
    pub created_at: Moment,
    /// Every term that anybody had, in the order they began.
    pub members: Vec<TeamMember>,
    /// Where it was made.
    pub position: Place,
}

/// A term of one member.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TeamMember {
    pub member: Address,
    pub since: Moment,
    /// A member before this time, unless the term ended earlier.
    pub until: Moment,
    /// When it ended; null: a member now.
    pub ended_at: Option<Moment>,
    /// Null: a member now.
    pub end_reason: Option<TermEnd>,
}

/// Why a term ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TermEnd {
    Removed,
    /// A new end was set: the next term of the same member goes on from here.
    Replaced,
    Expired,
}

/// What an account is, by what the chain says.
#[expect(clippy::struct_excessive_bools, reason = "roles are held or not, each by itself")]
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Roles {
    /// Has a chart.
    pub patient: bool,
    /// The charts of which it is a guardian now: the first 200, in the order in which it became one.
    pub guardian_of: Vec<Address>,
    /// Null: no registrar ever vouched for it.
    pub practitioner: Option<PractitionerRole>,
    pub auditor: bool,
    pub registrar: bool,
    pub custodian: bool,
    pub admin: bool,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PractitionerRole {
    pub state: PractitionerState,
    pub valid_until: Moment,
}
