//! Two instances on one database: one writes, and whatever happens to it the other goes on, without a gap and without a repeat.

use std::time::{Duration, Instant};

use chartkey_devnet::child::Signal;
use chartkey_devnet::postgres::{DatabaseUrl, Postgres};
use chartkey_devnet::replay::{Fault, Node, ReplayOptions};
use chartkey_devnet::toolchain::Toolchain;
use chartkey_devnet::wait;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::chaos::stage::{Stage, metric, writes};
use crate::indexer::Indexer;
use crate::world::{connect, database_on, postgres};

/// How soon the other must be writing.
const WITHIN: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(60);
const ROUNDS: u32 = 6;
const STEPS: [&str; 2] = ["--events-per-step", "20"];
/// What holds the writer's lock of this database.
const WRITER: &str = "select pid from pg_locks where locktype = 'advisory' \
                      and database = (select oid from pg_database where datname = current_database())";

struct Pair {
    stage: Stage,
    server: std::sync::Arc<Postgres>,
    database: DatabaseUrl,
    db: PgConnection,
    leader: Indexer,
    follower: Indexer,
}

impl Pair {
    async fn new(seed: u64) -> Self {
        let options = ReplayOptions {
            seed,
            events: 600,
            events_per_block: 3,
            finalized_distance: Some(12),
            ..ReplayOptions::default()
        };
        let stage = Stage::new(options);
        let server = postgres(&Toolchain::find().unwrap()).await;
        let database = database_on(&server).await;
        let leader = stage.start(&database, &STEPS).await;
        writes(&leader, PATIENCE).await;
        let follower = stage.start(&database, &STEPS).await;
        let db = connect(&database).await;
        Pair { stage, server, database, db, leader, follower }
    }

    /// Both see the whole chain, and one of them writes: from now on the leader.
    async fn complete(&mut self) {
        self.stage.complete(&self.leader).await;
        self.stage.complete(&self.follower).await;
        let one_writes = wait::until("one of the two to write", PATIENCE, || async {
            let leads = metric(&self.leader, "chartkey_writer").await == Some(1.0);
            let other_leads = metric(&self.follower, "chartkey_writer").await == Some(1.0);
            Ok((leads != other_leads).then_some(leads))
        });
        if !one_writes.await.unwrap() {
            std::mem::swap(&mut self.leader, &mut self.follower);
        }
    }

    /// How long it takes from now until a block is written that was not there.
    async fn until_written(&mut self) -> Duration {
        let (since, before) = (Instant::now(), latest(&mut self.db).await);
        while latest(&mut self.db).await <= before {
            assert!(since.elapsed() < 2 * PATIENCE, "nobody writes: {}", self.follower.told());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        since.elapsed()
    }

    async fn end(mut self) {
        self.complete().await;
        self.leader.stop().await;
        self.follower.stop().await;
        let fresh = database_on(&self.server).await;
        self.stage.compare_with_fresh(&self.database, &fresh, "after the failover").await;
    }
}

/// The latest indexed block.
async fn latest(db: &mut PgConnection) -> Option<i64> {
    sqlx::query_scalar("select max(number) from block").fetch_one(db).await.unwrap()
}

async fn execute(db: &mut PgConnection, sql: &str) {
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(db).await.unwrap();
}

#[tokio::test]
async fn when_the_writer_is_killed_the_other_writes_within_five_seconds() {
    let mut pair = Pair::new(101).await;
    for round in 1..=ROUNDS {
        pair.complete().await;
        // Every other time in the middle of a backfill.
        let backfill = round % 2 == 0;
        if backfill {
            let delay = Fault::Delay(Duration::ZERO, Duration::from_millis(20));
            let slow = [Fault::RangeLimit(5, Node::Geth).always(), delay.always()];
            for endpoint in pair.stage.endpoints() {
                endpoint.set_faults(slow.to_vec(), 1);
            }
            pair.stage.replay.extend(300);
            pair.until_written().await;
        }
        pair.leader.child().kill();
        pair.stage.replay.extend(3);
        let took = pair.until_written().await;
        let when = if backfill { "in a backfill" } else { "live" };
        println!("round {round}: the writer was killed {when}, the other wrote after {took:.2?}");
        assert!(took < WITHIN, "{took:?}");
        pair.stage.heal();
        pair.leader = pair.stage.start(&pair.database, &STEPS).await;
    }
    pair.end().await;
}

#[tokio::test]
async fn a_writer_whose_connection_is_ended_stays_and_somebody_writes_on() {
    let mut pair = Pair::new(102).await;
    for round in 1..=ROUNDS {
        pair.complete().await;
        execute(&mut pair.db, &format!("select pg_terminate_backend(pid) from ({WRITER}) writer")).await;
        pair.stage.replay.extend(3);
        let took = pair.until_written().await;
        println!("round {round}: connection ended, somebody wrote after {took:.2?}");
        assert!(took < WITHIN, "{took:?}");
    }
    pair.end().await;
}

#[tokio::test]
async fn a_writer_that_wakes_up_after_another_took_over_writes_nothing() {
    let mut pair = Pair::new(103).await;
    pair.complete().await;
    let other = pair.follower.child().id();
    pair.leader.child().signal(Signal::SIGSTOP);
    pair.stage.replay.extend(3);
    // Its connection is gone, as after a network that parted, and it cannot know.
    execute(&mut pair.db, &format!("select pg_terminate_backend(pid) from ({WRITER}) writer")).await;
    let took = pair.until_written().await;
    println!("frozen and cut off: the other wrote after {took:.2?}");
    assert!(took < WITHIN, "{took:?}");
    pair.stage.replay.reorg(5, 7, 9);
    pair.stage.complete(&pair.follower).await;
    pair.leader.child().signal(Signal::SIGCONT);
    pair.stage.replay.extend(3);
    pair.complete().await;
    assert_eq!(pair.leader.child().id(), other, "the one that woke up writes again");
    pair.end().await;
}

#[tokio::test]
async fn a_writer_that_is_frozen_in_a_transaction_does_not_hold_the_lock_for_ever() {
    frozen(104, "select from progress for update").await;
}

/// No time-out of the server ends this one: whoever waits for its place does.
#[tokio::test]
async fn a_writer_that_is_frozen_in_the_middle_of_rows_is_ended_by_who_waits() {
    frozen(105, "lock table block in share mode").await;
}

/// Holds the writer up inside its transaction by a lock, freezes it there, and lets the server go on.
async fn frozen(seed: u64, lock: &str) {
    let mut pair = Pair::new(seed).await;
    pair.complete().await;
    execute(&mut pair.db, "begin").await;
    execute(&mut pair.db, lock).await;
    pair.stage.replay.extend(3);
    let held = format!("select exists (select from pg_locks where not granted and pid in ({WRITER}))");
    let mut other = connect(&pair.database).await;
    let since = Instant::now();
    while !sqlx::query_scalar::<_, bool>(AssertSqlSafe(held.clone())).fetch_one(&mut other).await.unwrap() {
        assert!(since.elapsed() < PATIENCE, "the writer does not come: {}", pair.leader.told());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    pair.leader.child().signal(Signal::SIGSTOP);
    execute(&mut pair.db, "commit").await;
    let took = pair.until_written().await;
    println!("frozen by {lock:?}: the other wrote after {took:.2?}");
    pair.leader.child().signal(Signal::SIGCONT);
    pair.end().await;
}
