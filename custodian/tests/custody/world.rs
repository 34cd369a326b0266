//! A chain with the contract, a patient with a record, a doctor, and three custodians.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use chartkey_custodian::typed::{Deposit, Item, What};
use chartkey_devnet::chain::{Anvil, AnvilOptions};
use chartkey_devnet::contract::bindings::{
    AddRecordCall, DirectoryEntry, GrantAccessCall, GrantRoleCall, NewRecord, PublishKeyCall, RegisterPatientCall,
    RegisterPractitionerCall, RevokeAccessCall,
};
use chartkey_devnet::contract::{Contract, deploy};
use chartkey_devnet::postgres::{Postgres, PostgresOptions};
use chartkey_devnet::scratch::Scratch;
use chartkey_devnet::toolchain::Toolchain;
use chartkey_vault::sharing::{Share, split};
use chartkey_vault::{
    Address, Digest, Domain, GrantId, GrantTerms, KeyCommit, KeyName, Kind, Label, RecordKeys, Scope, commit,
    system_rng,
};
use ethers::types::U64;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::actor::{Actor, now};
use crate::process::{Custodian, Said};

/// One server for all tests that run at the same moment; the last one stops it.
static POSTGRES: Mutex<Weak<Postgres>> = Mutex::const_new(Weak::new());
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// How many custodians, and how many of them it takes.
pub const COUNT: u8 = 3;
pub const THRESHOLD: u8 = 2;

pub struct World {
    pub custodians: Vec<Custodian>,
    pub patient: Actor,
    pub doctor: Actor,
    pub domain: Domain,
    pub contract: Contract,
    pub anvil: Anvil,
    pub scratch: Scratch,
    postgres: Arc<Postgres>,
}

/// A record on chain, and its keys.
pub struct Record {
    pub digest: Digest,
    pub keys: RecordKeys,
    pub committed: KeyCommit,
}

/// A grant that may or may not be on chain yet.
pub struct Granted {
    pub terms: GrantTerms,
    pub id: GrantId,
    pub sealed_key: Vec<u8>,
}

