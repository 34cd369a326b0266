//! Acts on charts: patients, guardians, records.

use ethers::{types::Bytes, utils::keccak256};

use super::{Stage, through};
use crate::{
    contract::bindings::{
        AddRecordCall, ChartkeyCalls, NewRecord, RegisterPatientCall, RetractRecordCall, SetGuardianCall,
        SupersedeRecordCall,
    },
    demo::{cast::Who, files::File},
};

impl Stage<'_> {
    pub fn registers(&mut self, patient: Who) {
        let call = RegisterPatientCall { key: patient.key_bytes(1).into() };
        self.act(patient, ChartkeyCalls::RegisterPatient(call), "registers as a patient".to_owned());
    }

    pub fn names_guardian(&mut self, patient: Who, guardian: Who, days: u64) {
        let call = SetGuardianCall { guardian: self.cast.address(guardian), until: self.days_on(days) };
        self.act(patient, ChartkeyCalls::SetGuardian(call), format!("makes {} the guardian", guardian.key()));
    }

    /// The patient adds a record of their own.
    pub fn adds(&mut self, file: &str) {
        self.writes(self.files.get(file).of, None, file);
    }

    /// Somebody else does: a guardian through the patient, a practitioner by a grant with `WRITE`.
    pub fn writes(&mut self, author: Who, via: Option<Who>, file: &str) {
        let File { key, of, folder, .. } = self.files.get(file);
        let call = AddRecordCall {
            patient: self.cast.address(*of),
            via: self.via(via),
            folder: *folder,
            record: self.new_record(file),
        };
        self.act(author, ChartkeyCalls::AddRecord(call), format!("adds {key}{}", through(via)));
    }

    pub fn corrects(&mut self, author: Who, via: Option<Who>, file: &str, by: &str) {
        let old = self.files.get(file);
        let call = SupersedeRecordCall {
            patient: self.cast.address(old.of),
            via: self.via(via),
            digest: old.digest(),
            record: self.new_record(by),
        };
        let says = format!("corrects {file}: {by} takes its place{}", through(via));
        self.act(author, ChartkeyCalls::SupersedeRecord(call), says);
    }

    pub fn retracts(&mut self, author: Who, via: Option<Who>, file: &str) {
        let File { of, .. } = self.files.get(file);
        let call = RetractRecordCall {
            patient: self.cast.address(*of),
            via: self.via(via),
            digest: self.files.get(file).digest(),
            reason_hash: keccak256(format!("chartkey demo: why {file} was entered in error")),
        };
        let says = format!("retracts {file}, entered in error{}", through(via));
        self.act(author, ChartkeyCalls::RetractRecord(call), says);
    }

    fn new_record(&self, file: &str) -> NewRecord {
        let cid = self.files.get(file).cid.to_bytes().into();
        NewRecord { cid, key_commit: [0; 32], sealed_metadata: Bytes::new() }
    }
}
