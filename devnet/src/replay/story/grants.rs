//! Grants and how they end, referrals, requests, emergencies.

use super::{
    Story,
    state::{CHART, EMERGENCY, Grant, Grantee, READ, REFER, Referral, Staff, Status, WRITE, of_folder},
};
use crate::replay::{
    hash::{Account, Word, of_account, of_number},
    kind::Kind,
    logs::Logs,
};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
const ALL_PURPOSES: u16 = 0x03ff;
const BREAK_THE_GLASS: u16 = 0x0004;

impl Story {
    pub(super) fn grant(&mut self, patient: usize, staff: Staff, logs: &mut Logs) -> Option<()> {
        let grantee = self.grantee(staff)?;
        let scope = self.scope(patient);
        let actor = self.actor_on(patient);
        let rights = *self.rng.pick(&[
            READ,
            READ,
            READ,
            READ | WRITE,
            READ | WRITE | REFER,
            READ | REFER,
            READ | REFER,
            WRITE,
        ])?;
        // Treatment, and some others.
        let purposes = (1 | self.rng.next() as u16 & self.rng.next() as u16) & ALL_PURPOSES;
        let expires_at = if self.rng.percent(20) { self.ahead(HOUR, 3 * DAY) } else { self.ahead(30 * DAY, 400 * DAY) };
        let sealed: [u8; 80] = self.rng.bytes();
        let account = self.account_of(grantee)?;
        let chart = self.patient_mut(patient);
        chart.put_grant(grantee, scope, rights, purposes, expires_at);
        let log = logs.event(Kind::AccessGranted, &chart.account, of_account(&account), scope);
        let log = log.account(&actor).number(rights.into()).number(purposes.into());
        log.number(expires_at).number(chart.epoch.into()).tail(&[&sealed]);
        Some(())
    }

    /// The practitioner of the visit, or another, or a team.
    fn grantee(&mut self, staff: Staff) -> Option<Grantee> {
        match self.rng.below(20) {
            0..=2 if !self.teams.is_empty() => Some(Grantee::Team(self.rng.below(self.teams.len()) as u32)),
            3..=6 => self.staff_in_good_standing().map(Grantee::Practitioner),
            _ if self.in_good_standing(staff) => Some(Grantee::Practitioner(staff)),
            _ => self.staff_in_good_standing().map(Grantee::Practitioner),
        }
    }

    /// Half the time the chart, else a folder, or a record that is there.
    fn scope(&mut self, patient: usize) -> Word {
        match self.rng.below(4) {
            0 => of_folder(self.rng.between(1, 4) as u32),
            1 => self.some_record(patient).map_or(CHART, |record| record.digest),
            _ => CHART,
        }
    }

    fn account_of(&self, grantee: Grantee) -> Option<Account> {
        match grantee {
            Grantee::Practitioner(staff) => self.staff.get(staff as usize).map(|found| found.account),
            Grantee::Team(team) => self.teams.get(team as usize).map(|found| found.account),
        }
    }

    pub(super) fn revoke(&mut self, patient: usize, logs: &mut Logs) -> Option<()> {
        let actor = self.actor_on(patient);
        let grant = self.take_grant(patient, |_| true)?;
        let account = self.account_of(grant.grantee)?;
        let chart = self.patient(patient);
        logs.event(Kind::AccessRevoked, &chart.account, of_account(&account), grant.scope).account(&actor);
        Some(())
    }

    pub(super) fn renounce(&mut self, patient: usize, logs: &mut Logs) -> Option<()> {
        let grant = self.take_grant(patient, |grant| matches!(grant.grantee, Grantee::Practitioner(_)))?;
        let account = self.account_of(grant.grantee)?;
        logs.event(Kind::AccessRenounced, &self.patient(patient).account, of_account(&account), grant.scope);
        Some(())
    }

    /// Empties one of the slots that will do, whatever became of the grant in it.
    fn take_grant(&mut self, patient: usize, will_do: impl Fn(&Grant) -> bool) -> Option<Grant> {
        let count = self.patient(patient).grants.len();
        let nth = self.rng.below(count);
        will_do(self.patient(patient).grants.get(nth)?).then(|| self.patient_mut(patient).grants.swap_remove(nth))
    }

    pub(super) fn revoke_everyone(&mut self, patient: usize, logs: &mut Logs) -> Option<()> {
        let actor = self.actor_on(patient);
        let chart = self.patient_mut(patient);
        chart.epoch += 1;
        logs.event(Kind::EveryoneRevoked, &chart.account, of_account(&actor), of_number(chart.epoch.into()));
        Some(())
    }

