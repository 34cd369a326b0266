//! After a reorg the tables and the API are those of a fresh index of the new chain.

use serde_json::{Value, json};

use crate::history::History;
use crate::indexer::Indexer;
use crate::viewers::cid;
use crate::world::{World, assert_same_tables, tables};

#[tokio::test]
async fn a_reorg_of_any_depth_leaves_what_a_fresh_index_of_the_new_chain_has() {
    let world = World::new().await;
    let mut history = History::begin(&world, 5).await;
    history.act(80).await;
    let database = world.database().await;
    let indexer = Indexer::start(&world, &database).await;
    indexer.catch_up(&world).await;

    for depth in 1..=10_u64 {
        let snapshot: Value = world.rpc().call("evm_snapshot", json!([])).await.unwrap();
        let (fork, _) = world.head().await;
        let records = history.records.clone();
        while world.head().await.0 < fork + depth {
            history.act(1).await;
        }
        indexer.catch_up(&world).await;
        let (old_head, old_hash) = world.head().await;

        let reverted: bool = world.rpc().call("evm_revert", json!([snapshot])).await.unwrap();
        assert!(reverted);
        history.records = records;
        // To a lower head, the same one, or a higher one, by turns.
        let goal = match depth % 3 {
            0 => (old_head - 1).max(fork + 1),
            1 => old_head,
            _ => old_head + 3,
        };
        while world.head().await.0 < goal {
            history.act(1).await;
        }
        assert_ne!(world.head().await.1, old_hash);
        compare_with_fresh(&world, &database, &indexer, &history, &format!("depth {depth} by other acts")).await;
    }
    indexer.stop().await;
}

#[tokio::test]
async fn blocks_that_lost_their_transactions_take_their_events_back() {
    let world = World::new().await;
    let mut history = History::begin(&world, 7).await;
    history.act(60).await;
    let database = world.database().await;
    let indexer = Indexer::start(&world, &database).await;
    indexer.catch_up(&world).await;
    for depth in 1..=10_u64 {
        history.act(12).await;
        indexer.catch_up(&world).await;
        let _: Value = world.rpc().call("anvil_reorg", json!([depth, []])).await.unwrap();
        compare_with_fresh(&world, &database, &indexer, &history, &format!("anvil_reorg of depth {depth}")).await;
        // What the reorg took back may be done again.
        history.time += 10_000;
    }
    indexer.stop().await;
}

/// An answer, without what differs from one request to the next.
async fn answer(indexer: &Indexer, path: &str) -> Value {
    let (status, mut body) = indexer.ask(path).await;
    if let Some(body) = body.as_object_mut() {
        body.remove("requestId");
    }
    json!([status.as_u16(), body])
}

async fn compare_with_fresh(
    world: &World,
    database: &chartkey_devnet::postgres::DatabaseUrl,
    indexer: &Indexer,
    history: &History<'_>,
    when: &str,
) {
    indexer.catch_up(world).await;
    let fresh_database = world.database().await;
    let fresh = Indexer::start(world, &fresh_database).await;
    fresh.catch_up(world).await;
    assert_same_tables(&tables(database).await, &tables(&fresh_database).await, when);
    for patient in &history.patients {
        // What is asked here is in the access logs too, and not the same in both.
        let log = ["AccessGranted", "RecordOpened"].map(|kind| format!("/access-log?kind={kind}"));
        let others = ["", "/records", "/grants?state=all", "/viewers", "/requests", "/trail"].map(str::to_owned);
        for route in others.iter().chain(&log) {
            let path = format!("/v1/patients/{patient:?}{route}");
            assert_eq!(answer(indexer, &path).await, answer(&fresh, &path).await, "{when}: {path}");
        }
    }
    for record in &history.records {
        for route in ["", "/viewers", "/opens"] {
            let path = format!("/v1/records/{}{route}", cid(record.digest));
            assert_eq!(answer(indexer, &path).await, answer(&fresh, &path).await, "{when}: {path}");
        }
    }
    let teams = history.teams.iter().map(|team| format!("/v1/teams/{:?}", team.address));
    let practices = history.practitioners.iter().flat_map(|practitioner| {
        ["patients", "records"].map(|route| format!("/v1/practitioners/{practitioner:?}/{route}"))
    });
    for path in teams.chain(practices) {
        assert_eq!(answer(indexer, &path).await, answer(&fresh, &path).await, "{when}: {path}");
    }
    fresh.stop().await;
}
