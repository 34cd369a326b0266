//! What holds at a moment: everything that tells who could see what then.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AsOf, Grant, Practitioner, Record};
use crate::model::{Address, Hash, Moment, Role};

/// One line of the state at a moment: what `line` says. They come in this order, and by their accounts within each kind; records and
/// grants by patient, in the order of the chain.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "line", rename_all = "camelCase")]
pub enum StateLine {
    Head(StateHead),
    Role(HeldRole),
    Practitioner(Practitioner),
    Team(NamedTeam),
    Member(Membership),
    Patient(Chart),
    Guardian(Guardianship),
    EmergencyPolicy(EmergencyTerms),
    Record(Record),
    Grant(Grant),
}

/// Which state follows: the first line, and the only one of its kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StateHead {
    /// EIP-155.
    pub chain_id: u64,
    /// The contract.
    pub contract: Address,
    /// At the end of this block.
    pub block_number: u64,
    /// Ends of grants, licences and terms are judged at this time: the block's, or the one asked for.
    pub timestamp: Moment,
    pub as_of: AsOf,
}

/// A role that an account holds.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldRole {
    pub account: Address,
    /// keccak256 of its name; zero: the admin's.
    pub role: Hash,
    /// Null: none that the contract asks for.
    pub name: Option<Role>,
    pub since: Moment,
}

/// A care team; its members have lines of their own.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedTeam {
    pub address: Address,
    /// Who made it and keeps its members.
    pub registrar: Address,
    pub name: String,
    pub organisation: String,
    pub created_at: Moment,
}

/// A member of a care team, in their term.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    pub team: Address,
    pub member: Address,
    pub since: Moment,
    /// A member before this time, unless the term ends earlier.
    pub until: Moment,
}

/// A patient; what belongs to the chart has lines of its own.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Chart {
    pub address: Address,
    pub registered_at: Moment,
}

/// A guardian of a patient, in their term.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Guardianship {
    pub patient: Address,
    pub guardian: Address,
    pub since: Moment,
    /// Acts for the patient before this time, unless the term ends earlier.
    pub until: Moment,
}

/// That practitioners who may in emergencies can break the glass of this chart.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmergencyTerms {
    pub patient: Address,
    /// How long a broken glass stays open: at most 72 hours.
    pub duration_seconds: u32,
    pub since: Moment,
}
