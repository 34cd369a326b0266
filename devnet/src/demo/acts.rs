//! The acts of the story, as calls of the contract.

use ethers::{
    types::{Address, Bytes, H256},
    utils::keccak256,
};

use super::{
    cast::{Cast, SUITE_X25519, Who},
    files::{File, Files},
};
use crate::contract::bindings::{
    AddRecordCall, ChartkeyCalls, DirectoryEntry, GrantAccessCall, GrantRoleCall, OpenRecordCall, PublishKeyCall,
    RegisterPatientCall, RegisterPractitionerCall, ReinstatePractitionerCall, RenewPractitionerCall,
    RenounceAccessCall, RevokeAccessCall, RevokeEveryoneCall, SuspendPractitionerCall,
};

/// Rights and purposes, as in contracts/types/Types.sol.
pub(super) const READ: u8 = 1;
pub(super) const WRITE: u8 = 2;

/// Why a record is read; the contract's numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Treatment = 0,
    Operations = 4,
    Research = 5,
    PatientRequest = 6,
}

/// Bytes of a sealed key: an encapsulated X25519 key and a sealed seed with its tag.
const SEALED_KEY: usize = 80;

/// One transaction.
#[derive(Clone)]
pub(super) struct Act {
    /// Seconds after the story's begin.
    pub after: u64,
    pub actor: Address,
    pub call: ChartkeyCalls,
    /// One line for people.
    pub says: String,
    /// What later parts call this moment.
    pub label: Option<&'static str>,
}

/// What a grant covers.
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    Chart,
    Folder(u32),
    Record(&'a str),
}

/// Collects acts, each a call by somebody at a time.
pub(super) struct Stage<'a> {
    pub cast: &'a Cast,
    pub files: &'a Files,
    /// Unix seconds.
    pub begin: u64,
    /// Seconds after the begin.
    pub clock: u64,
    pub acts: Vec<Act>,
}

