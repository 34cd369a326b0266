//! The node gives a history that is not the contract's.

use chartkey_devnet::replay::Fault;
use chartkey_devnet::replay::Node;

use super::*;
use crate::chaos::stage::{metric, status};
use crate::world::{assert_same_tables, postgres, tables};

const DOES_NOT_VERIFY: &str = "urn:chartkey:problem:history-does-not-verify";

struct Halting {
    server: std::sync::Arc<Postgres>,
    stage: Stage,
    database: DatabaseUrl,
}

impl Halting {
    async fn new(seed: u64) -> Self {
        let server = postgres(&Toolchain::find().unwrap()).await;
        let database = database_on(&server).await;
        Halting { stage: Stage::new(options(seed)), server, database }
    }

    async fn start(&self, arguments: &[&str]) -> Indexer {
        Indexer::start_on(&self.stage.first(), &self.database, arguments).await
    }

    /// From now on the contract's trails of everybody who has one seem to be others.
    fn doubt_everybody(&self) {
        self.stage.replay.set_faults(vec![Fault::WrongTrail(self.stage.replay.subjects()).always()], 1);
    }

    async fn halted(&self, indexer: &Indexer) {
        let halted = wait::until("writing to stop", PATIENCE, || async {
            anyhow::ensure!(indexer.child().try_wait()?.is_none(), "it ended");
            Ok(status(indexer).await.filter(|status| status["phase"] == "halted"))
        });
        let status = halted.await.unwrap_or_else(|error| panic!("{error}, log:\n{}", indexer.told()));
        assert!(status["halted"].as_str().unwrap().contains("is not the contract's"), "{status}");
        let expected = (StatusCode::SERVICE_UNAVAILABLE, DOES_NOT_VERIFY.to_owned(), true);
        for path in ["/ready", "/v1/practitioners", "/v1/events"] {
            assert_eq!(problem(indexer, path).await, expected, "{path}");
        }
        assert_eq!(indexer.ask("/health").await.0, StatusCode::OK);
        assert_eq!(metric(indexer, "chartkey_trail_mismatch").await, Some(1.0));
    }

    /// The contract's trails told that something is missing, and then nothing was.
    async fn noticed(self, indexer: Indexer, from: &str) {
        said(&indexer, "is not the contract's").await;
        self.recovered(indexer, from).await;
    }

    async fn recovered(self, indexer: Indexer, from: &str) {
        self.stage.complete(&indexer).await;
        assert_eq!(metric(&indexer, "chartkey_trail_mismatch").await, Some(0.0));
        recovers(&self.stage, &self.server, &self.database, indexer, from).await;
    }
}

#[tokio::test]
async fn trails_that_are_not_the_contracts_stop_writing_and_answering_until_they_are_rechecked() {
    let it = Halting::new(221).await;
    let indexer = it.start(&[]).await;
    it.stage.complete(&indexer).await;
    it.doubt_everybody();
    it.stage.replay.extend(2);
    it.halted(&indexer).await;
    assert_eq!(times(&indexer, "times until writing stops"), 6, "{}", indexer.told());

    let before = tables(&it.database).await;
    it.stage.replay.extend(5);
    // The one that takes over finds the same, and writes nothing; nor does the next one.
    for _ in 0..2 {
        let other = it.start(&[]).await;
        said(&other, "not following the chain").await;
        it.halted(&other).await;
        other.stop().await;
    }
    assert!(indexer.child().try_wait().unwrap().is_none());
    assert_same_tables(&tables(&it.database).await, &before, "while it is halted");
    indexer.stop().await;

    // As long as the trails differ, asking for another look does not help.
    let indexer = it.start(&["--recheck"]).await;
    said(&indexer, "nothing is written any more").await;
    it.halted(&indexer).await;
    indexer.stop().await;
    it.stage.heal();
    let indexer = it.start(&["--recheck"]).await;
    it.recovered(indexer, "after a recheck").await;
}

