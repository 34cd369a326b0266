//! Who can see which record, at every block, and through whom: the API against the contract.

use std::collections::{BTreeMap, BTreeSet};

use chartkey_devnet::contract::bindings::{CanOpenCall, MulticallCall, MulticallReturn, WhyNotCall};
use chartkey_indexer::model::{Codec, Digest, RecordCid};
use ethers::abi::{AbiDecode as _, AbiEncode as _};
use ethers::contract::EthCall;
use ethers::types::{Address, Bytes, U64};
use ethers::utils::to_checksum;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

use crate::history::{AddedRecord, History, PURPOSES, Relation};
use crate::indexer::Indexer;
use crate::world::World;

const ACTIONS: usize = 420;
/// Questions that fit into one call of the contract, by its gas.
const QUESTIONS_PER_CALL: usize = 1_000;
const VERDICTS: usize = 2_500;

pub fn cid(digest: [u8; 32]) -> RecordCid {
    RecordCid { codec: Codec::Raw, digest: Digest(digest) }
}

/// One line of who can see: patient, viewer, through whom, purpose.
type Sight = (String, String, Option<String>, &'static str);

#[tokio::test]
async fn viewers_and_verdicts_equal_the_contracts_at_every_block() {
    let world = World::new().await;
    // HISTORY_SEED tries another history.
    let seed = std::env::var("HISTORY_SEED").map_or(5, |seed| seed.parse().unwrap());
    let mut history = History::begin(&world, seed).await;
    history.act(ACTIONS).await;
    history.parent_ends_before_its_referral().await;
    // Time goes on, so that what is left runs out too.
    history.mine(3).await;
    let database = world.database().await;
    let indexer = Indexer::start(&world, &database).await;
    indexer.catch_up(&world).await;

    let (head, _) = world.head().await;
    let cids: BTreeSet<[u8; 32]> = history.records.iter().map(|record| record.digest).collect();
    assert!(cids.len() >= 8, "too few records to say anything");
    assert!(history.records.len() > cids.len(), "no file is in two charts");
    let questions = Questions::new(&history);
    let (mut checked, mut changes) = (0, 0);
    let mut seen = BTreeMap::<&str, usize>::new();
    let mut before = BTreeMap::new();
    for block in world.deployment.block..=head {
        let contract = sights_of_contract(&world, &questions, block).await;
        for digest in &cids {
            let rows = viewers(&indexer, *digest, block).await;
            let api = sights_of_api(&rows);
            *seen.entry("emergency").or_default() += rows.iter().filter(|row| is_emergency(row)).count();
            let expected = contract.get(digest).cloned().unwrap_or_default();
            let (extra, missing) = (api.difference(&expected).next(), expected.difference(&api).next());
            let differs = (extra, missing);
            assert_eq!(differs, (None, None), "(extra, missing) viewers of {} at block {block}", cid(*digest));
            checked += 1;
            for sight in &expected {
                *seen.entry(kind(&history, sight)).or_default() += 1;
            }
        }
        changes += usize::from(contract != before);
        before = contract;
    }
    println!(
        "{} actions; {checked} lists of viewers compared, at each of blocks {} to {head}; sights in them: {seen:?}; who \
         can see what changed in {changes} blocks",
        history.actions, world.deployment.block,
    );
    assert!(changes > 100, "hardly anything changed: the history says nothing");
    for kind in ["own", "guardian", "team", "referral", "emergency"] {
        assert!(seen.get(kind).is_some_and(|seen| *seen > 50), "hardly anything could be seen by {kind}: {seen:?}");
    }
    compare_verdicts(&world, &indexer, &mut history, head).await;
    indexer.stop().await;
}

/// Which way of seeing it is.
fn kind(history: &History<'_>, (patient, _, via, _): &Sight) -> &'static str {
    match via {
        None => "own",
        Some(via) if via == patient => "guardian",
        Some(via) if history.teams.iter().any(|team| to_checksum(&team.address, None) == *via) => "team",
        Some(_) => "referral",
    }
}

/// Every record, by every reader, through everybody through whom they might, for every purpose.
struct Questions {
    asked: Vec<(CanOpenCall, &'static str)>,
    /// The same, many in one call.
    calls: Vec<MulticallCall>,
}

impl Questions {
    fn new(history: &History<'_>) -> Self {
        let readers: BTreeSet<Address> = history.readers().into_iter().collect();
        let teams = history.teams.iter().map(|team| team.address);
        let vias: Vec<_> = [Address::zero()].into_iter().chain(teams).chain(history.practitioners.clone()).collect();
        let mut asked = Vec::new();
        for AddedRecord { patient, digest } in history.records.iter().copied() {
            // A patient sees their own chart, and is no viewer of it.
            for reader in readers.iter().copied().filter(|reader| *reader != patient) {
                for via in vias.iter().copied().chain([patient]).filter(|via| *via != reader) {
                    let ask = |purpose| CanOpenCall { patient, digest, reader, via, purpose };
                    asked.extend(PURPOSES.map(|(purpose, name)| (ask(purpose), name)));
                }
            }
        }
        let encode = |(call, _): &(CanOpenCall, _)| call.clone().encode().into();
        let calls = asked.chunks(QUESTIONS_PER_CALL);
        let calls = calls.map(|asked| MulticallCall { data: asked.iter().map(encode).collect() }).collect();
        Self { asked, calls }
    }
}

/// What the contract answers at a block.
async fn sights_of_contract(world: &World, questions: &Questions, block: u64) -> BTreeMap<[u8; 32], BTreeSet<Sight>> {
    let calls: Vec<_> = questions.calls.iter().map(|call| eth_call(world, call.clone(), block)).collect();
    let answers: Vec<Bytes> = world.rpc().batch(&calls).await.unwrap();
    let answers = answers.iter().flat_map(|answer| MulticallReturn::decode(answer).unwrap().results);
    let answers: Vec<Bytes> = answers.collect();
    assert_eq!(answers.len(), questions.asked.len());
    let mut sights = BTreeMap::<_, BTreeSet<_>>::new();
    for ((call, purpose), answer) in questions.asked.iter().zip(answers) {
        if answer.last() == Some(&1) {
            let via = (!call.via.is_zero()).then(|| to_checksum(&call.via, None));
            let sight = (to_checksum(&call.patient, None), to_checksum(&call.reader, None), via, *purpose);
            sights.entry(call.digest).or_default().insert(sight);
        }
    }
    sights
}

fn eth_call(world: &World, call: impl EthCall, block: u64) -> (&'static str, Value) {
    let request = json!({ "to": world.contract.address(), "data": Bytes::from(call.encode()) });
    ("eth_call", json!([request, U64::from(block)]))
}

async fn viewers(indexer: &Indexer, digest: [u8; 32], block: u64) -> Vec<Value> {
    let mut body = indexer.get(&format!("/v1/records/{}/viewers?at=block:{block}&limit=200", cid(digest))).await;
    assert_eq!(body["page"]["next"], Value::Null);
    serde_json::from_value(body["data"].take()).unwrap()
}

/// By the glass that the viewer broke: that is never through anybody, nor for another purpose.
fn is_emergency(row: &Value) -> bool {
    let emergency = row["grant"]["scope"]["kind"] == "emergency";
    assert!(!emergency || (row["via"].is_null() && row["grant"]["purposes"] == json!(["BTG"])), "{row}");
    emergency
}

fn sights_of_api(rows: &[Value]) -> BTreeSet<Sight> {
    let mut sights = BTreeSet::new();
    for row in rows {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (viewer, via) = (text(&row["viewer"]).unwrap(), text(&row["via"]));
        // A guardian needs no grant, and has all purposes.
        let patient = match &row["grant"] {
            Value::Null => via.clone().unwrap(),
            grant => text(&grant["patient"]).unwrap(),
        };
        for (_, purpose) in PURPOSES {
            let held = row["grant"]["purposes"].as_array();
            if held.is_none_or(|held| held.iter().any(|held| held == purpose)) {
                sights.insert((patient.clone(), viewer.clone(), via.clone(), purpose));
            }
        }
    }
    sights
}

/// `/v1/can-open` against `whyNot`, reasons included, for random questions at random blocks.
async fn compare_verdicts(world: &World, indexer: &Indexer, history: &mut History<'_>, head: u64) {
    let first = world.deployment.block;
    let mut reasons = BTreeMap::<&str, usize>::new();
    for _ in 0..VERDICTS {
        let Relation { patient, reader, via } = history.relation();
        let records: Vec<_> = history.records.iter().filter(|record| record.patient == patient).collect();
        let digest = records.choose(&mut history.rng).unwrap().digest;
        let (purpose, name) = history.purpose();
        let block = history.rng.random_range(first..=head);
        let call = WhyNotCall { patient, digest, reader, via, purpose };
        let answer: Vec<Bytes> = world.rpc().batch(&[eth_call(world, call, block)]).await.unwrap();
        let expected = REASONS[usize::from(*answer[0].last().unwrap())];
        let via = if via.is_zero() { String::new() } else { format!("&via={via:?}") };
        let query =
            format!("patient={patient:?}&cid={}&reader={reader:?}&purpose={name}&at=block:{block}{via}", cid(digest));
        let body = indexer.get(&format!("/v1/can-open?{query}")).await;
        assert_eq!(body["data"]["reason"], expected, "{query}");
        assert_eq!(body["data"]["allowed"], expected == "allowed", "{query}");
        *reasons.entry(expected).or_default() += 1;
    }
    println!("{VERDICTS} verdicts compared, by reason: {reasons:?}");
    let missed: Vec<_> = REASONS.iter().filter(|reason| !reasons.contains_key(*reason)).collect();
    assert!(missed.is_empty(), "the history never met {missed:?}");
}

/// Types.sol's `Reason`, in its order, up to the last that is a verdict.
const REASONS: [&str; 16] = [
    "allowed",
    "unknownPatient",
    "unknownRecord",
    "recordRetracted",
    "notAGuardian",
    "unknownPractitioner",
    "practitionerSuspended",
    "practitionerLapsed",
    "notATeamMember",
    "referrerNotInGoodStanding",
    "noGrant",
    "parentEnded",
    "grantVoided",
    "grantExpired",
    "rightNotGranted",
    "purposeNotGranted",
];
