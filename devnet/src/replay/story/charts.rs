//! Patients, their keys, guardians and policies, and their records.

use std::sync::Arc;

use super::{
    Story,
    state::{CHART, Grantee, Patient, READ, Record, Staff, Status, WRITE, What},
};
use crate::replay::{
    hash::{Account, Word, ZERO, keccak, of_account, of_number},
    kind::Kind,
    logs::Logs,
};

const DAY: u64 = 86_400;
const RAW: u64 = 0x55;
const DAG_PB: u64 = 0x70;
/// Longest time that a broken glass stays open, in hours.
const MAX_EMERGENCY: u64 = 72;

impl Story {
    pub(super) fn register_patient(&mut self, logs: &mut Logs) -> Option<()> {
        let account = self.newcomer();
        let key = self.key();
        let topic = of_account(&account);
        logs.event(Kind::PatientRegistered, &ZERO, topic, key.id);
        logs.event(Kind::KeyPublished, &account, topic, key.id).number(key.suite).tail(&[&key.bytes]);
        self.patients.push(Arc::new(Patient { account, ..Patient::default() }));
        self.begin_visit(self.patients.len() - 1);
        Some(())
    }

    /// A patient's goes into their own trail, a practitioner's into the registry's.
    pub(super) fn publish_key(&mut self, logs: &mut Logs) -> Option<()> {
        let (subject, account) = if self.rng.percent(50) {
            let patient = self.rng.pick(&self.patients)?;
            (patient.account, patient.account)
        } else {
            (ZERO, self.rng.pick(&self.staff)?.account)
        };
        let key = self.key();
        let log = logs.event(Kind::KeyPublished, &subject, of_account(&account), key.id);
        log.number(key.suite).tail(&[&key.bytes]);
        Some(())
    }

    /// One in twenty is an X-Wing key.
    fn key(&mut self) -> Key {
        let (suite, bytes) = if self.rng.percent(5) {
            (1, self.rng.bytes::<1216>().to_vec())
        } else {
            (2, self.rng.bytes::<32>().to_vec())
        };
        Key { id: keccak(&[&[suite], &bytes]), suite: suite.into(), bytes }
    }

    pub(super) fn set_guardian(&mut self, patient: usize, logs: &mut Logs) -> Option<()> {
        let known = self.patient(patient).guardians.first().map(|(guardian, _)| *guardian);
        let guardian = known.filter(|_| self.rng.percent(30)).unwrap_or_else(|| self.rng.bytes());
        let until = self.ahead(DAY / 2, 400 * DAY);
        let chart = self.patient_mut(patient);
        chart.guardians.retain(|(other, _)| *other != guardian);
        chart.guardians.push((guardian, until));
        let topics = [&guardian, &chart.account].map(of_account);
        logs.event(Kind::GuardianSet, &chart.account, topics[0], topics[1]).number(until);
        Some(())
    }

    pub(super) fn remove_guardian(&mut self, patient: usize, logs: &mut Logs) -> Option<()> {
        let leaving = self.rng.percent(20);
        let patient = self.some_patient(patient, |chart| !chart.guardians.is_empty());
        if self.patient(patient).guardians.is_empty() {
            return None;
        }
        let chart = self.patient_mut(patient);
        let (guardian, _) = chart.guardians.swap_remove(0);
        let actor = if leaving { guardian } else { chart.account };
        logs.event(Kind::GuardianRemoved, &chart.account, of_account(&guardian), of_account(&actor));
        Some(())
    }

    pub(super) fn set_policy(&mut self, patient: usize, logs: &mut Logs) -> Option<()> {
        let actor = self.actor_on(patient);
        let hours = if self.rng.percent(15) { 0 } else { self.rng.between(1, MAX_EMERGENCY) };
        let chart = self.patient_mut(patient);
        chart.policy = (hours * 3600) as u32;
        logs.event(Kind::EmergencyPolicySet, &chart.account, of_account(&actor), of_number(hours * 3600));
        Some(())
    }

