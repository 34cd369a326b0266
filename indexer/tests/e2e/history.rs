//! Random histories: everything people do, by a seed that is printed. Few people, scopes and teams, so that acts meet.

mod access;
mod charts;
mod opens;
mod registry;

use chartkey_devnet::contract::CallError;
use chartkey_devnet::contract::bindings::TeamAddressCall;
use chartkey_devnet::contract::{At, Receipt};
use ethers::contract::EthCall;
use ethers::types::{Address, Bytes, U64};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::world::World;

/// Purposes that appear, by number and bit on chain.
pub const PURPOSES: [(u8, &str); 3] = [(0, "TREAT"), (2, "BTG"), (5, "HRESCH")];

/// How many of what happened last is taken up again: what is older has mostly ended.
const LATEST: usize = 8;

#[derive(Clone, Copy, Debug)]
pub struct AddedRecord {
    pub patient: Address,
    pub digest: [u8; 32],
}

/// A reader of a chart, and through whom: something once let them in, or nearly.
#[derive(Clone, Copy, Debug)]
pub struct Relation {
    pub patient: Address,
    pub reader: Address,
    pub via: Address,
}

/// A world in which things happen.
pub struct History<'a> {
    world: &'a World,
    pub rng: StdRng,
    pub time: u64,
    pub patients: Vec<Address>,
    /// The first one is a patient too, the last one is never registered.
    pub practitioners: Vec<Address>,
    /// Who may become a guardian: somebody else, a patient, a practitioner.
    pub guardians: Vec<Address>,
    /// By a registrar who stays one, and by one who does not always.
    pub teams: Vec<Team>,
    auditor: Address,
    relayer: Address,
    pub records: Vec<AddedRecord>,
    retracted: Vec<[u8; 32]>,
    pub relations: Vec<Relation>,
    /// Grants with REFER, as they were given.
    referable: Vec<access::Given>,
    referrals: Vec<access::Given>,
    emergencies: Vec<(Address, Address, [u8; 32])>,
    pub actions: usize,
}

/// A care team that somebody makes sooner or later.
#[derive(Clone, Copy, Debug)]
pub struct Team {
    pub address: Address,
    registrar: Address,
    salt: [u8; 32],
}

impl<'a> History<'a> {
    /// Registrars, patients and practitioners.
    pub async fn begin(world: &'a World, seed: u64) -> Self {
        println!("random history with seed {seed}");
        let accounts = &world.accounts;
        let mut teams = Vec::new();
        for (registrar, salt) in [(accounts[9], [1; 32]), (accounts[10], [2; 32])] {
            let asked = TeamAddressCall { registrar, salt };
            let address = world.contract.call_at(asked, At::Latest).await.unwrap();
            teams.push(Team { address, registrar, salt });
        }
        let mut history = History {
            world,
            rng: StdRng::seed_from_u64(seed),
            time: 1_700_100_000,
            patients: accounts[1..4].to_vec(),
            practitioners: [&accounts[3..7], &accounts[8..9]].concat(),
            guardians: vec![accounts[13], accounts[2], accounts[5]],
            teams,
            auditor: accounts[11],
            relayer: accounts[12],
            records: Vec::new(),
            retracted: Vec::new(),
            relations: Vec::new(),
            referable: Vec::new(),
            referrals: Vec::new(),
            emergencies: Vec::new(),
            actions: 0,
        };
        history.cast().await;
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
            if self.rng.random_ratio(1, 8) {
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

    async fn act_once(&mut self) -> Result<(), CallError> {
        let patient = self.patient();
        match self.rng.random_range(0..100) {
            0..18 => self.grant(patient).await,
            18..20 => self.grant_twice_at_once(patient).await,
            20..22 => self.grant_without_gas(patient).await,
            22..27 => self.revoke(patient).await,
            27..28 => self.renounce(patient).await,
            28..29 => self.revoke_everyone(patient).await,
            29..45 => self.refer().await,
            45..46 => self.end_referral().await,
            46..47 => self.request(patient).await,
            47..48 => self.set_emergency_policy(patient).await,
            48..52 => self.break_glass(patient).await,
            52..53 => self.review_emergency().await,
            53..65 => self.open().await,
            65..68 => self.log_opens().await,
            68..69 => self.cancel_nonces().await,
            69..76 => self.add_record(patient).await,
            76..79 => self.supersede_record().await,
            79..80 => self.retract_record().await,
            80..82 => self.set_guardian(patient).await,
            82..83 => self.remove_guardian(patient).await,
            83..88 => self.change_team().await,
            88..98 => self.change_standing().await,
            98..99 => self.change_role().await,
            _ => self.publish_key(patient).await,
        }
    }

    async fn send<C: EthCall>(&self, from: Address, call: C) -> Result<Receipt, CallError> {
        self.world.contract.send(from, call).await
    }

    pub fn patient(&mut self) -> Address {
        *self.patients.choose(&mut self.rng).unwrap()
    }

    pub fn practitioner(&mut self) -> Address {
        *self.practitioners.choose(&mut self.rng).unwrap()
    }

    pub fn team(&mut self) -> Team {
        *self.teams.choose(&mut self.rng).unwrap()
    }

    /// Everybody who may read something that is not their own, some of them twice.
    pub fn readers(&self) -> Vec<Address> {
        [&self.practitioners[..], &self.guardians].concat()
    }

    /// Somebody, through somebody: often a pair that something once let in, as often as not through somebody else.
    pub fn relation(&mut self) -> Relation {
        let by_themselves: bool = self.rng.random();
        let known: Vec<_> = self.relations.iter().filter(|known| known.via.is_zero() == by_themselves).collect();
        if let Some(relation) = known.choose(&mut self.rng)
            && self.rng.random_ratio(7, 10)
        {
            return **relation;
        }
        let patient = self.patient();
        let everybody = [self.readers(), self.patients.clone()].concat();
        let reader = *everybody.choose(&mut self.rng).unwrap();
        let via = match self.rng.random_range(0..6) {
            0..2 => Address::zero(),
            2 => patient,
            3 => self.team().address,
            _ => *everybody.choose(&mut self.rng).unwrap(),
        };
        Relation { patient, reader, via }
    }

    /// As `relation`, mostly a pair that something let in not long ago.
    fn recent_relation(&mut self) -> Relation {
        let latest = &self.relations[self.relations.len().saturating_sub(LATEST)..];
        match latest.choose(&mut self.rng).copied() {
            Some(relation) if self.rng.random_ratio(8, 10) => relation,
            _ => self.relation(),
        }
    }

    pub fn purpose(&mut self) -> (u8, &'static str) {
        *PURPOSES.choose(&mut self.rng).unwrap()
    }

    fn related(&mut self, patient: Address, reader: Address, via: Address) {
        self.relations.push(Relation { patient, reader, via });
    }

    fn records_of(&self, patient: Address) -> Vec<AddedRecord> {
        self.records.iter().filter(|record| record.patient == patient).copied().collect()
    }

    fn record_of(&mut self, patient: Address) -> Option<AddedRecord> {
        self.records_of(patient).choose(&mut self.rng).copied()
    }

    /// Unix seconds, soon.
    fn soon(&mut self, most: u64) -> u64 {
        self.time + self.rng.random_range(2..most)
    }

    fn random_bytes(&mut self, length: usize) -> Bytes {
        (0..length).map(|_| self.rng.random::<u8>()).collect()
    }
}
