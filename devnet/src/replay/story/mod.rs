//! The story that a replayed chain tells: patients, practitioners and what they do, act by act, each one allowed by the
//! contract's rules at that moment. The same seed tells the same story.

#![expect(clippy::unnecessary_wraps, reason = "acts give `None` where they are not possible; some always are")]

mod charts;
mod grants;
mod mix;
mod opens;
mod practitioners;
mod registry;
mod state;
mod words;

use std::sync::Arc;

use super::{
    ReplayOptions,
    hash::{Account, Word},
    logs::Logs,
    rng::Rng,
    wallet,
};
use mix::Act;
use state::{Patient, Practitioner, Record, Staff, Team};

/// Visits going on at once, at most.
const VISITS: usize = 24;

/// A patient sees a practitioner: their acts stand close together in time.
#[derive(Clone, Debug)]
struct Visit {
    patient: usize,
    staff: Staff,
    acts_left: u32,
}

/// Everything that what comes next depends on. Clones are cheap: charts are shared until one of them changes.
#[derive(Clone, Debug)]
pub(super) struct Story {
    rng: Rng,
    /// How many accounts came up that have keys; `None`: none has one.
    keys: Option<u32>,
    chain_id: u64,
    contract: Account,
    admin: Account,
    /// An admin named, or a delay begun, that may be called off.
    pending: bool,
    registrars: Vec<Account>,
    auditors: Vec<Account>,
    custodians: Vec<Account>,
    staff: Arc<Vec<Practitioner>>,
    suspended: Vec<Staff>,
    teams: Arc<Vec<Team>>,
    patients: Vec<Arc<Patient>>,
    visits: Vec<Visit>,
    acts: u64,
    /// Seconds of the block in which things happen now.
    now: u64,
}

impl Story {
    pub(super) fn new(options: &ReplayOptions, contract: Account) -> Self {
        let mut rng = Rng::new(options.seed);
        Self {
            keys: options.keys.then_some(0),
            chain_id: options.chain_id,
            contract,
            admin: rng.bytes(),
            pending: false,
            registrars: Vec::new(),
            auditors: Vec::new(),
            custodians: Vec::new(),
            staff: Arc::default(),
            suspended: Vec::new(),
            teams: Arc::default(),
            patients: Vec::new(),
            visits: Vec::new(),
            acts: 0,
            now: 0,
            rng,
        }
    }

    /// Has it go on otherwise from here: another branch.
    pub(super) fn branch(&mut self, seed: u64) {
        self.rng = Rng::new(self.rng.next() ^ seed.rotate_left(32));
    }

    /// How many charts there are.
    pub(super) fn patients(&self) -> usize {
        self.patients.len()
    }

    /// One more act, in a block of this time (Unix seconds): one or two logs.
    pub(super) fn act(&mut self, now: u64, logs: &mut Logs) {
        self.now = now;
        let drawn = mix::draw(self.acts, &mut self.rng);
        self.acts += 1;
        // What is not possible now gives way to what makes it possible, or to what always is.
        let possible = self.attempt(drawn, logs).is_some()
            || drawn != Act::Open && self.attempt(Act::Open, logs).is_some()
            || self.attempt(Act::Grant, logs).is_some();
        if !possible {
            self.register_patient(logs);
        }
    }

    /// `None`: it is not possible now, and nothing was logged.
    fn attempt(&mut self, act: Act, logs: &mut Logs) -> Option<()> {
        match act {
            Act::RegisterPatient => self.register_patient(logs),
            Act::PublishKey => self.publish_key(logs),
            Act::SkipOpen => self.skip_open(logs),
            Act::CancelNonces => self.cancel_nonces(logs),
            Act::RegisterPractitioner => self.register_practitioner(logs),
            Act::AmendPractitioner => self.amend_practitioner(logs),
            Act::RenewPractitioner => self.renew_practitioner(logs),
            Act::SuspendOrReinstate => self.suspend_or_reinstate(logs),
            Act::CreateTeam => self.create_team(logs),
            Act::SetMember => self.set_member(logs),
            Act::RemoveMember => self.remove_member(logs),
            Act::ChangeRole => self.change_role(logs),
            Act::ChangeAdmin => self.change_admin(logs),
            _ => self.attempt_on_chart(act, logs),
        }
    }

    /// An act of a visit.
    fn attempt_on_chart(&mut self, act: Act, logs: &mut Logs) -> Option<()> {
        let (patient, staff) = self.visit()?;
        match act {
            // There is nothing to open or to pass on in an empty chart.
            Act::Open | Act::Grant if self.patient(patient).records.is_empty() => self.add_record(patient, staff, logs),
            Act::Open => self.open(patient, staff, logs),
            Act::AddRecord => self.add_record(patient, staff, logs),
            Act::Supersede => self.supersede(patient, staff, logs),
            Act::Retract => self.retract(patient, logs),
            Act::Grant => self.grant(patient, staff, logs),
            Act::Revoke => self.revoke(patient, logs),
            Act::Renounce => self.renounce(patient, logs),
            Act::RevokeEveryone => self.revoke_everyone(patient, logs),
            Act::Refer => self.refer(patient, logs),
            Act::EndReferral => self.end_referral(patient, logs),
            Act::Request => self.request(patient, staff, logs),
            Act::SetGuardian => self.set_guardian(patient, logs),
            Act::RemoveGuardian => self.remove_guardian(patient, logs),
            Act::SetPolicy => self.set_policy(patient, logs),
            Act::BreakGlass => self.break_glass(patient, logs),
            Act::Review => self.review(patient, logs),
            _ => None,
        }
    }

