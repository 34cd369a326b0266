//! The head: pushed or asked for, of endpoints that differ.

use std::time::{Duration, Instant};

use chartkey_devnet::replay::{Fault, Replay};
use chartkey_devnet::wait::until;
use chartkey_indexer::chain::{Chain as _, ChainError, RpcChain, RpcOptions};
use chartkey_indexer::model::Hash;

use super::{SEED, chain, options, replay};

#[tokio::test(flavor = "multi_thread")]
async fn new_heads_are_pushed_and_polled_for_when_they_are_not() {
    let replay = replay(100);
    let mut options = options(&replay, &[&replay]);
    options.poll_interval = Duration::from_millis(400);
    let chain = RpcChain::new(options).unwrap();
    let mut known = chain.head().await.unwrap().block.hash;
    // The first calls may come before the subscription.
    subscribed(&replay, &chain, known).await;
    for _ in 0..5 {
        let (head, began) = (replay.block_of(2), Instant::now());
        let told = chain.next_head(known).await.unwrap();
        assert_eq!(told.block.hash, Hash(head.hash.0));
        assert!(began.elapsed() < Duration::from_millis(200), "pushed after {:?}", began.elapsed());
        known = told.block.hash;
    }
    // The node restarts, and blocks come while nobody is subscribed.
    replay.stop_listening();
    replay.listen_again().unwrap();
    for _ in 0..3 {
        let (head, began) = (replay.block_of(2), Instant::now());
        until("the head", Duration::from_secs(10), || async {
            Ok(chain.next_head(known).await.ok().filter(|told| told.block.hash == Hash(head.hash.0)))
        })
        .await
        .unwrap();
        assert!(began.elapsed() < Duration::from_secs(8), "after {:?}", began.elapsed());
        known = Hash(head.hash.0);
    }
}

/// Waits until the endpoint is subscribed to.
async fn subscribed(replay: &Replay, chain: &RpcChain, known: Hash) {
    until("a subscription", Duration::from_secs(10), || async {
        let _ = tokio::time::timeout(Duration::from_millis(50), chain.next_head(known)).await;
        Ok(replay.stats().calls.contains_key("eth_subscribe").then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorg_to_the_same_height_is_a_new_head_and_a_lagging_endpoint_is_not() {
    let replay = replay(500);
    let slow = replay.endpoint().unwrap();
    slow.set_faults(vec![Fault::Lagging(3).always()], SEED);
    let chain = chain(&replay, &[&replay, &slow]);
    let first = chain.head().await.unwrap();
    assert_eq!(first.block.number, replay.head().number);
    let other = replay.reorg(2, 2, 9);
    assert_eq!(chain.head().await.unwrap().block.hash, Hash(other.hash.0), "same height, other branch");
    replay.stop_listening();
    // Only the one that lags is left: what it has not come to yet is not gone.
    assert_eq!(chain.head().await.unwrap().block.hash, Hash(other.hash.0), "an ancestor is not a reorg");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_endpoint_that_is_further_is_followed() {
    let replay = replay(500);
    let slow = replay.endpoint().unwrap();
    slow.set_faults(vec![Fault::Lagging(5).always()], SEED);
    let chain = chain(&replay, &[&slow, &replay]);
    let lagging = chain.head().await.unwrap().block.number;
    assert_eq!(lagging, replay.head().number - 5);
    until("the head of the other endpoint", Duration::from_secs(30), || async {
        let head = chain.head().await?.block.number;
        Ok((head == replay.head().number).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn finality_is_the_nodes_or_a_depth_where_none_ever_named_one() {
    let replay = replay(5_000);
    let options = RpcOptions { confirmations: 30, ..options(&replay, &[&replay]) };
    let chain = RpcChain::new(options.clone()).unwrap();
    let head = chain.head().await.unwrap().block;
    assert_eq!(chain.finalized(&head).await.unwrap().number, head.number - 64);

    replay.set_finalized_distance(None);
    let refused = chain.finalized(&head).await.unwrap_err();
    assert!(!matches!(refused, ChainError::NoBlock(_)), "a node that forgot the tag is ill: {refused}");
    let fresh = RpcChain::new(options).unwrap();
    let final_block = fresh.finalized(&head).await.unwrap();
    assert_eq!(final_block.number, head.number - 30);
    assert_eq!(final_block, fresh.header(head.number - 30).await.unwrap().block);
}