impl World {
    pub async fn new() -> Self {
        let tools = Toolchain::find().unwrap();
        let anvil = Anvil::start(&tools, AnvilOptions::default()).await.unwrap();
        let accounts: Vec<ethers::types::Address> = anvil.rpc().call("eth_accounts", json!([])).await.unwrap();
        let admin = accounts[0];
        let deployment = deploy(&tools, anvil.rpc(), admin).await.unwrap();
        let contract = Contract::new(anvil.rpc(), deployment.contract);
        let scratch = Scratch::new().unwrap();
        deployment.write(&scratch.path().join("deployment.json")).unwrap();
        let domain = Domain { chain_id: deployment.chain_id, contract: Address(deployment.contract.0) };
        let role = ethers::utils::keccak256("REGISTRAR");
        contract.send(admin, GrantRoleCall { role, account: admin }).await.unwrap();
        let postgres = server(&tools).await;
        let mut world = World {
            custodians: Vec::new(),
            patient: Actor::new(),
            doctor: Actor::new(),
            domain,
            contract,
            anvil,
            scratch,
            postgres,
        };
        world.introduce(&world.patient).await;
        let key = world.patient.key.public().as_bytes().to_vec().into();
        world.contract.send(world.patient.h160(), RegisterPatientCall { key }).await.unwrap();
        world.vouch(admin, &world.doctor).await;
        for number in 0..COUNT {
            let name = format!("custody_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
            world.postgres.create_database(&name).await.unwrap();
            let (folder, url) = (world.scratch.path().join(format!("custodian-{number}")), world.anvil.url());
            let custodian = Custodian::start(folder, url, domain, world.postgres.url(&name)).await;
            world.introduce_address(custodian.address()).await;
            world.custodians.push(custodian);
        }
        world
    }

    /// Gives somebody money, and has the node send for them.
    pub async fn introduce(&self, actor: &Actor) {
        self.introduce_address(actor.address).await;
    }

    async fn introduce_address(&self, address: Address) {
        let address = ethers::types::H160(address.0);
        let rpc = self.anvil.rpc();
        let _: Value = rpc.call("anvil_setBalance", json!([address, "0x56bc75e2d63100000"])).await.unwrap();
        let _: Value = rpc.call("anvil_impersonateAccount", json!([address])).await.unwrap();
    }

    /// Makes somebody a practitioner with a published key.
    pub async fn vouch(&self, registrar: ethers::types::Address, doctor: &Actor) {
        self.introduce(doctor).await;
        let text = || "x".to_owned();
        let entry = DirectoryEntry { name: text(), licence: text(), specialty: text(), organisation: text() };
        let (practitioner, valid_until) = (doctor.h160(), now() + 1_000_000_000);
        let call = RegisterPractitionerCall { practitioner, valid_until, emergency_capable: true, entry };
        self.contract.send(registrar, call).await.unwrap();
        let key = doctor.key.public().as_bytes().to_vec().into();
        self.contract.send(doctor.h160(), PublishKeyCall { key }).await.unwrap();
    }

    pub async fn mine(&self, blocks: u64) {
        let _: Value = self.anvil.rpc().call("anvil_mine", json!([U64::from(blocks)])).await.unwrap();
    }

    pub async fn record(&self) -> Record {
        let (digest, keys) = (Digest(rand::random()), RecordKeys::random(&mut system_rng()));
        let committed = commit(digest, &keys.content);
        let cid = [&[0x01, 0x55, 0x12, 0x20][..], &digest.0].concat();
        let record = NewRecord { cid: cid.into(), key_commit: committed.0, sealed_metadata: vec![].into() };
        let (patient, via) = (self.patient.h160(), ethers::types::Address::zero());
        self.contract.send(patient, AddRecordCall { patient, via, folder: 0, record }).await.unwrap();
        Record { digest, keys, committed }
    }

    /// What the patient would give the doctor: the whole chart, to read for treatment, for an hour.
    pub fn terms(&self) -> GrantTerms {
        GrantTerms {
            patient: self.patient.address,
            grantee: self.doctor.address,
            scope: Scope::CHART,
            rights: 1,
            purposes: 1,
            expires_at: now() + 3600,
            epoch: 0,
            nonce: rand::random(),
        }
    }

    pub fn prepare(&self, terms: GrantTerms) -> Granted {
        let id = terms.id(&self.domain);
        let seed = self.patient.key.grant_seed(id);
        let sealed_key = terms.seal(&self.domain, &seed, &self.doctor.key.public(), &mut system_rng()).unwrap();
        Granted { terms, id, sealed_key }
    }

    /// Sends it to the chain.
    pub async fn grant(&self, granted: &Granted) {
        let GrantTerms { scope, rights, purposes, expires_at, grantee, .. } = granted.terms;
        let call = GrantAccessCall {
            patient: self.patient.h160(),
            grantee: ethers::types::H160(grantee.0),
            scope: scope.0,
            rights,
            purposes,
            expires_at,
            sealed_key: granted.sealed_key.clone().into(),
        };
        self.contract.send(self.patient.h160(), call).await.unwrap();
    }

    pub async fn revoke(&self, granted: &Granted) {
        let (patient, grantee) = (self.patient.h160(), ethers::types::H160(granted.terms.grantee.0));
        let call = RevokeAccessCall { patient, grantee, scope: granted.terms.scope.0 };
        self.contract.send(patient, call).await.unwrap();
    }

    /// One item list for each custodian: shares of both keys.
    pub fn items(&self, granted: &Granted, record: &Record) -> Vec<Vec<Item>> {
        let seed = self.patient.key.grant_seed(granted.id);
        let mut lists = vec![Vec::new(); self.custodians.len()];
        for (kind, what) in [(Kind::Title, What::Title), (Kind::Content, What::Content)] {
            let secret = if kind == Kind::Title { record.keys.title.expose() } else { record.keys.content.expose() };
            let half = seed.custody_half(KeyName { kind, digest: record.digest }, secret);
            let shares = split(&half, THRESHOLD, COUNT, &mut system_rng()).unwrap();
            for ((share, custodian), list) in shares.iter().zip(&self.custodians).zip(&mut lists) {
                list.push(seal_to(custodian, granted.id, (kind, what), record.digest, share));
            }
        }
        lists
    }

    pub fn deposit_body(&self, custodian: &Custodian, by: &Actor, granted: &Granted, items: &[Item]) -> Value {
        let terms = granted.terms;
        let deposit = Deposit {
            custodian: custodian.address(),
            patient: terms.patient,
            grant: granted.id,
            items: items.to_vec(),
            depositor: by.address,
            issued_at: now(),
        };
        let signature = by.sign(deposit.hash(&self.domain));
        json!({
            "custodian": deposit.custodian.to_string(),
            "patient": deposit.patient.to_string(),
            "grant": {
                "grantee": terms.grantee.to_string(), "scope": terms.scope.to_string(), "rights": terms.rights,
                "purposes": terms.purposes, "expiresAt": terms.expires_at, "epoch": terms.epoch,
                "nonce": format!("0x{:016x}", terms.nonce),
            },
            "items": items,
            "depositor": deposit.depositor.to_string(),
            "issuedAt": deposit.issued_at,
            "signature": format!("0x{}", chartkey_vault::bytes::hex(&signature)),
        })
    }

    pub async fn deposit(&self, granted: &Granted, record: &Record) -> Vec<Said> {
        let mut said = Vec::new();
        for (custodian, items) in self.custodians.iter().zip(self.items(granted, record)) {
            let body = self.deposit_body(custodian, &self.patient, granted, &items);
            said.push(custodian.post("/deposits", &body).await);
        }
        said
    }

    /// Deposited everywhere, granted, final.
    pub async fn granted(&self, record: &Record) -> Granted {
        let granted = self.prepare(self.terms());
        for said in self.deposit(&granted, record).await {
            assert_eq!(said.0, 200, "{said:?}");
        }
        self.grant(&granted).await;
        self.mine(2).await;
        granted
    }
}

pub fn seal_to(
    custodian: &Custodian,
    grant: GrantId,
    (kind, what): (Kind, What),
    digest: Digest,
    share: &Share,
) -> Item {
    let label = Label::Custody { grant, key: KeyName { kind, digest }, index: share.index };
    let sealed = share.seal(custodian.keys.public(), &label, &mut system_rng()).unwrap();
    Item { kind: what, digest, index: share.index, sealed }
}

async fn server(tools: &Toolchain) -> Arc<Postgres> {
    let mut shared = POSTGRES.lock().await;
    if let Some(running) = shared.upgrade() {
        return running;
    }
    let started = Arc::new(Postgres::start(tools, PostgresOptions::default()).await.unwrap());
    *shared = Arc::downgrade(&started);
    started
}
