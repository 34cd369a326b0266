//! Guardians and records.

use chartkey_devnet::contract::CallError;
use chartkey_devnet::contract::bindings::{
    AddRecordCall, NewRecord, RemoveGuardianCall, RetractRecordCall, SetGuardianCall, SupersedeRecordCall,
};
use ethers::types::{Address, Bytes};
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

use super::{AddedRecord, History, Relation};

impl History<'_> {
    /// Who acts on a chart: its patient, or somebody who may be a guardian.
    pub(super) fn actor(&mut self, patient: Address) -> Address {
        if self.rng.random_ratio(1, 4) { *self.guardians.choose(&mut self.rng).unwrap() } else { patient }
    }

    pub(super) async fn set_guardian(&mut self, patient: Address) -> Result<(), CallError> {
        let guardian = *self.guardians.choose(&mut self.rng).unwrap();
        let until = self.soon(12_000);
        self.send(patient, SetGuardianCall { guardian, until }).await?;
        self.related(patient, guardian, patient);
        Ok(())
    }

    pub(super) async fn remove_guardian(&mut self, patient: Address) -> Result<(), CallError> {
        let guardian = *self.guardians.choose(&mut self.rng).unwrap();
        let actor = if self.rng.random() { guardian } else { patient };
        self.send(actor, RemoveGuardianCall { patient, guardian }).await.map(|_| ())
    }

    /// At most four records a chart; some files are in several charts.
    pub(super) async fn add_record(&mut self, patient: Address) -> Result<(), CallError> {
        if self.records_of(patient).len() >= 3 {
            return self.open().await;
        }
        let Relation { reader, via, .. } = self.author(patient);
        let (digest, record) = self.new_record();
        let folder = self.rng.random_range(0..3);
        self.send(reader, AddRecordCall { patient, via, folder, record }).await?;
        self.records.push(AddedRecord { patient, digest });
        Ok(())
    }

    pub(super) async fn supersede_record(&mut self) -> Result<(), CallError> {
        let patient = self.patient();
        let Some(old) = self.record_of(patient) else { return Ok(()) };
        if self.records_of(patient).len() >= 4 {
            return self.open().await;
        }
        let Relation { reader, via, .. } = self.author(patient);
        let (digest, record) = self.new_record();
        self.send(reader, SupersedeRecordCall { patient, via, digest: old.digest, record }).await?;
        self.records.push(AddedRecord { patient, digest });
        Ok(())
    }

    /// One in three at most, so that there is something left to see.
    pub(super) async fn retract_record(&mut self) -> Result<(), CallError> {
        let patient = self.patient();
        let Some(AddedRecord { digest, .. }) = self.record_of(patient) else { return Ok(()) };
        if self.retracted.len() * 3 >= self.records.len() {
            return self.open().await;
        }
        let Relation { reader, via, .. } = self.author(patient);
        let reason_hash = self.rng.random();
        self.send(reader, RetractRecordCall { patient, via, digest, reason_hash }).await?;
        self.retracted.push(digest);
        Ok(())
    }

    /// Who writes: the patient, or somebody whom something may let in.
    fn author(&mut self, patient: Address) -> Relation {
        match self.recent_relation() {
            relation if relation.patient == patient => relation,
            _ => Relation { patient, reader: patient, via: Address::zero() },
        }
    }

    fn new_record(&mut self) -> ([u8; 32], NewRecord) {
        let seen = self.records.choose(&mut self.rng).map(|record| record.digest);
        let digest = match seen {
            Some(digest) if self.rng.random_ratio(1, 6) => digest,
            _ => self.rng.random(),
        };
        let cid: Bytes = [&[0x01, 0x55, 0x12, 0x20], &digest[..]].concat().into();
        let sealed_metadata = self.random_bytes(30);
        (digest, NewRecord { cid, key_commit: self.rng.random(), sealed_metadata })
    }
}
