//! Random histories: everything people do, by a seed that is printed.

use chartkey_devnet::contract::CallError;
use chartkey_devnet::contract::bindings::{
    AddRecordCall, DirectoryEntry, GrantAccessCall, GrantRoleCall, OpenRecordCall, PublishKeyCall, RegisterPatientCall,
    RegisterPractitionerCall, ReinstatePractitionerCall, RenewPractitionerCall, RenounceAccessCall, RevokeAccessCall,
    RevokeEveryoneCall, SuspendPractitionerCall,
};
use ethers::types::{Address, Bytes, U64};
use ethers::utils::keccak256;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::world::World;

/// Purposes that appear: TREAT and HRESCH.
pub const PURPOSES: [(u8, &str); 2] = [(0, "TREAT"), (5, "HRESCH")];

#[derive(Clone, Copy, Debug)]
pub struct AddedRecord {
    pub patient: Address,
    pub digest: [u8; 32],
}

/// A world in which things happen.
pub struct History<'a> {
    world: &'a World,
    pub rng: StdRng,
    pub time: u64,
    pub patients: Vec<Address>,
    /// The last one is never registered.
    pub practitioners: Vec<Address>,
    registrar: Address,
    pub records: Vec<AddedRecord>,
    pub actions: usize,
}

impl<'a> History<'a> {
    /// Registrar, patients and practitioners.
    pub async fn begin(world: &'a World, seed: u64) -> Self {
        println!("random history with seed {seed}");
        let accounts = &world.accounts;
        let mut history = History {
            world,
            rng: StdRng::seed_from_u64(seed),
            time: 1_700_100_000,
            patients: accounts[1..4].to_vec(),
            practitioners: accounts[4..9].to_vec(),
            registrar: accounts[9],
            records: Vec::new(),
            actions: 0,
        };
        history.tick().await;
        let role = keccak256("REGISTRAR");
        world.contract.send(accounts[0], GrantRoleCall { role, account: history.registrar }).await.unwrap();
        for patient in history.patients.clone() {
            let key = history.random_bytes(32);
            history.tick().await;
            world.contract.send(patient, RegisterPatientCall { suite: 2, key }).await.unwrap();
        }
        let known = history.practitioners.len() - 1;
        for (i, practitioner) in history.practitioners.clone().into_iter().take(known).enumerate() {
            let entry = DirectoryEntry {
                name: format!("Dr {i}"),
                licence: format!("L-{i}"),
                specialty: "cardiology".into(),
                organisation: "St. Anna".into(),
            };
            let valid_until = history.time + 30_000 + 40_000 * i as u64;
            history.tick().await;
            let call = RegisterPractitionerCall { practitioner, valid_until, emergency_capable: false, entry };
            world.contract.send(history.registrar, call).await.unwrap();
        }
        history
    }

    /// Acts until `count` more things have happened.
    pub async fn act(&mut self, count: usize) {
        let goal = self.actions + count;
        while self.actions < goal {
            self.tick().await;
            match self.act_once().await {
                Ok(()) => self.actions += 1,
                // Random acts are often refused: nothing to revoke, a lapsed grantee, a record there already.
                Err(CallError::Reverted(_) | CallError::FailedInBlock { .. }) => {}
                Err(error) => panic!("{error}"),
            }
            if self.rng.random_ratio(1, 6) {
                self.mine(1).await;
            }
        }
    }

    /// Mines empty blocks, a second apart.
    pub async fn mine(&mut self, blocks: u64) {
        self.tick().await;
        let mined: Result<Value, _> = self.world.rpc().call("anvil_mine", json!([U64::from(blocks), U64::one()])).await;
        mined.unwrap();
        self.time += blocks;
    }

    /// The next block is some seconds or minutes later.
    async fn tick(&mut self) {
        self.time += self.rng.random_range(1..400);
        let set: Result<Value, _> = self.world.rpc().call("evm_setNextBlockTimestamp", json!([self.time])).await;
        set.unwrap();
    }

    fn random_bytes(&mut self, length: usize) -> Bytes {
        (0..length).map(|_| self.rng.random::<u8>()).collect()
    }

