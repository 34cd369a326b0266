//! What concerns no chart: keys, practitioners and care teams.

use serde::{Deserialize, Serialize};

use super::{HexBytes, Place};
use crate::model::{Address, Hash, Moment};

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

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Team {
    pub address: Address,
    /// Who made it and keeps its members.
    pub registrar: Address,
    pub name: String,
    pub organisation: String,
    pub created_at: Moment,
    /// Every term that anybody had, in the order they began.
    pub members: Vec<TeamMember>,
    pub position: Place,
}

/// A term of one member.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamMember {
    pub member: Address,
    pub since: Moment,
    /// A member before this time, unless the term ended earlier.
    pub until: Moment,
    /// When it ended; null: a member now.
    pub ended_at: Option<Moment>,
    pub end_reason: Option<TermEnd>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TermEnd {
    Removed,
    /// A new end was set: the next term of the same member goes on from here.
    Replaced,
    Expired,
}

/// What an account is, by what the chain says.
#[derive(Debug, Clone, Serialize)]
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

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PractitionerRole {
    pub state: PractitionerState,
    pub valid_until: Moment,
}
