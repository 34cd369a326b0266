//! The accounting of disclosures (45 CFR 164.528(b)(2)): when, to whom, what, and why.

use serde::Serialize;
use utoipa::ToSchema;

use super::{GrantRef, Place};
use crate::model::{Address, Moment, Purpose, RecordCid};

/// One record was opened by somebody else than the patient.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Disclosure {
    /// When.
    pub disclosed_at: Moment,
    /// To whom.
    pub recipient: Recipient,
    /// What.
    pub cid: RecordCid,
    /// The record's folder; 0: none.
    pub folder: u32,
    /// Why.
    pub purpose: Purpose,
    /// Through whom: the team, the referrer, or the patient for whom a guardian acts.
    pub via: Option<Address>,
    /// The grant it rested on. Null for a guardian, who needs none.
    pub grant: Option<GrantRef>,
    pub position: Place,
}

/// Who received it, as the public directory had it at that moment. No names are known of guardians.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recipient {
    pub account: Address,
    pub capacity: Capacity,
    pub name: Option<String>,
    pub licence: Option<String>,
    pub specialty: Option<String>,
    pub organisation: Option<String>,
}

/// As what somebody opened a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Capacity {
    Practitioner,
    Guardian,
}
