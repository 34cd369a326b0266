//! The replayed chain, over its own JSON-RPC: consistent, the contract's, and wrong only where told to be.

mod faults;
mod heads;
mod rules;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::{Duration, Instant},
};

use chartkey_devnet::{
    contract::bindings::ChartkeyEvents,
    replay::{Endpoint, Fault, Kind, Node, Replay, ReplayOptions},
    rpc::{Rpc, RpcError},
};
use ethers::{
    abi::RawLog,
    contract::EthLogDecode as _,
    types::{Address, Block, Bloom, Bytes, Filter, H256, Log, U64},
    utils::keccak256,
};
use serde_json::{Value, json};

fn chain(events: u64) -> Replay {
    Replay::start(ReplayOptions { events, ..ReplayOptions::default() }).unwrap()
}

fn rpc(endpoint: &Endpoint) -> Rpc {
    Rpc::new(&endpoint.url())
}

async fn logs(endpoint: &Endpoint, first: u64, last: u64) -> Vec<Log> {
    let filter = json!({"fromBlock": U64::from(first), "toBlock": U64::from(last), "address": endpoint.contract()});
    rpc(endpoint).call("eth_getLogs", json!([filter])).await.unwrap()
}

async fn refused(endpoint: &Endpoint, method: &str, params: Value) -> (i64, String) {
    match rpc(endpoint).call::<Value>(method, params).await.unwrap_err() {
        RpcError::Refused { code, message, .. } => (code, message),
        other => panic!("{other}"),
    }
}

async fn blocks(endpoint: &Endpoint) -> Vec<Block<H256>> {
    let calls: Vec<_> = (0..=endpoint.head().number)
        .map(|number| ("eth_getBlockByNumber", json!([U64::from(number), false])))
        .collect();
    rpc(endpoint).batch(&calls).await.unwrap()
}

async fn trail(endpoint: &Endpoint, subject: Address, at: Value) -> H256 {
    let data = Bytes::from([&keccak256("trail(address)")[..4], H256::from(subject).as_bytes()].concat());
    let call = json!([{"to": endpoint.contract(), "data": data}, at]);
    rpc(endpoint).call("eth_call", call).await.unwrap()
}

fn word(number: u64) -> [u8; 32] {
    H256::from_low_u64_be(number).0
}

fn cut(mut hash: [u8; 32]) -> H256 {
    hash[28..].fill(0);
    H256(hash)
}

/// Every subject's trail after these logs, as ITrail.sol defines it.
fn recomputed(endpoint: &Endpoint, logs: &[Log], times: &HashMap<u64, u64>) -> HashMap<Address, H256> {
    let (chain_id, contract) = (endpoint.deployment().chain_id, endpoint.contract());
    let mut trails = HashMap::new();
    for log in logs {
        let (subject, number) = (Address::from(log.topics[1]), log.block_number.unwrap().as_u64());
        let domain = keccak256("chartkey/v1/trail");
        let start = [domain, word(chain_id), H256::from(contract).0, H256::from(subject).0].concat();
        let before = *trails.entry(subject).or_insert_with(|| cut(keccak256(start)));
        let topics: Vec<u8> = log.topics.iter().flat_map(|topic| topic.0).collect();
        let logged = keccak256([topics, log.data.to_vec()].concat());
        trails.insert(subject, cut(keccak256([before.0, word(number), word(times[&number]), logged].concat())));
    }
    trails
}

#[tokio::test]
async fn the_same_seed_is_the_same_chain() {
    let (one, same) = (chain(3000), chain(3000));
    let other = Replay::start(ReplayOptions { seed: 2, events: 3000, ..ReplayOptions::default() }).unwrap();
    assert_eq!(one.head(), same.head());
    assert_eq!(one.contract(), same.contract());
    assert_eq!(one.extend(5), same.extend(5));
    assert_ne!(one.head().hash, other.head().hash);
}