    async fn act_once(&mut self) -> Result<(), CallError> {
        let patient = *self.patients.choose(&mut self.rng).unwrap();
        let grantee = *self.practitioners.choose(&mut self.rng).unwrap();
        match self.rng.random_range(0..100) {
            0..50 => self.grant(patient, grantee).await,
            50..63 => {
                let scope = self.scope(patient);
                self.send(patient, RevokeAccessCall { patient, grantee, scope }).await
            }
            63..65 => {
                let scope = self.scope(patient);
                self.send(grantee, RenounceAccessCall { patient, scope }).await
            }
            65..67 => self.send(patient, RevokeEveryoneCall).await,
            67..82 => self.open(patient, grantee).await,
            82..90 => self.add_record(patient).await,
            90..91 => self.send(self.registrar, SuspendPractitionerCall { practitioner: grantee }).await,
            91..95 => self.send(self.registrar, ReinstatePractitionerCall { practitioner: grantee }).await,
            95..98 => {
                let valid_until = self.time + self.rng.random_range(5_000..80_000);
                let call = RenewPractitionerCall { practitioner: grantee, valid_until, emergency_capable: true };
                self.send(self.registrar, call).await
            }
            _ => {
                let key = self.random_bytes(32);
                let account = if self.rng.random() { patient } else { grantee };
                self.send(account, PublishKeyCall { suite: 2, key }).await
            }
        }
    }

    async fn send<C: ethers::contract::EthCall>(&self, from: Address, call: C) -> Result<(), CallError> {
        self.world.contract.send(from, call).await.map(|_| ())
    }

    /// Few scopes, so that acts meet: the chart, folders 1 and 2, or a record of the patient.
    fn scope(&mut self, patient: Address) -> [u8; 32] {
        let mut scope = [0; 32];
        match self.rng.random_range(0..5) {
            0..2 => {}
            folder @ 2..4 => scope[31] = folder - 1,
            _ => {
                let theirs: Vec<_> = self.records.iter().filter(|record| record.patient == patient).collect();
                if let Some(record) = theirs.choose(&mut self.rng) {
                    scope = record.digest;
                }
            }
        }
        scope
    }

    async fn grant(&mut self, patient: Address, grantee: Address) -> Result<(), CallError> {
        let scope = self.scope(patient);
        let call = GrantAccessCall {
            patient,
            grantee,
            scope,
            rights: if self.rng.random_ratio(1, 8) { 2 } else { 1 },
            purposes: *[1, 1 << 5, 1 | 1 << 5].choose(&mut self.rng).unwrap(),
            expires_at: self.time + self.rng.random_range(2..30_000),
            sealed_key: self.random_bytes(80),
        };
        self.send(patient, call).await
    }

    async fn open(&mut self, patient: Address, reader: Address) -> Result<(), CallError> {
        let theirs: Vec<_> = self.records.iter().filter(|record| record.patient == patient).copied().collect();
        let Some(record) = theirs.choose(&mut self.rng) else { return Ok(()) };
        let (purpose, _) = *PURPOSES.choose(&mut self.rng).unwrap();
        let reader = if self.rng.random_ratio(1, 10) { patient } else { reader };
        self.send(reader, OpenRecordCall { patient, digest: record.digest, via: Address::zero(), purpose }).await
    }

    /// At most four records a chart; some files are in several charts.
    async fn add_record(&mut self, patient: Address) -> Result<(), CallError> {
        if self.records.iter().filter(|record| record.patient == patient).count() >= 4 {
            return self.open(patient, patient).await;
        }
        let seen = self.records.choose(&mut self.rng).map(|record| record.digest);
        let digest = match seen {
            Some(digest) if self.rng.random_ratio(1, 5) => digest,
            _ => self.rng.random(),
        };
        let folder = self.rng.random_range(0..3);
        let cid: Bytes = [&[0x01, 0x55, 0x12, 0x20], &digest[..]].concat().into();
        let metadata = self.random_bytes(30);
        let call = AddRecordCall { patient, cid, folder, key_commit: self.rng.random(), sealed_metadata: metadata };
        self.send(patient, call).await?;
        self.records.push(AddedRecord { patient, digest });
        Ok(())
    }
}
