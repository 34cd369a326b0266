//! The contract's judge (contracts/Judge.sol), over facts instead of storage. The end-to-end tests hold the two together.

use super::{Moment, Purpose, Purposes, Rights};

/// Why a reader may not open a record, in the contract's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[repr(u8)]
pub enum Reason {
    Allowed,
    UnknownPatient,
    UnknownRecord,
    UnknownPractitioner,
    PractitionerSuspended,
    PractitionerLapsed,
    NotATeamMember,
    NoGrant,
    GrantVoided,
    GrantExpired,
    RightNotGranted,
    PurposeNotGranted,
}

/// What is known of the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The reader is the patient.
    Patient,
    /// No registrar ever vouched for the reader.
    Unknown,
    /// A registrar did.
    Registered { suspended: bool, valid_until: Moment },
}

/// What is known of the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chart {
    NoPatient,
    NoRecord,
    HasRecord,
}

/// One grant whose slot is there (not revoked, renounced or replaced) and whose scope covers the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantState {
    pub rights: Rights,
    pub purposes: Purposes,
    pub expires_at: Moment,
    pub voided: bool,
}

/// The judge's answer. `grant` is the index of the grant that allows, or of the one whose reason is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub reason: Reason,
    pub grant: Option<usize>,
}

/// Decides at `now`, the block's time. `via_team`: the reader claims a team's grant. `grants` from the widest scope to the
/// narrowest: the first that allows wins; else the greatest reason.
pub fn judge(
    chart: Chart,
    standing: Standing,
    via_team: bool,
    grants: &[GrantState],
    purpose: Purpose,
    now: Moment,
) -> Verdict {
    let without_grant = |reason| Verdict { reason, grant: None };
    match (chart, standing) {
        (Chart::NoPatient, _) => return without_grant(Reason::UnknownPatient),
        (Chart::NoRecord, _) => return without_grant(Reason::UnknownRecord),
        (Chart::HasRecord, Standing::Patient) => return without_grant(Reason::Allowed),
        (Chart::HasRecord, Standing::Unknown) => return without_grant(Reason::UnknownPractitioner),
        (Chart::HasRecord, Standing::Registered { suspended: true, .. }) => {
            return without_grant(Reason::PractitionerSuspended);
        }
        (Chart::HasRecord, Standing::Registered { valid_until, .. }) if valid_until <= now => {
            return without_grant(Reason::PractitionerLapsed);
        }
        _ => {}
    }
    if via_team {
        return without_grant(Reason::NotATeamMember);
    }
    let mut best = without_grant(Reason::NoGrant);
    for (i, grant) in grants.iter().enumerate() {
        match judge_grant(grant, purpose, now) {
            Reason::Allowed => return Verdict { reason: Reason::Allowed, grant: Some(i) },
            reason if reason > best.reason => best = Verdict { reason, grant: Some(i) },
            _ => {}
        }
    }
    best
}

fn judge_grant(grant: &GrantState, purpose: Purpose, now: Moment) -> Reason {
    if grant.voided {
        Reason::GrantVoided
    } else if grant.expires_at <= now {
        Reason::GrantExpired
    } else if !grant.rights.may_read() {
        Reason::RightNotGranted
    } else if !grant.purposes.contains(purpose) {
        Reason::PurposeNotGranted
    } else {
        Reason::Allowed
    }
}