#[tokio::test]
async fn hashes_parents_and_blooms_are_real() {
    let chain = chain(2000);
    let blocks = blocks(&chain).await;
    assert!(blocks.iter().any(|block| block.number.unwrap().as_u64() > 10 && block.logs_bloom.unwrap().is_zero()));
    for (number, block) in blocks.iter().enumerate() {
        assert_eq!(block.hash.unwrap(), hash_of(block), "block {number}");
        let parent = number.checked_sub(1).map_or(H256::zero(), |parent| blocks[parent].hash.unwrap());
        assert_eq!(block.parent_hash, parent);
        let held = logs(&chain, number as u64, number as u64).await;
        assert!(number > 9 || held.is_empty(), "an event before the deployment");
        let mut bloom = Bloom::default();
        for (nth, log) in held.iter().enumerate() {
            accrue(&mut bloom, log.address.as_bytes());
            log.topics.iter().for_each(|topic| accrue(&mut bloom, topic.as_bytes()));
            assert_eq!(log.log_index.unwrap(), held[0].log_index.unwrap() + nth);
            assert_eq!(log.block_hash, block.hash);
            assert!(block.transactions.contains(&log.transaction_hash.unwrap()));
        }
        assert_eq!(block.logs_bloom.unwrap(), bloom);
        let receipts: Vec<Value> = rpc(&chain).call("eth_getBlockReceipts", json!([U64::from(number)])).await.unwrap();
        let of_receipts: Vec<Log> =
            receipts.iter().flat_map(|it| serde_json::from_value::<Vec<Log>>(it["logs"].clone()).unwrap()).collect();
        assert_eq!(of_receipts, held);
        let mut together = Bloom::default();
        for receipt in &receipts {
            let part: Bloom = serde_json::from_value(receipt["logsBloom"].clone()).unwrap();
            together = Bloom(std::array::from_fn(|byte| together.0[byte] | part.0[byte]));
        }
        assert_eq!(together, bloom);
    }
}

/// The hash of a header after the merge, by ethers' own RLP.
fn hash_of(block: &Block<H256>) -> H256 {
    let mut rlp = ethers::utils::rlp::RlpStream::new_list(16);
    rlp.append(&block.parent_hash).append(&block.uncles_hash).append(&block.author.unwrap());
    rlp.append(&block.state_root).append(&block.transactions_root).append(&block.receipts_root);
    rlp.append(&block.logs_bloom.unwrap()).append(&block.difficulty).append(&block.number.unwrap());
    rlp.append(&block.gas_limit).append(&block.gas_used).append(&block.timestamp);
    rlp.append(&block.extra_data.to_vec()).append(&block.mix_hash.unwrap()).append(&block.nonce.unwrap());
    rlp.append(&block.base_fee_per_gas.unwrap());
    H256(keccak256(rlp.out()))
}

/// Sets a value's three bits, as the yellow paper says.
fn accrue(bloom: &mut Bloom, value: &[u8]) {
    let hash = keccak256(value);
    for pair in hash[..6].chunks(2) {
        let bit = usize::from(u16::from_be_bytes([pair[0], pair[1]]) % 2048);
        bloom.0[255 - bit / 8] |= 1 << (bit % 8);
    }
}

#[tokio::test]
async fn all_events_of_the_contract_occur_in_the_mix_and_decode() {
    let chain = chain(20_000);
    let logs = logs(&chain, 0, chain.head().number).await;
    assert_eq!(logs.len() as u64, chain.events());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for log in &logs {
        let raw = RawLog { topics: log.topics.clone(), data: log.data.to_vec() };
        let event = ChartkeyEvents::decode_log(&raw).unwrap();
        let again = Kind::ALL.iter().find(|kind| format!("{event:?}").starts_with(kind.name())).unwrap();
        *counts.entry(again.name()).or_default() += 1;
    }
    assert_eq!(counts.len(), Kind::ALL.len(), "{counts:?}");
    let percent = |name: &str| counts[name] * 100 / logs.len();
    assert!((50..=60).contains(&percent("RecordOpened")), "{counts:?}");
    assert!((12..=16).contains(&percent("RecordAdded")), "{counts:?}");
    assert!((10..=15).contains(&percent("AccessGranted")), "{counts:?}");
    assert!((200..=600).contains(&counts["PatientRegistered"]), "{counts:?}");
}

#[tokio::test]
async fn trails_are_what_the_logs_say_at_any_block() {
    let chain = chain(3000);
    let head = chain.head().number;
    for at in [10, 11, head / 3, head / 2, head - 1, head] {
        let times = (0..=at).map(|number| (number, chain.block(number).unwrap().timestamp)).collect();
        let expected = recomputed(&chain, &logs(&chain, 0, at).await, &times);
        assert!(at < 20 || expected.len() > 5);
        for subject in chain.subjects() {
            let said = trail(&chain, subject, json!(U64::from(at))).await;
            assert_eq!(said, expected.get(&subject).copied().unwrap_or_default(), "{subject:?} at block {at}");
        }
        let registry = trail(&chain, Address::zero(), json!({"blockHash": chain.block(at).unwrap().hash})).await;
        assert_eq!(registry, expected[&Address::zero()]);
    }
    assert_eq!(trail(&chain, Address::repeat_byte(9), json!("latest")).await, H256::zero());
    let before: Bytes =
        rpc(&chain).call("eth_call", json!([{"to": chain.contract(), "data": "0x"}, "0x9"])).await.unwrap();
    assert!(before.is_empty());
}