    pub(super) fn refer(&mut self, patient: usize, logs: &mut Logs) -> Option<()> {
        let (referrer, parent) = self.passable(patient)?;
        let grantee = self.staff_in_good_standing().filter(|grantee| *grantee != referrer)?;
        let scope = self.narrower(patient, &parent.scope);
        let rights = (parent.rights & !REFER) & *self.rng.pick(&[READ, READ | WRITE])?;
        if rights == 0 {
            return None;
        }
        let expires_at = parent.expires_at.min(self.ahead(DAY, 90 * DAY));
        let sealed: [u8; 80] = self.rng.bytes();
        let accounts = [referrer, grantee].map(|staff| self.staff[staff as usize].account);
        let chart = self.patient_mut(patient);
        let same = |slot: &Referral| slot.referrer == referrer && slot.grantee == grantee && slot.scope == scope;
        chart.referrals.retain(|slot| !same(slot));
        let (parent_id, purposes) = (parent.id, parent.purposes);
        let parent = parent.scope;
        chart.referrals.push(Referral { referrer, grantee, scope, parent, parent_id, rights, purposes, expires_at });
        let log = logs.event(Kind::AccessReferred, &chart.account, of_account(&accounts[1]), scope);
        let log = log.account(&accounts[0]).word(&parent).number(rights.into()).number(purposes.into());
        log.number(expires_at).tail(&[&sealed]);
        Some(())
    }

    /// A grant that its holder may pass on now.
    fn passable(&self, patient: usize) -> Option<(Staff, Grant)> {
        let chart = self.patient(patient);
        chart.grants.iter().rev().find_map(|grant| {
            let Grantee::Practitioner(staff) = grant.grantee else { return None };
            let may = grant.rights & REFER != 0 && grant.rights & READ != 0 && chart.in_force(grant, self.now);
            (may && self.in_good_standing(staff)).then(|| (staff, grant.clone()))
        })
    }

    /// The parent's scope, or a record that it covers.
    fn narrower(&mut self, patient: usize, parent: &Word) -> Word {
        if self.rng.percent(50) {
            return *parent;
        }
        let record = self.some_record(patient);
        let covered = record.filter(|record| *parent == CHART || *parent == of_folder(record.folder));
        covered.map_or(*parent, |record| record.digest)
    }

    pub(super) fn end_referral(&mut self, patient: usize, logs: &mut Logs) -> Option<()> {
        let patient = self.some_patient(patient, |chart| !chart.referrals.is_empty());
        let count = self.patient(patient).referrals.len();
        let (nth, who) = (self.rng.below(count), self.rng.below(3));
        self.patient(patient).referrals.get(nth)?;
        let slot = self.patient_mut(patient).referrals.swap_remove(nth);
        let [referrer, grantee] = [slot.referrer, slot.grantee].map(|staff| self.staff[staff as usize].account);
        let chart = self.patient(patient);
        let actor = [chart.account, referrer, grantee][who];
        let log = logs.event(Kind::ReferralEnded, &chart.account, of_account(&grantee), slot.scope);
        log.account(&referrer).account(&actor);
        Some(())
    }

    pub(super) fn request(&mut self, patient: usize, staff: Staff, logs: &mut Logs) -> Option<()> {
        if !self.in_good_standing(staff) {
            return None;
        }
        let scope = self.scope(patient);
        let purposes = (1 | self.rng.next() as u16 & self.rng.next() as u16) & ALL_PURPOSES;
        let note = if self.rng.percent(70) { self.random_word() } else { [0; 32] };
        let practitioner = of_account(&self.staff[staff as usize].account);
        let log = logs.event(Kind::AccessRequested, &self.patient(patient).account, practitioner, scope);
        log.number(purposes.into()).word(&note);
        Some(())
    }

    /// Opts in first where the patient has not.
    pub(super) fn break_glass(&mut self, patient: usize, logs: &mut Logs) -> Option<()> {
        let patient = self.some_patient(patient, |chart| chart.policy != 0);
        if self.patient(patient).policy == 0 {
            return self.set_policy(patient, logs);
        }
        let staff = (0..8).find_map(|_| {
            self.staff_in_good_standing().filter(|staff| self.staff[*staff as usize].emergency_capable)
        })?;
        let (now, reason) = (self.now, self.random_word());
        let account = self.staff[staff as usize].account;
        let grantee = Grantee::Practitioner(staff);
        let chart = self.patient_mut(patient);
        if chart.grant(grantee, &EMERGENCY).is_some_and(|held| chart.in_force(held, now)) {
            return None;
        }
        let expires_at = now + u64::from(chart.policy);
        chart.put_grant(grantee, EMERGENCY, READ, BREAK_THE_GLASS, expires_at);
        chart.emergencies.push((account, reason));
        let log = logs.event(Kind::GlassBroken, &chart.account, of_account(&account), reason);
        log.number(expires_at).number(chart.epoch.into());
        Some(())
    }

    pub(super) fn review(&mut self, patient: usize, logs: &mut Logs) -> Option<()> {
        let auditor = *self.rng.pick(&self.auditors)?;
        // Emergencies are rare: an auditor goes through what there is, not through who visits now.
        let patient = self.some_patient(patient, |chart| !chart.emergencies.is_empty());
        let (justified, note) = (self.rng.percent(90), self.random_word());
        let chart = self.patient_mut(patient);
        let (practitioner, reason) = chart.emergencies.pop()?;
        let log = logs.event(Kind::EmergencyReviewed, &chart.account, of_account(&practitioner), reason);
        log.account(&auditor).number(justified.into()).word(&note);
        Some(())
    }

    /// Whether only the patient and guardians may read it.
    pub(super) fn hidden(status: Status) -> bool {
        status == Status::Retracted
    }
}
