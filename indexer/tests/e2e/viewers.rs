//! Who can see which record, at every block: the API against the contract.

use std::collections::{BTreeMap, BTreeSet};

use chartkey_devnet::contract::bindings::{CanOpenCall, WhyNotCall};
use chartkey_indexer::model::{Codec, Digest, RecordCid};
use ethers::contract::EthCall;
use ethers::types::{Address, Bytes, U64};
use ethers::utils::to_checksum;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

use crate::history::{AddedRecord, History, PURPOSES};
use crate::indexer::Indexer;
use crate::world::World;

const ACTIONS: usize = 320;
const CALLS_PER_BATCH: usize = 1_000;
const VERDICTS: usize = 1_500;

pub fn cid(digest: [u8; 32]) -> RecordCid {
    RecordCid { codec: Codec::Raw, digest: Digest(digest) }
}

/// One line of who can see: patient, viewer, purpose.
type Sight = (String, String, &'static str);

#[tokio::test]
async fn viewers_and_verdicts_equal_the_contracts_at_every_block() {
    let world = World::new().await;
    let mut history = History::begin(&world, 2).await;
    history.act(ACTIONS).await;
    // Time goes on, so that what is left runs out too.
    history.mine(3).await;
    let database = world.database().await;
    let indexer = Indexer::start(&world, &database).await;
    indexer.catch_up(&world).await;

    let (head, _) = world.head().await;
    let cids: BTreeSet<[u8; 32]> = history.records.iter().map(|record| record.digest).collect();
    assert!(cids.len() >= 8, "too few records to say anything");
    assert!(history.records.len() > cids.len(), "no file is in two charts");
    let (mut checked, mut seen, mut changes) = (0, 0, 0);
    let mut before = BTreeMap::new();
    for block in world.deployment.block..=head {
        let contract = sights_of_contract(&world, &history, block).await;
        for digest in &cids {
            let api = sights_of_api(&indexer, *digest, block).await;
            let expected = contract.get(digest).cloned().unwrap_or_default();
            assert_eq!(api, expected, "viewers of {} at block {block}", cid(*digest));
            checked += 1;
            seen += expected.len();
        }
        changes += usize::from(contract != before);
        before = contract;
    }
    println!(
        "{} actions; {checked} lists of viewers compared, at each of blocks {} to {head}; {seen} sights in them; who can \
         see what changed in {changes} blocks",
        history.actions, world.deployment.block,
    );
    assert!(seen > checked && changes > 100, "hardly anything could be seen or changed: the history says nothing");
    compare_verdicts(&world, &indexer, &mut history, head).await;
    indexer.stop().await;
}

/// Every sight at a block by `canOpen` of every reader and purpose.
async fn sights_of_contract(world: &World, history: &History<'_>, block: u64) -> BTreeMap<[u8; 32], BTreeSet<Sight>> {
    let mut questions = Vec::new();
    for record in &history.records {
        for reader in &history.practitioners {
            questions.extend(PURPOSES.map(|purpose| (*record, *reader, purpose)));
        }
    }
    let calls: Vec<_> = questions
        .iter()
        .map(|(record, reader, (purpose, _))| {
            let AddedRecord { patient, digest, .. } = *record;
            let call = CanOpenCall { patient, digest, reader: *reader, via: Address::zero(), purpose: *purpose };
            eth_call(world, call, block)
        })
        .collect();
    let mut sights = BTreeMap::<_, BTreeSet<_>>::new();
    for (questions, calls) in questions.chunks(CALLS_PER_BATCH).zip(calls.chunks(CALLS_PER_BATCH)) {
        let answers: Vec<Bytes> = world.rpc().batch(calls).await.unwrap();
        for ((record, reader, (_, purpose)), answer) in questions.iter().zip(answers) {
            if answer.last() == Some(&1) {
                let sight = (to_checksum(&record.patient, None), to_checksum(reader, None), *purpose);
                sights.entry(record.digest).or_default().insert(sight);
            }
        }
    }
    sights
}

fn eth_call(world: &World, call: impl EthCall, block: u64) -> (&'static str, Value) {
    let request = json!({ "to": world.contract.address(), "data": Bytes::from(call.encode()) });
    ("eth_call", json!([request, U64::from(block)]))
}

async fn sights_of_api(indexer: &Indexer, digest: [u8; 32], block: u64) -> BTreeSet<Sight> {
    let body = indexer.get(&format!("/v1/records/{}/viewers?at=block:{block}&limit=200", cid(digest))).await;
    assert_eq!(body["page"]["next"], Value::Null);
    let mut sights = BTreeSet::new();
    for row in body["data"].as_array().unwrap() {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        for (_, purpose) in PURPOSES {
            if row["grant"]["purposes"].as_array().unwrap().iter().any(|held| held == purpose) {
                sights.insert((text(&row["grant"]["patient"]), text(&row["viewer"]), purpose));
            }
        }
    }
    sights
}

/// `/v1/can-open` against `whyNot`, reasons included, for random questions at random blocks.
async fn compare_verdicts(world: &World, indexer: &Indexer, history: &mut History<'_>, head: u64) {
    let first = world.deployment.block;
    let mut reasons = BTreeSet::new();
    for _ in 0..VERDICTS {
        let record = *history.records.choose(&mut history.rng).unwrap();
        let readers: Vec<_> = history.practitioners.iter().chain(&history.patients).copied().collect();
        let reader = *readers.choose(&mut history.rng).unwrap();
        let (purpose, name) = *PURPOSES.choose(&mut history.rng).unwrap();
        let block = history.rng.random_range(first..=head);
        let AddedRecord { patient, digest, .. } = record;
        let call = WhyNotCall { patient, digest, reader, via: Address::zero(), purpose };
        let answer: Vec<Bytes> = world.rpc().batch(&[eth_call(world, call, block)]).await.unwrap();
        let expected = REASONS[usize::from(*answer[0].last().unwrap())];
        let query =
            format!("patient={patient:?}&cid={}&reader={reader:?}&purpose={name}&at=block:{block}", cid(digest));
        let body = indexer.get(&format!("/v1/can-open?{query}")).await;
        assert_eq!(body["data"]["reason"], expected, "{query}");
        assert_eq!(body["data"]["allowed"], expected == "allowed", "{query}");
        reasons.insert(expected);
    }
    println!("{VERDICTS} verdicts compared, with the reasons {reasons:?}");
    assert!(reasons.len() >= 9, "the history met only {reasons:?}");
}

/// Types.sol's `Reason`, in its order.
const REASONS: [&str; 12] = [
    "allowed",
    "unknownPatient",
    "unknownRecord",
    "unknownPractitioner",
    "practitionerSuspended",
    "practitionerLapsed",
    "notATeamMember",
    "noGrant",
    "grantVoided",
    "grantExpired",
    "rightNotGranted",
    "purposeNotGranted",
];