impl Stage<'_> {
    /// Moves on to `hour` o'clock of `day`, both counted from the begin.
    pub fn at(&mut self, day: u64, hour: u64) {
        self.clock = (day * 24 + hour) * 3600;
    }

    /// The last act gets a name.
    pub fn label(&mut self, label: &'static str) {
        if let Some(act) = self.acts.last_mut() {
            act.label = Some(label);
        }
    }

    pub fn gives_role(&mut self, role: [u8; 32], to: Who) {
        let call = GrantRoleCall { role, account: self.cast.address(to) };
        self.act(Who::Admin, ChartkeyCalls::GrantRole(call), format!("gives {} its role", to.key()));
    }

    pub fn registers_practitioner(&mut self, practitioner: Who, valid_days: u64) {
        let Some(entry) = practitioner.entry() else { return };
        let call = RegisterPractitionerCall {
            practitioner: self.cast.address(practitioner),
            valid_until: self.day(valid_days),
            emergency_capable: false,
            entry: DirectoryEntry {
                name: entry.name.to_owned(),
                licence: entry.licence.to_owned(),
                specialty: entry.specialty.to_owned(),
                organisation: entry.organisation.to_owned(),
            },
        };
        let says = format!("vouches for {}", practitioner.key());
        self.act(Who::Registrar, ChartkeyCalls::RegisterPractitioner(call), says);
    }

    pub fn renews(&mut self, practitioner: Who, valid_days: u64) {
        let (address, valid_until) = (self.cast.address(practitioner), self.day(valid_days));
        let call = RenewPractitionerCall { practitioner: address, valid_until, emergency_capable: false };
        self.act(Who::Registrar, ChartkeyCalls::RenewPractitioner(call), format!("renews {}", practitioner.key()));
    }

    pub fn suspends(&mut self, practitioner: Who) {
        let call = SuspendPractitionerCall { practitioner: self.cast.address(practitioner) };
        self.act(Who::Registrar, ChartkeyCalls::SuspendPractitioner(call), format!("suspends {}", practitioner.key()));
    }

    pub fn reinstates(&mut self, practitioner: Who) {
        let call = ReinstatePractitionerCall { practitioner: self.cast.address(practitioner) };
        let says = format!("reinstates {}", practitioner.key());
        self.act(Who::Registrar, ChartkeyCalls::ReinstatePractitioner(call), says);
    }

    pub fn registers(&mut self, patient: Who) {
        let call = RegisterPatientCall { suite: SUITE_X25519, key: patient.key_bytes(1).into() };
        self.act(patient, ChartkeyCalls::RegisterPatient(call), "registers as a patient".to_owned());
    }

    pub fn publishes_key(&mut self, who: Who, version: u8) {
        let call = PublishKeyCall { suite: SUITE_X25519, key: who.key_bytes(version).into() };
        self.act(who, ChartkeyCalls::PublishKey(call), format!("publishes encryption key {version}"));
    }

    pub fn adds(&mut self, file: &str) {
        let File { key, of, folder, cid, .. } = self.files.get(file);
        let call = AddRecordCall {
            patient: self.cast.address(*of),
            cid: cid.to_bytes().into(),
            folder: *folder,
            key_commit: [0; 32],
            sealed_metadata: Bytes::new(),
        };
        self.act(*of, ChartkeyCalls::AddRecord(call), format!("adds {key}"));
    }

    /// Grants `scope` for `days` from now, for any of `purposes`.
    pub fn grants(&mut self, patient: Who, to: Who, scope: Scope<'_>, rights: u8, purposes: &[Purpose], days: u64) {
        let call = GrantAccessCall {
            patient: self.cast.address(patient),
            grantee: self.cast.address(to),
            scope: self.scope(scope),
            rights,
            purposes: purposes.iter().map(|&purpose| 1 << purpose as u16).sum(),
            expires_at: self.begin + self.clock + days * super::DAY,
            sealed_key: sealed_key(self.acts.len()),
        };
        let says = format!("grants {} {} for {days} days", to.key(), name(scope));
        self.act(patient, ChartkeyCalls::GrantAccess(call), says);
    }

    pub fn revokes(&mut self, patient: Who, from: Who, scope: Scope<'_>) {
        let (address, grantee) = (self.cast.address(patient), self.cast.address(from));
        let call = RevokeAccessCall { patient: address, grantee, scope: self.scope(scope) };
        self.act(patient, ChartkeyCalls::RevokeAccess(call), format!("revokes {} from {}", name(scope), from.key()));
    }

    pub fn renounces(&mut self, grantee: Who, patient: Who, scope: Scope<'_>) {
        let call = RenounceAccessCall { patient: self.cast.address(patient), scope: self.scope(scope) };
        let says = format!("renounces {} of {}", name(scope), patient.key());
        self.act(grantee, ChartkeyCalls::RenounceAccess(call), says);
    }

    pub fn revokes_everyone(&mut self, patient: Who) {
        self.act(patient, ChartkeyCalls::RevokeEveryone(RevokeEveryoneCall), "revokes everyone".to_owned());
    }

    pub fn opens(&mut self, reader: Who, file: &str, purpose: Purpose) {
        let file = self.files.get(file);
        let (patient, digest) = (self.cast.address(file.of), file.digest());
        let call = OpenRecordCall { patient, digest, via: Address::zero(), purpose: purpose as u8 };
        self.act(reader, ChartkeyCalls::OpenRecord(call), format!("opens {}", file.key));
    }

    fn act(&mut self, who: Who, call: ChartkeyCalls, says: String) {
        let says = format!("{} {says}", who.key());
        self.acts.push(Act { after: self.clock, actor: self.cast.address(who), call, says, label: None });
        // The next block has to be later.
        self.clock += 60;
    }

    fn day(&self, day: u64) -> u64 {
        self.begin + day * super::DAY
    }

    fn scope(&self, scope: Scope<'_>) -> [u8; 32] {
        match scope {
            Scope::Chart => [0; 32],
            Scope::Folder(number) => H256::from_low_u64_be(number.into()).0,
            Scope::Record(key) => self.files.get(key).digest(),
        }
    }
}

fn name(scope: Scope<'_>) -> String {
    match scope {
        Scope::Chart => "the whole chart".to_owned(),
        Scope::Folder(number) => format!("folder {number}"),
        Scope::Record(key) => key.to_owned(),
    }
}

/// Random-looking bytes in place of a sealed key, another for each grant.
fn sealed_key(grant: usize) -> Bytes {
    let parts = (0..3).flat_map(|part| keccak256(format!("chartkey demo sealed key {grant}.{part}")));
    parts.take(SEALED_KEY).collect::<Vec<u8>>().into()
}
