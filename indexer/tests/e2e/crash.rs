//! `kill -9` in the middle of a backfill loses nothing and repeats nothing.

use std::time::Duration;

use rand::RngExt as _;
use sqlx::PgConnection;

use crate::history::History;
use crate::indexer::Indexer;
use crate::world::{World, assert_same_tables, connect, tables};

const KILLS: u64 = 20;
/// Few blocks an answer and few events a step: many transactions to be killed in.
const STEP: [&str; 4] = ["--max-block-range", "3", "--events-per-step", "1"];

#[tokio::test]
async fn twenty_kills_during_a_backfill_leave_the_tables_of_an_undisturbed_run() {
    let world = World::new().await;
    let mut history = History::begin(&world, 3).await;
    for _ in 0..10 {
        history.act(30).await;
        for _ in 0..4 {
            history.mine(300).await;
        }
    }
    let (head, _) = world.head().await;
    let undisturbed = world.database().await;
    let indexer = Indexer::start(&world, &undisturbed).await;
    indexer.catch_up(&world).await;
    indexer.stop().await;

    let disturbed = world.database().await;
    let mut db = connect(&disturbed).await;
    for kill in 0..KILLS {
        let reached = indexed(&mut db).await;
        let indexer = Indexer::start_with(&world, &disturbed, &STEP).await;
        // Past where the kill before left it; the writer is in some transaction beyond this block when it dies.
        let target = reached + 1 + history.rng.random_range(0..(head - reached) / (KILLS - kill + 3));
        let got_on = async { while indexed(&mut db).await < target {} };
        tokio::time::timeout(Duration::from_secs(60), got_on).await.expect("the backfill does not get on");
        indexer.kill();
        let died = indexed(&mut db).await;
        println!("kill {kill}: from block {reached}, asked for {target}, died at {died} of {head}");
        assert!(died < head, "kill {kill} came after the backfill was done");
    }
    let indexer = Indexer::start_with(&world, &disturbed, &STEP).await;
    indexer.catch_up(&world).await;
    indexer.stop().await;
    assert_same_tables(&tables(&disturbed).await, &tables(&undisturbed).await, "after twenty kills");
}

/// The latest indexed block; 0 before there is one.
async fn indexed(db: &mut PgConnection) -> u64 {
    let there: bool = sqlx::query_scalar("select to_regclass('block') is not null").fetch_one(&mut *db).await.unwrap();
    if !there {
        return 0;
    }
    let number: Option<i64> = sqlx::query_scalar("select max(number) from block").fetch_one(db).await.unwrap();
    number.unwrap_or(0).cast_unsigned()
}
