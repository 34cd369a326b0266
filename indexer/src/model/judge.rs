//! The contract's judge (contracts/Judge.sol), over facts instead of storage. The end-to-end tests hold the two
//! together.

use super::{Moment, Purpose, Purposes, Rights};

/// Why a reader may not open a record, in the contract's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[repr(u8)]
pub enum Reason {
    Allowed,
    UnknownPatient,
    UnknownRecord,
    RecordRetracted,
    NotAGuardian,
    UnknownPractitioner,
    PractitionerSuspended,
    PractitionerLapsed,
    NotATeamMember,
    ReferrerNotInGoodStanding,
    NoGrant,
    ParentEnded,
    GrantVoided,
    GrantExpired,
    RightNotGranted,
    PurposeNotGranted,
    /// Of a signed open that was skipped before the judge was asked. No verdict.
    NotJudged,
}

/// What is known of a practitioner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No registrar ever vouched for the account.
    Unknown,
    /// A registrar did.
    Registered { suspended: bool, valid_until: Moment },
}

impl Standing {
    /// `Allowed` in good standing, else why not.
    fn judge(self, now: Moment) -> Reason {
        match self {
            Standing::Unknown => Reason::UnknownPractitioner,
            Standing::Registered { suspended: true, .. } => Reason::PractitionerSuspended,
            Standing::Registered { valid_until, .. } if valid_until <= now => Reason::PractitionerLapsed,
            Standing::Registered { .. } => Reason::Allowed,
        }
    }
}

/// What is known of the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chart {
    NoPatient,
    NoRecord,
    HasRecord { retracted: bool },
}

/// Who reads, and through whom (`via` in contracts/interfaces/IOpens.sol). An end that is `None`: there is none, or no
/// longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// The reader is the patient, whatever `via` says.
    Patient,
    /// `via` is the patient, whose guardian the reader is until then.
    Guardian { until: Option<Moment> },
    /// No `via`: by the reader's own grants, and the glass they broke.
    Own,
    /// `via` is a team, whose member the reader is until then.
    Team { until: Option<Moment> },
    /// `via` is any other account: what it passed on to the reader.
    Referrer(Standing),
}

/// One grant or referral whose slot is there (not revoked, renounced or replaced) and whose scope covers the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantState {
    pub rights: Rights,
    pub purposes: Purposes,
    pub expires_at: Moment,
    pub voided: bool,
    /// Of a referral: the grant it rests on was revoked, renounced or replaced.
    pub parent_ended: bool,
}

/// What is asked, and what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    pub chart: Chart,
    pub through: Through,
    /// The reader's; asked only if they read as a practitioner.
    pub standing: Standing,
    pub purpose: Purpose,
    /// The block's time.
    pub now: Moment,
}

/// The judge's answer. `grant` is the index of the grant that allows, or of the one whose reason is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub reason: Reason,
    pub grant: Option<usize>,
}

/// Decides. `grants` are those that `through` names, from the widest scope to the narrowest, the emergency's last and
/// for its own purpose only: the first that allows wins; else the greatest reason.
pub fn judge(question: &Question, grants: &[GrantState]) -> Verdict {
    match judge_reader(question) {
        Some(reason) => Verdict { reason, grant: None },
        None => judge_grants(question, grants),
    }
}

/// What is decided before any grant is looked at. `None`: the grants decide.
fn judge_reader(question: &Question) -> Option<Reason> {
    let Question { chart, through, standing, now, .. } = *question;
    let in_time = |until: Option<Moment>| until.is_some_and(|until| now < until);
    let retracted = match chart {
        Chart::NoPatient => return Some(Reason::UnknownPatient),
        Chart::NoRecord => return Some(Reason::UnknownRecord),
        Chart::HasRecord { retracted } => retracted,
    };
    match through {
        Through::Patient => return Some(Reason::Allowed),
        Through::Guardian { until } if in_time(until) => return Some(Reason::Allowed),
        Through::Guardian { .. } => return Some(Reason::NotAGuardian),
        _ if retracted => return Some(Reason::RecordRetracted),
        _ => {}
    }
    match (standing.judge(now), through) {
        (Reason::Allowed, Through::Team { until }) if !in_time(until) => Some(Reason::NotATeamMember),
        (Reason::Allowed, Through::Referrer(referrer)) if referrer.judge(now) != Reason::Allowed => {
            Some(Reason::ReferrerNotInGoodStanding)
        }
        (Reason::Allowed, _) => None,
        (reason, _) => Some(reason),
    }
}