    /// Who meets whom now. Visits end, and others begin.
    fn visit(&mut self) -> Option<(usize, Staff)> {
        if self.visits.len() < VISITS.min(self.patients.len()) {
            let patient = self.rng.below(self.patients.len());
            self.begin_visit(patient);
        }
        let nth = self.rng.below(self.visits.len());
        let visit = self.visits.get_mut(nth)?;
        let met = (visit.patient, visit.staff);
        visit.acts_left -= 1;
        if visit.acts_left == 0 {
            self.visits.swap_remove(nth);
        }
        Some(met)
    }

    fn begin_visit(&mut self, patient: usize) {
        let staff = self.staff_in_good_standing().unwrap_or_default();
        let acts_left = self.rng.between(4, 34) as u32;
        self.visits.push(Visit { patient, staff, acts_left });
    }

    fn patient(&self, nth: usize) -> &Patient {
        &self.patients[nth]
    }

    fn patient_mut(&mut self, nth: usize) -> &mut Patient {
        Arc::make_mut(&mut self.patients[nth])
    }

    fn in_good_standing(&self, staff: Staff) -> bool {
        let practitioner = self.staff.get(staff as usize);
        practitioner.is_some_and(|practitioner| !practitioner.suspended && self.now < practitioner.valid_until)
    }

    /// Anyone in good standing, if a few tries find one.
    fn staff_in_good_standing(&mut self) -> Option<Staff> {
        (0..8).find_map(|_| {
            let staff = self.rng.below(self.staff.len()) as Staff;
            self.in_good_standing(staff).then_some(staff)
        })
    }

    /// The patient, or sometimes a guardian whose time has not ended.
    fn actor_on(&mut self, patient: usize) -> Account {
        let now = self.now;
        let chart = &self.patients[patient];
        let guardian = chart.guardians.iter().find(|(_, until)| now < *until);
        match guardian {
            Some((guardian, _)) if self.rng.percent(20) => *guardian,
            _ => chart.account,
        }
    }

    /// One of a chart's records, the latest ones more often.
    fn some_record(&mut self, patient: usize) -> Option<Record> {
        let count = self.patients[patient].records.len();
        let recent = if self.rng.percent(50) { count.min(3) } else { count };
        let nth = count.checked_sub(self.rng.below(recent) + 1)?;
        Some(self.patients[patient].records[nth].clone())
    }

    /// Somebody's chart of which this is true, if a few tries find one; else the one at hand.
    fn some_patient(&mut self, at_hand: usize, is: impl Fn(&Patient) -> bool) -> usize {
        let tries = (0..50).map(|_| self.rng.below(self.patients.len()));
        let tries: Vec<_> = tries.collect();
        tries.into_iter().find(|nth| is(&self.patients[*nth])).unwrap_or(at_hand)
    }

    /// A moment so many seconds ahead.
    fn ahead(&mut self, least: u64, most: u64) -> u64 {
        self.now + self.rng.between(least, most)
    }

    /// Somebody who was not there before. The story is the same whether they have keys or not.
    fn newcomer(&mut self) -> Account {
        let random = self.rng.bytes();
        let Some(nth) = self.keys else { return random };
        self.keys = Some(nth + 1);
        wallet::account(nth)
    }

    fn random_word(&mut self) -> Word {
        self.rng.bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn shares_of_events_are_the_tables() {
        let mut story = Story::new(&ReplayOptions { seed: 7, ..ReplayOptions::default() }, [1; 20]);
        let mut logs = Logs::default();
        let mut counts = BTreeMap::new();
        for act in 0..100_000 {
            logs.clear();
            logs.transaction = 0;
            story.act(1_700_000_000 + act / 2, &mut logs);
            assert!((1..=2).contains(&logs.len()));
            logs.iter().for_each(|log| *counts.entry(log.kind.name()).or_insert(0) += 1);
        }
        let total: i32 = counts.values().sum();
        let of = |name: &str| f64::from(counts[name]) * 100.0 / f64::from(total);
        for (name, share) in
            [("RecordOpened", 55.0), ("RecordAdded", 14.0), ("AccessGranted", 12.0), ("AccessRevoked", 4.0)]
        {
            assert!((of(name) - share).abs() < share / 6.0, "{name} {} {counts:?}", of(name));
        }
        assert!((40..80).contains(&(total / counts["PatientRegistered"])), "{counts:?}");
    }
}
