//! Events and trails of given blocks, and what is believed of nodes.

use std::time::{Duration, Instant};

use chartkey_devnet::replay::Fault;
use chartkey_devnet::rpc::Rpc;
use chartkey_indexer::chain::{Chain as _, ChainError, RpcChain};
use chartkey_indexer::model::{Address, Block, Hash, keccak256};
use serde_json::json;

use super::{SEED, chain, options, places, replay, truth};

#[tokio::test(flavor = "multi_thread")]
async fn events_are_of_the_headers_blocks_however_many_there_are() {
    let replay = replay(5_000);
    let head = replay.head().number;
    let chain = chain(&replay, &[&replay]);
    for range in [head - 20..=head, 0..=head] {
        let headers = chain.headers(range.clone()).await.unwrap();
        let logs = chain.events_of(&headers).await.unwrap();
        let wanted: Vec<_> = truth(&replay).await.into_iter().filter(|log| range.contains(&log.0)).collect();
        assert_eq!(places(&logs), wanted);
    }
    // By now the blooms are known to tell: an empty block costs no question.
    replay.mine(3);
    let headers = chain.headers(head + 1..=head + 3).await.unwrap();
    let asked = replay.stats();
    assert!(headers.iter().all(|header| !header.may_hold_events));
    assert_eq!(chain.events_of(&headers).await.unwrap(), []);
    assert_eq!(replay.stats().messages, asked.messages);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_answer_is_not_believed_against_the_bloom() {
    let replay = replay(500);
    let other = replay.endpoint().unwrap();
    let chain = chain(&replay, &[&replay, &other]);
    let all = chain.headers(0..=replay.head().number).await.unwrap();
    chain.events_of(&all).await.unwrap();
    replay.block_of(4);
    let head = replay.head();
    assert!(head.logs > 0);
    let headers = chain.headers(head.number..=head.number).await.unwrap();
    // Its logs are not there yet, its receipts are; then not even those, but another endpoint has both; then nobody gives any
    // receipts, and only the other endpoint logs.
    let no_logs = || Fault::NoLogs.always();
    let no_receipts = || Fault::UnknownMethod.always().on("eth_getBlockReceipts");
    for (ours, theirs) in [
        (vec![no_logs()], vec![no_logs()]),
        (vec![no_logs(), no_receipts()], vec![no_logs()]),
        (vec![no_logs(), no_receipts()], vec![no_receipts()]),
    ] {
        let when = format!("{ours:?}, {theirs:?}");
        replay.set_faults(ours, SEED);
        other.set_faults(theirs, SEED);
        assert_eq!(chain.events_of(&headers).await.unwrap().len(), head.logs, "{when}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_of_another_branch_are_not_taken() {
    let replay = replay(500);
    let chain = chain(&replay, &[&replay]);
    let head = replay.reorg(10, 10, 3);
    let headers = chain.headers(head.number - 15..=head.number).await.unwrap();
    replay.set_faults(vec![Fault::WrongFork.always()], SEED);
    let began = Instant::now();
    assert!(chain.events_of(&headers).await.is_err(), "logs of the branch that was replaced");
    assert!(began.elapsed() < Duration::from_secs(20));
    replay.set_faults(vec![Fault::WrongFork.times(2).on("eth_getLogs")], SEED);
    let logs = chain.events_of(&headers).await.unwrap();
    let wanted: Vec<_> = truth(&replay).await.into_iter().filter(|log| log.0 >= head.number - 15).collect();
    assert_eq!(places(&logs), wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn trails_are_of_that_block() {
    let replay = replay(8_000);
    let chain = chain(&replay, &[&replay]);
    let subjects: Vec<Address> = replay.subjects().iter().map(|subject| Address(subject.0)).collect();
    assert!(subjects.len() > 100, "{} subjects make more than one request", subjects.len());
    let rpc = Rpc::new(&replay.url());
    for number in [replay.head().number / 2, replay.head().number] {
        let header = chain.headers(number..=number).await.unwrap().remove(0);
        let links = chain.trails(&subjects, &header.block).await.unwrap();
        for (subject, link) in subjects.iter().zip(&links).step_by(17) {
            let selector = &keccak256(b"trail(address)")[..4];
            let selector: String = selector.iter().map(|byte| format!("{byte:02x}")).collect();
            let data = format!("0x{selector}{}{}", "00".repeat(12), &subject.to_string()[2..]).to_lowercase();
            let call = json!([{ "to": replay.contract(), "data": data }, format!("{number:#x}")]);
            let theirs: Hash = rpc.call("eth_call", call).await.unwrap();
            assert_eq!(*link, theirs);
        }
    }
    let gone = Block { hash: Hash([7; 32]), ..chain.head().await.unwrap().block };
    assert!(matches!(chain.trails(&subjects[..1], &gone).await, Err(ChainError::NoBlock(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_is_waited_for_as_long_as_the_node_says_and_only_where_it_is_used_up() {
    let replay = replay(50);
    let other = replay.endpoint().unwrap();
    let used_up = |seconds| vec![Fault::TooManyRequests(Some(seconds)).times(1)];
    replay.set_faults(used_up(30), SEED);
    let began = Instant::now();
    chain(&replay, &[&replay, &other]).chain_id().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "another endpoint has a quota of its own");
    replay.set_faults(used_up(2), SEED);
    let began = Instant::now();
    chain(&replay, &[&replay]).chain_id().await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(1900), "asked again after {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_name_the_endpoint_without_what_may_be_a_key() {
    let replay = replay(50);
    let mut options = options(&replay, &[&replay]);
    options.rpc_urls = vec![format!("{}/v3/secret?key=secret", replay.url()).parse().unwrap()];
    let chain = RpcChain::new(options).unwrap();
    for fault in [Fault::Status(503), Fault::Garbage, Fault::UnknownMethod] {
        replay.set_faults(vec![fault.always()], SEED);
        let error = chain.chain_id().await.unwrap_err().to_string();
        assert!(error.contains("http://127.0.0.1:") && !error.contains("secret"), "{error}");
    }
    replay.stop_listening();
    let error = chain.chain_id().await.unwrap_err().to_string();
    assert!(error.contains("http://127.0.0.1:") && !error.contains("secret"), "{error}");
}
