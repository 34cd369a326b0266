//! `kill -9` in the middle of a backfill loses nothing and repeats nothing.

use std::time::Duration;

use chartkey_devnet::replay::{Fault, ReplayOptions};
use chartkey_devnet::toolchain::Toolchain;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::PgConnection;

use crate::chaos::stage::Stage;
use crate::indexer::Indexer;
use crate::world::{assert_same_tables, connect, database_on, postgres, tables};

const SEED: u64 = 3;
const KILLS: u64 = 20;
/// Few blocks an answer and few events a step: many transactions to be killed in.
const STEP: [&str; 4] = ["--max-block-range", "2", "--events-per-step", "1"];

#[tokio::test]
async fn twenty_kills_during_a_backfill_leave_the_tables_of_an_undisturbed_run() {
    println!("replayed chain and kills with seed {SEED}");
    let options = ReplayOptions { events: 10_000, events_per_block: 5, seed: SEED, ..ReplayOptions::default() };
    let stage = Stage::new(options);
    let server = postgres(&Toolchain::find().unwrap()).await;
    let undisturbed = database_on(&server).await;
    let indexer = stage.start(&undisturbed, &[]).await;
    stage.complete(&indexer).await;
    indexer.stop().await;

    // A node that takes its time: the next kill still finds a backfill.
    let slow = Fault::Delay(Duration::from_millis(15), Duration::from_millis(30)).always().on("eth_getLogs");
    stage.replay.set_faults(vec![slow], SEED);
    let head = stage.replay.head().number;
    let mut rng = StdRng::seed_from_u64(SEED);
    let disturbed = database_on(&server).await;
    let mut db = connect(&disturbed).await;
    for kill in 0..KILLS {
        let reached = indexed(&mut db).await;
        let indexer = Indexer::start_on(&stage.first(), &disturbed, &STEP).await;
        // Past where the kill before left it; the writer is in some transaction beyond this block when it dies.
        let target = reached + 1 + rng.random_range(0..(head - reached) / (KILLS - kill + 3));
        let got_on = async { while indexed(&mut db).await < target {} };
        tokio::time::timeout(Duration::from_secs(60), got_on).await.expect("the backfill does not get on");
        indexer.kill();
        let died = indexed(&mut db).await;
        println!("kill {kill}: from block {reached}, asked for {target}, died at {died} of {head}");
        assert!(died < head, "kill {kill} came after the backfill was done");
    }
    stage.heal();
    let indexer = stage.start(&disturbed, &STEP).await;
    stage.complete(&indexer).await;
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