#[tokio::test]
async fn doubts_that_end_in_time_leave_nothing_behind() {
    let it = Halting::new(222).await;
    let indexer = it.start(&[]).await;
    it.stage.complete(&indexer).await;
    it.doubt_everybody();
    it.stage.replay.extend(2);
    // After the third what is not final is fetched anew.
    said(&indexer, "(4 of 6 times").await;
    it.stage.heal();
    it.recovered(indexer, "after doubts").await;
}

#[tokio::test]
async fn logs_left_out_of_a_backfill_are_noticed_and_fetched_again() {
    let it = Halting::new(223).await;
    // More than one: where a block's only log is missing, its bloom tells, and it is asked for again.
    it.stage.replay.set_faults(vec![Fault::LostLog.times(6).on("eth_getLogs")], 1);
    let indexer = it.start(&["--events-per-step", "50"]).await;
    it.noticed(indexer, "after a backfill without some logs").await;
}

#[tokio::test]
async fn a_backfill_without_any_logs_is_noticed() {
    let it = Halting::new(224).await;
    // No range may end in a block whose bloom would tell.
    it.stage.replay.mine(2000);
    it.stage.replay.set_faults(vec![Fault::NoLogs.always().on("eth_getLogs")], 1);
    let indexer = it.start(&[]).await;
    said_one_of(&indexer, &["is not the contract's", "waiting for the chain"]).await;
    it.stage.heal();
    it.recovered(indexer, "after a backfill without logs").await;
}

/// Before any trail is compared: events of practitioners whom no event registered.
#[tokio::test]
async fn events_that_contradict_one_another_are_fetched_again() {
    let it = Halting::new(230).await;
    it.stage.replay.mine(250);
    it.stage.replay.extend_events(1500);
    it.stage.replay.set_faults(vec![Fault::NoLogs.times(1).on("eth_getLogs")], 1);
    let indexer = it.start(&[]).await;
    said(&indexer, "the events contradict one another").await;
    it.recovered(indexer, "after events that contradict one another").await;
}

/// Also of those whose only event of that time is left out.
#[tokio::test]
async fn one_log_left_out_of_a_later_backfill_is_noticed_and_fetched_again() {
    for seed in 225..228 {
        let it = Halting::new(seed).await;
        let indexer = it.start(&[]).await;
        it.stage.complete(&indexer).await;
        indexer.stop().await;
        it.stage.replay.block_of(3);
        it.stage.replay.mine(100);
        it.stage.replay.set_faults(vec![Fault::LostLog.times(1).on("eth_getLogs")], 1);
        let indexer = it.start(&[]).await;
        it.noticed(indexer, "after a later backfill without a log").await;
    }
}

/// Also where nothing else happens to the same patient.
#[tokio::test]
async fn logs_left_out_of_new_blocks_are_noticed_and_fetched_again() {
    let it = Halting::new(228).await;
    let indexer = it.start(&[]).await;
    it.stage.complete(&indexer).await;
    it.stage.replay.set_faults(vec![Fault::LostLog.times(4).on("eth_getLogs")], 1);
    for _ in 0..4 {
        it.stage.replay.block_of(5);
        at_head(&it.stage, &indexer).await;
    }
    it.noticed(indexer, "after new blocks without some logs").await;
}

/// Waits until the index is at the chain's head.
async fn at_head(stage: &Stage, indexer: &Indexer) {
    let head = stage.replay.head().number;
    let reached = wait::until("the head", PATIENCE, || async {
        Ok(status(indexer).await.is_some_and(|status| status["indexedBlock"] == head).then_some(()))
    });
    reached.await.unwrap_or_else(|error| panic!("{error}, log:\n{}", indexer.told()));
}

#[tokio::test]
async fn a_node_that_goes_on_leaving_logs_out_of_a_backfill_stops_writing() {
    let it = Halting::new(229).await;
    it.stage
        .replay
        .set_faults(vec![Fault::RangeLimit(20, Node::Geth).always(), Fault::LostLog.always().on("eth_getLogs")], 1);
    let indexer = it.start(&[]).await;
    it.halted(&indexer).await;
    indexer.stop().await;
    it.stage.heal();
    let indexer = it.start(&["--recheck"]).await;
    // Comparing finds what is missing, and fetches it again.
    it.recovered(indexer, "after a node that left logs out").await;
}
