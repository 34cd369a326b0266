//! Backfill: whole, in order and bounded, whatever the endpoints do.

use std::ops::RangeInclusive;
use std::time::Duration;

use chartkey_devnet::replay::{Fault, Node, Replay};
use chartkey_devnet::wait::until;
use chartkey_indexer::chain::{Chain as _, ChainError, RpcChain, Span};
use chartkey_indexer::model::{Hash, RawLog};
use futures_util::TryStreamExt as _;

use super::{SEED, chain, places, replay, truth};

async fn history(chain: &RpcChain, range: RangeInclusive<u64>) -> Result<Vec<Span>, ChainError> {
    chain.history(range).try_collect().await
}

/// Spans must be of the whole range, in order, with all events and the blocks they promise, as the chain has them.
async fn assert_whole(replay: &Replay, spans: &[Span], range: RangeInclusive<u64>, when: &str) {
    let mut next = *range.start();
    for span in spans {
        assert_eq!(*span.range.start(), next, "{when}: a gap");
        next = span.range.end() + 1;
        let mut wanted: Vec<u64> = span.logs.iter().map(|log| log.position.block_number).collect();
        wanted.push(*span.range.end());
        wanted.dedup();
        let numbers: Vec<u64> = span.blocks.iter().map(|block| block.number).collect();
        assert_eq!(numbers, wanted, "{when}: blocks of {:?}", span.range);
        for block in &span.blocks {
            let theirs = replay.block(block.number).unwrap();
            assert_eq!((block.hash, block.timestamp.unix()), (Hash(theirs.hash.0), theirs.timestamp), "{when}");
        }
    }
    assert_eq!(next, range.end() + 1, "{when}: the end");
    let logs: Vec<RawLog> = spans.iter().flat_map(|span| span.logs.clone()).collect();
    assert_eq!(places(&logs), truth(replay).await, "{when}");
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_whole_whether_logs_tell_the_time_or_not() {
    let replay = replay(30_000);
    let head = replay.head().number;
    for faults in [vec![], vec![Fault::NoTimestamps.always()]] {
        replay.set_faults(faults, SEED);
        let spans = history(&chain(&replay, &[&replay]), 0..=head).await.unwrap();
        assert_whole(&replay, &spans, 0..=head, "30 000 events").await;
        assert!(spans.len() > 5, "one answer must not hold all: {} spans", spans.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_nodes_limits_are_understood_and_remembered() {
    let replay = replay(6_000);
    let head = replay.head().number;
    for node in Node::ALL {
        let endpoint = replay.endpoint().unwrap();
        let limits = vec![Fault::RangeLimit(40, node).always(), Fault::ResultLimit(600, node).always()];
        endpoint.set_faults(limits, SEED);
        let chain = chain(&replay, &[&endpoint]);
        let spans = history(&chain, 0..=head).await.unwrap();
        assert_whole(&replay, &spans, 0..=head, &format!("{node:?}")).await;
        let asked = endpoint.stats().calls["eth_getLogs"];
        let wasted = asked - spans.len() as u64;
        // Besu does not say what it allows, and finding out costs.
        assert!(wasted <= 12 + spans.len() as u64 / 4, "{node:?}: {wasted} of {asked} questions refused");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn history_survives_whatever_happens_on_the_way() {
    let replay = replay(20_000);
    let other = replay.endpoint().unwrap();
    let faults = || {
        vec![
            Fault::Delay(Duration::ZERO, Duration::from_millis(20)).always(),
            Fault::TooManyRequests(None).chance(0.03),
            Fault::Status(502).chance(0.05),
            Fault::Truncated.chance(0.05),
            Fault::Dropped.chance(0.05),
            Fault::Garbage.chance(0.05),
            Fault::RateLimited.chance(0.02),
            Fault::WrongBlockHash.chance(0.05),
        ]
    };
    replay.set_faults(faults(), SEED);
    other.set_faults(faults(), SEED + 1);
    let head = replay.head().number;
    let spans = history(&chain(&replay, &[&replay, &other]), 0..=head).await.unwrap();
    assert_whole(&replay, &spans, 0..=head, &format!("seed {SEED}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_is_spread_and_an_endpoint_that_is_gone_is_done_without() {
    let replay = replay(30_000);
    let (second, gone) = (replay.endpoint().unwrap(), replay.endpoint().unwrap());
    gone.stop_listening();
    let head = replay.head().number;
    let chain = chain(&replay, &[&gone, &replay, &second]);
    let spans = history(&chain, 0..=head).await.unwrap();
    assert_whole(&replay, &spans, 0..=head, "one of three gone").await;
    for endpoint in [&*replay, &second] {
        assert!(endpoint.stats().logs > 4_000, "{:?}", endpoint.stats());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_lags_or_is_on_another_branch_gives_no_history() {
    let replay = replay(4_000);
    replay.reorg(20, 22, 5);
    let other = replay.endpoint().unwrap();
    let head = replay.head().number;
    for fault in [Fault::Lagging(30), Fault::WrongBlockHash] {
        replay.set_faults(vec![fault.clone().always()], SEED);
        let spans = history(&chain(&replay, &[&replay, &other]), 0..=head).await.unwrap();
        assert_whole(&replay, &spans, 0..=head, &format!("{fault:?}")).await;
        let alone = history(&chain(&replay, &[&replay]), 0..=head).await;
        assert!(alone.is_err(), "{fault:?} must not be believed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fetching_goes_on_while_the_reader_is_busy_but_not_without_bound() {
    let replay = replay(80_000);
    let head = replay.head().number;
    let chain = chain(&replay, &[&replay]);
    let mut spans = chain.history(0..=head);
    spans.try_next().await.unwrap().unwrap();
    let logs = || replay.stats().logs;
    until("fetching ahead", Duration::from_secs(20), || async { Ok((logs() > 15_000).then_some(())) }).await.unwrap();
    // Nothing is read: it must come to rest well before the end.
    let mut before = 0;
    until("rest", Duration::from_secs(20), || {
        let now = logs();
        let rests = now == std::mem::replace(&mut before, now);
        async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(rests.then_some(()))
        }
    })
    .await
    .unwrap();
    assert!(logs() < 60_000, "{} of 80 000 logs are fetched ahead", logs());
}
