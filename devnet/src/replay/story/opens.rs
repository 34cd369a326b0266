//! Opens: who reads, through whom, by what, and why.

use super::{
    Story,
    state::{BTG, EMERGENCY, Grantee, Record, Staff},
};
use crate::replay::{
    hash::{Account, Word, ZERO, of_account},
    kind::Kind,
    logs::Logs,
};

/// Purposes of opens: treatment mostly.
const PURPOSES: [u8; 8] = [0, 0, 0, 0, 0, 1, 3, 6];

/// An open that the judge allows.
struct Open {
    reader: Account,
    via: Account,
    scope: Word,
    purpose: u8,
}

impl Story {
    pub(super) fn open(&mut self, patient: usize, staff: Staff, logs: &mut Logs) -> Option<()> {
        let record = self.some_record(patient)?;
        let purpose = *self.rng.pick(&PURPOSES)?;
        let wanted = match self.rng.below(100) {
            0..=5 => None,
            6..=17 => self.by_team(patient, &record, purpose),
            18..=25 => self.by_referral(patient, &record, purpose),
            26..=30 => self.by_glass(patient, &record),
            _ => self.by_grant(patient, staff, &record, purpose),
        };
        let open =
            wanted.or_else(|| self.by_any_grant(patient, &record)).or_else(|| self.by_right(patient, purpose))?;
        let nonce = if self.rng.percent(60) { self.rng.next() >> 16 | 1 } else { 0 };
        let account = self.patient(patient).account;
        let log = logs.event(Kind::RecordOpened, &account, record.digest, of_account(&open.reader));
        log.account(&open.via).word(&open.scope).number(open.purpose.into()).number(nonce);
        Some(())
    }

    /// The patient, or a guardian.
    fn by_right(&mut self, patient: usize, purpose: u8) -> Option<Open> {
        // Sometimes a grant is given instead.
        if self.rng.percent(20) {
            return None;
        }
        let reader = self.actor_on(patient);
        let account = self.patient(patient).account;
        let via = if reader == account { ZERO } else { account };
        Some(Open { reader, via, scope: super::state::CHART, purpose })
    }

    fn by_grant(&self, patient: usize, staff: Staff, record: &Record, purpose: u8) -> Option<Open> {
        if Self::hidden(record.status) || !self.in_good_standing(staff) {
            return None;
        }
        let what = Self::reading(record, purpose);
        let scope = self.patient(patient).judge(Grantee::Practitioner(staff), &what, self.now)?;
        Some(Open { reader: self.staff[staff as usize].account, via: ZERO, scope, purpose })
    }

    /// By whichever practitioner's grant allows it, the latest first.
    fn by_any_grant(&self, patient: usize, record: &Record) -> Option<Open> {
        self.patient(patient).grants.iter().rev().find_map(|grant| match grant.grantee {
            Grantee::Practitioner(staff) => self.by_grant(patient, staff, record, 0),
            Grantee::Team(_) => None,
        })
    }

    fn by_team(&self, patient: usize, record: &Record, purpose: u8) -> Option<Open> {
        let chart = self.patient(patient);
        if Self::hidden(record.status) {
            return None;
        }
        chart.grants.iter().rev().find_map(|grant| {
            let Grantee::Team(nth) = grant.grantee else { return None };
            let team = &self.teams[nth as usize];
            let scope = chart.judge(grant.grantee, &Self::reading(record, purpose), self.now)?;
            let mut members = team.members.iter();
            let (staff, _) = members.find(|(staff, until)| self.now < *until && self.in_good_standing(*staff))?;
            Some(Open { reader: self.staff[*staff as usize].account, via: team.account, scope, purpose })
        })
    }

    fn by_referral(&self, patient: usize, record: &Record, purpose: u8) -> Option<Open> {
        let chart = self.patient(patient);
        if Self::hidden(record.status) {
            return None;
        }
        chart.referrals.iter().rev().find_map(|slot| {
            let what = Self::reading(record, purpose);
            let scope = chart.judge_referred(slot.referrer, slot.grantee, &what, self.now)?;
            let standing = self.in_good_standing(slot.referrer) && self.in_good_standing(slot.grantee);
            let [via, reader] = [slot.referrer, slot.grantee].map(|staff| self.staff[staff as usize].account);
            standing.then_some(Open { reader, via, scope, purpose })
        })
    }

    /// For its own purpose, by the glass that the reader broke.
    fn by_glass(&self, patient: usize, record: &Record) -> Option<Open> {
        let chart = self.patient(patient);
        if Self::hidden(record.status) {
            return None;
        }
        chart.grants.iter().rev().find_map(|grant| {
            let Grantee::Practitioner(staff) = grant.grantee else { return None };
            let broken = grant.scope == EMERGENCY && chart.in_force(grant, self.now);
            // A grant that names the purpose would be asked before.
            let wider = chart.judge(grant.grantee, &Self::reading(record, BTG), self.now);
            let reader = self.staff[staff as usize].account;
            (broken && self.in_good_standing(staff)).then(|| Open {
                reader,
                via: ZERO,
                scope: wider.unwrap_or(EMERGENCY),
                purpose: BTG,
            })
        })
    }
}