    pub(super) fn add_record(&mut self, patient: usize, staff: Staff, logs: &mut Logs) -> Option<()> {
        let folder = if self.rng.percent(40) { self.rng.between(1, 4) as u32 } else { 0 };
        let by = self.author(patient, staff, folder);
        self.log_record(patient, folder, &by, logs);
        Some(())
    }

    /// A correction: the successor's event, and then the corrected one's.
    pub(super) fn supersede(&mut self, patient: usize, staff: Staff, logs: &mut Logs) -> Option<()> {
        let old = self.some_record(patient).filter(|record| record.status == Status::Current)?;
        let mut by = self.author(patient, staff, old.folder);
        if by.account != old.author {
            by = Author { account: self.actor_on(patient), via: ZERO, scope: CHART };
            by.via = self.through(patient, &by.account);
        }
        let successor = self.log_record(patient, old.folder, &by, logs);
        let chart = self.patient_mut(patient);
        let record = chart.records.iter_mut().find(|record| record.digest == old.digest)?;
        record.status = Status::Superseded;
        logs.event(Kind::RecordSuperseded, &chart.account, old.digest, successor).account(&by.account);
        Some(())
    }

    pub(super) fn retract(&mut self, patient: usize, logs: &mut Logs) -> Option<()> {
        let old = self.some_record(patient).filter(|record| record.status != Status::Retracted)?;
        let actor = self.actor_on(patient);
        let via = self.through(patient, &actor);
        let reason = if self.rng.percent(50) { self.random_word() } else { [0; 32] };
        let chart = self.patient_mut(patient);
        let record = chart.records.iter_mut().find(|record| record.digest == old.digest)?;
        record.status = Status::Retracted;
        let log = logs.event(Kind::RecordRetracted, &chart.account, old.digest, of_account(&actor));
        log.account(&via).word(&CHART).word(&reason);
        Some(())
    }

    fn log_record(&mut self, patient: usize, folder: u32, by: &Author, logs: &mut Logs) -> Word {
        let (digest, commit) = (self.random_word(), self.random_word());
        let codec = if self.rng.percent(80) { RAW } else { DAG_PB };
        let sealed: [u8; 144] = self.rng.bytes();
        let length = self.rng.below(49) + 96;
        let chart = self.patient_mut(patient);
        chart.records.push(Record { digest, folder, author: by.account, status: Status::Current });
        let log = logs.event(Kind::RecordAdded, &chart.account, digest, of_account(&by.account));
        let log = log.number(codec).number(folder.into()).account(&by.via).word(&by.scope).word(&commit);
        log.tail(&[&sealed[..length]]);
        digest
    }

    /// Who adds: the practitioner who may write, else the patient or a guardian.
    fn author(&mut self, patient: usize, staff: Staff, folder: u32) -> Author {
        let chart = self.patient(patient);
        let what = What { right: WRITE, purposes: u16::MAX, folder, digest: None };
        if let Some(scope) = chart.judge(Grantee::Practitioner(staff), &what, self.now)
            && self.in_good_standing(staff)
        {
            return Author { account: self.staff[staff as usize].account, via: ZERO, scope };
        }
        let account = self.actor_on(patient);
        Author { account, via: self.through(patient, &account), scope: CHART }
    }

    /// `via` of somebody who acts for the patient, or is the patient.
    fn through(&self, patient: usize, actor: &Account) -> Account {
        let chart = self.patient(patient);
        if *actor == chart.account { ZERO } else { chart.account }
    }

    /// What reading a record for a purpose needs.
    pub(super) fn reading(record: &Record, purpose: u8) -> What<'_> {
        What { right: READ, purposes: 1 << purpose, folder: record.folder, digest: Some(&record.digest) }
    }
}

struct Key {
    id: Word,
    suite: u64,
    bytes: Vec<u8>,
}

struct Author {
    account: Account,
    via: Account,
    scope: Word,
}