#[tokio::test]
async fn tags_filters_and_code_are_answered_as_nodes_do() {
    let chain = chain(2000);
    let (head, ask) = (chain.head().number, rpc(&chain));
    for (tag, number) in [("latest", head), ("finalized", head - 64), ("safe", head - 64), ("earliest", 0)] {
        let block: Block<H256> = ask.call("eth_getBlockByNumber", json!([tag, false])).await.unwrap();
        assert_eq!(block.number.unwrap().as_u64(), number, "{tag}");
        let same: Block<H256> = ask.call("eth_getBlockByHash", json!([block.hash, false])).await.unwrap();
        assert_eq!(same, block);
    }
    chain.set_finalized_distance(None);
    assert_eq!(refused(&chain, "eth_getBlockByNumber", json!(["finalized", false])).await.0, -32_000);
    let beyond: Value = ask.call("eth_getBlockByNumber", json!([U64::from(head + 1), false])).await.unwrap();
    assert!(beyond.is_null());
    let all = logs(&chain, 0, head).await;
    let patient = all.iter().find(|log| !log.topics[1].is_zero()).unwrap().topics[1];
    let filter = Filter::new().from_block(0).topic0(vec![all[0].topics[0], all[50].topics[0]]).topic1(patient);
    let some: Vec<Log> = ask.call("eth_getLogs", json!([filter])).await.unwrap();
    let wanted =
        |log: &&Log| [all[0].topics[0], all[50].topics[0]].contains(&log.topics[0]) && log.topics[1] == patient;
    assert_eq!(some, all.iter().filter(wanted).cloned().collect::<Vec<_>>());
    let hash = chain.block(20).unwrap().hash;
    let of_block: Vec<Log> = ask.call("eth_getLogs", json!([{"blockHash": hash}])).await.unwrap();
    assert_eq!(of_block, logs(&chain, 20, 20).await);
    let none: Vec<Log> =
        ask.call("eth_getLogs", json!([{"fromBlock": "0x0", "address": Address::zero()}])).await.unwrap();
    assert!(none.is_empty());
    for (at, empty) in [("0x9", true), ("0xa", false), ("latest", false)] {
        let code: Bytes = ask.call("eth_getCode", json!([chain.contract(), at])).await.unwrap();
        assert_eq!(code.is_empty(), empty, "{at}");
    }
    assert_eq!(ask.call::<U64>("eth_chainId", json!([])).await.unwrap(), chain.deployment().chain_id.into());
    assert_eq!(refused(&chain, "eth_sendRawTransaction", json!(["0x"])).await.0, -32_601);
}

#[tokio::test]
async fn a_reorganisation_keeps_the_ancestor_and_changes_the_branch() {
    let chain = chain(6000);
    for (depth, count, seed) in [(3, 3, 1), (40, 41, 2), (7, 2, 3), (1, 1, 4), (5, 0, 5), (40, 45, 6)] {
        let (before, old) = (blocks(&chain).await, chain.head());
        let head = chain.reorg(depth, count, seed);
        let after = blocks(&chain).await;
        assert_eq!(head.number + depth, old.number + count);
        let fork = usize::try_from(old.number - depth).unwrap();
        assert_eq!(before[..=fork], after[..=fork]);
        for (old, new) in before[fork + 1..].iter().zip(&after[fork + 1..]) {
            assert_ne!(old.hash, new.hash);
            assert_eq!(new.hash.unwrap(), hash_of(new));
        }
        let orphan: Value =
            rpc(&chain).call("eth_getBlockByHash", json!([before[fork + 1].hash, false])).await.unwrap();
        assert!(orphan.is_null());
    }
    let times = (0..=chain.head().number).map(|at| (at, chain.block(at).unwrap().timestamp)).collect();
    let expected = recomputed(&chain, &logs(&chain, 0, chain.head().number).await, &times);
    assert_eq!(chain.subjects().len(), expected.len());
    for subject in chain.subjects() {
        assert_eq!(trail(&chain, subject, json!("latest")).await, expected[&subject]);
    }
}
