//! The chain is gone, or refuses everything; and it breaks its word about what is final.

use std::time::Instant;

use chartkey_devnet::replay::Fault;

use super::*;
use crate::indexer::run_on;
use crate::world::{assert_same_tables, postgres, tables};

async fn shared() -> std::sync::Arc<Postgres> {
    postgres(&Toolchain::find().unwrap()).await
}

#[tokio::test]
async fn a_chain_that_is_gone_for_a_while_is_waited_for() {
    let server = shared().await;
    let (stage, database) = (Stage::new(options(211)), database_on(&server).await);
    let indexer = stage.start(&database, &[]).await;
    stage.complete(&indexer).await;
    let since = Instant::now();
    for endpoint in stage.endpoints() {
        endpoint.stop_listening();
    }
    let knocks = stage.endpoints().map(|endpoint| Knocks::on(port_of(&endpoint.url())));
    said(&indexer, "waiting for the chain").await;
    for one in &knocks {
        one.wait_for(TRIES / 2, &indexer).await;
    }
    drop(knocks);
    stage.replay.extend(100);
    waits(&indexer, "the chain", since.elapsed().as_secs());
    // What is indexed is still served.
    assert_eq!(indexer.ask("/v1/practitioners").await.0, StatusCode::OK);
    stage.heal();
    recovers(&stage, &server, &database, indexer, "after the chain was gone").await;
}

#[tokio::test]
async fn a_chain_that_refuses_everything_for_a_while_is_waited_for() {
    let server = shared().await;
    let (stage, database) = (Stage::new(options(212)), database_on(&server).await);
    let indexer = stage.start(&database, &[]).await;
    stage.complete(&indexer).await;
    let since = Instant::now();
    stage.replay.set_faults(vec![Fault::TooManyRequests(None).always()], 1);
    stage.second.set_faults(vec![Fault::RateLimited.always()], 1);
    said(&indexer, "waiting for the quota").await;
    let asked = stage.second.stats().messages;
    let again = wait::until("more tries", PATIENCE, || async {
        Ok((stage.second.stats().messages >= asked + TRIES as u64).then_some(()))
    });
    again.await.unwrap();
    waits(&indexer, "the quota", since.elapsed().as_secs());
    stage.heal();
    recovers(&stage, &server, &database, indexer, "after the chain refused").await;
}

#[tokio::test]
async fn an_indexer_that_starts_before_its_chain_waits_for_it() {
    let server = shared().await;
    let (stage, database) = (Stage::new(options(213)), database_on(&server).await);
    for endpoint in stage.endpoints() {
        endpoint.stop_listening();
    }
    let indexer = stage.start(&database, &[]).await;
    said(&indexer, "waiting for the chain").await;
    stage.heal();
    recovers(&stage, &server, &database, indexer, "after it started without a chain").await;
}

#[tokio::test]
async fn a_reorg_below_what_was_final_ends_the_process_and_changes_nothing() {
    let server = shared().await;
    let (stage, database) = (Stage::new(options(214)), database_on(&server).await);
    let indexer = stage.start(&database, &[]).await;
    stage.complete(&indexer).await;
    let before = tables(&database).await;
    stage.replay.reorg(13, 15, 5);
    let ended = tokio::time::timeout(PATIENCE, indexer.child().wait()).await.expect("it runs on").unwrap();
    assert_eq!(ended.code(), Some(1), "{}", indexer.told());
    assert!(indexer.log().contains("was final"), "{}", indexer.told());
    assert_same_tables(&tables(&database).await, &before, "after a reorg of final blocks");
    // Also at the next start, and by whatever way it finds out: far behind, it fetches in bulk.
    stage.replay.extend(200);
    let (ended, text) = run_on(&stage.source(), &database, &["run"]).await;
    assert_eq!(ended.code(), Some(1), "{text}");
    assert!(text.contains("was final"), "{text}");
    assert_same_tables(&tables(&database).await, &before, "after a start on another chain");
}