fn judge_grants(question: &Question, grants: &[GrantState]) -> Verdict {
    let mut best = Verdict { reason: Reason::NoGrant, grant: None };
    for (i, grant) in grants.iter().enumerate() {
        match judge_grant(grant, question.purpose, question.now) {
            Reason::Allowed => return Verdict { reason: Reason::Allowed, grant: Some(i) },
            reason if reason > best.reason => best = Verdict { reason, grant: Some(i) },
            _ => {}
        }
    }
    best
}

fn judge_grant(grant: &GrantState, purpose: Purpose, now: Moment) -> Reason {
    if grant.parent_ended {
        Reason::ParentEnded
    } else if grant.voided {
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000;

    fn at(seconds: u64) -> Moment {
        Moment::from_unix(seconds).unwrap()
    }

    fn registered() -> Standing {
        Standing::Registered { suspended: false, valid_until: at(NOW + 1) }
    }

    fn question(through: Through) -> Question {
        let chart = Chart::HasRecord { retracted: false };
        Question { chart, through, standing: registered(), purpose: Purpose::Treat, now: at(NOW) }
    }

    fn grant() -> GrantState {
        GrantState {
            rights: Rights(1),
            purposes: Purposes::only(Purpose::Treat),
            expires_at: at(NOW + 1),
            voided: false,
            parent_ended: false,
        }
    }

    fn reason(question: Question, grants: &[GrantState]) -> Reason {
        judge(&question, grants).reason
    }

    #[test]
    fn each_reason_has_its_fact() {
        let own = question(Through::Own);
        let standing = |standing| Question { standing, ..own };
        let suspended = Standing::Registered { suspended: true, valid_until: at(NOW + 1) };
        let lapsed = Standing::Registered { suspended: false, valid_until: at(NOW) };
        let retracted = Chart::HasRecord { retracted: true };
        let readers = [
            (own, Reason::Allowed),
            (Question { chart: Chart::NoPatient, ..own }, Reason::UnknownPatient),
            (Question { chart: Chart::NoRecord, ..own }, Reason::UnknownRecord),
            (Question { chart: retracted, ..own }, Reason::RecordRetracted),
            (question(Through::Guardian { until: None }), Reason::NotAGuardian),
            (question(Through::Guardian { until: Some(at(NOW)) }), Reason::NotAGuardian),
            (standing(Standing::Unknown), Reason::UnknownPractitioner),
            (standing(suspended), Reason::PractitionerSuspended),
            (standing(lapsed), Reason::PractitionerLapsed),
            (question(Through::Team { until: None }), Reason::NotATeamMember),
            (question(Through::Team { until: Some(at(NOW)) }), Reason::NotATeamMember),
            (question(Through::Team { until: Some(at(NOW + 1)) }), Reason::Allowed),
            (question(Through::Referrer(suspended)), Reason::ReferrerNotInGoodStanding),
            (question(Through::Referrer(Standing::Unknown)), Reason::ReferrerNotInGoodStanding),
            (question(Through::Referrer(registered())), Reason::Allowed),
        ];
        for (question, expected) in readers {
            assert_eq!(reason(question, &[grant()]), expected, "{question:?}");
        }
        let grants = [
            (GrantState { parent_ended: true, voided: true, ..grant() }, Reason::ParentEnded),
            (GrantState { voided: true, expires_at: at(NOW), ..grant() }, Reason::GrantVoided),
            (GrantState { expires_at: at(NOW), rights: Rights(2), ..grant() }, Reason::GrantExpired),
            (GrantState { rights: Rights(6), purposes: Purposes(2), ..grant() }, Reason::RightNotGranted),
            (GrantState { purposes: Purposes(2), ..grant() }, Reason::PurposeNotGranted),
        ];
        for (grant, expected) in grants {
            assert_eq!(reason(own, &[grant]), expected, "{grant:?}");
        }
        assert_eq!(judge(&own, &[]), Verdict { reason: Reason::NoGrant, grant: None });
    }

    #[test]
    fn patients_and_guardians_need_no_grant_and_no_standing() {
        for through in [Through::Patient, Through::Guardian { until: Some(at(NOW + 1)) }] {
            let chart = Chart::HasRecord { retracted: true };
            let asked = Question { chart, standing: Standing::Unknown, ..question(through) };
            assert_eq!(judge(&asked, &[]), Verdict { reason: Reason::Allowed, grant: None });
        }
    }

    #[test]
    fn the_first_that_allows_wins_and_else_the_greatest_reason() {
        let expired = GrantState { expires_at: at(NOW), ..grant() };
        let voided = GrantState { voided: true, ..grant() };
        let own = question(Through::Own);
        assert_eq!(judge(&own, &[expired, grant(), grant()]).grant, Some(1));
        assert_eq!(judge(&own, &[expired, voided]), Verdict { reason: Reason::GrantExpired, grant: Some(0) });
    }
}
