//! What passes by itself is waited for: the process stays, says so once in a while, and goes on alone. What does not verify stops
//! it, loudly, and nothing is served.

mod chain;
mod database;
mod history;
mod tmpfs;

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::Duration;

use chartkey_devnet::postgres::{DatabaseUrl, Postgres, PostgresOptions};
use chartkey_devnet::replay::ReplayOptions;
use chartkey_devnet::toolchain::Toolchain;
use chartkey_devnet::wait;
use reqwest::StatusCode;
use serde_json::Value;

use crate::chaos::stage::Stage;
use crate::indexer::Indexer;
use crate::world::database_on;

const PATIENCE: Duration = Duration::from_secs(90);
/// How often something is tried in vain before it ends: the second try tells that it is tried again, the others that it goes on.
const TRIES: usize = 4;

/// A short chain whose latest 12 blocks are not final.
fn options(seed: u64) -> ReplayOptions {
    let events = 400;
    ReplayOptions { seed, events, events_per_block: 3, finalized_distance: Some(12), ..ReplayOptions::default() }
}

async fn server() -> Postgres {
    Postgres::start(&Toolchain::find().unwrap(), PostgresOptions::default()).await.unwrap()
}

/// Waits for words in the log.
async fn said(indexer: &Indexer, words: &str) {
    said_one_of(indexer, &[words]).await;
}

/// Waits until one of these is in the log.
async fn said_one_of(indexer: &Indexer, words: &[&str]) {
    let heard = wait::until("words in the log", PATIENCE, || async {
        let log = indexer.log();
        Ok(words.iter().any(|words| log.contains(words)).then_some(()))
    });
    heard.await.unwrap_or_else(|error| panic!("{error}: {words:?}, log:\n{}", indexer.told()));
}

/// How often the log says something.
fn times(indexer: &Indexer, words: &str) -> usize {
    indexer.log().matches(words).count()
}

/// It runs, and says that it waits once in half a minute at most.
fn waits(indexer: &Indexer, for_what: &str, seconds: u64) {
    assert!(indexer.child().try_wait().unwrap().is_none(), "it ended:\n{}", indexer.told());
    let lines = times(indexer, &format!("waiting for {for_what}")) as u64;
    assert!((1..=1 + seconds / 30).contains(&lines), "{lines} lines in {seconds} s:\n{}", indexer.told());
}

/// Status, problem type and `Retry-After` of an answer.
async fn problem(indexer: &Indexer, path: &str) -> (StatusCode, String, bool) {
    let response = indexer.send(path, &[]).await;
    let (status, later) = (response.status(), response.headers().contains_key("retry-after"));
    let body: Value = response.json().await.unwrap();
    (status, body["type"].as_str().unwrap_or_default().to_owned(), later)
}

/// After it has come to an end by itself: complete, without a restart, and as a fresh index is.
async fn recovers(stage: &Stage, server: &Postgres, database: &DatabaseUrl, indexer: Indexer, from: &str) {
    stage.replay.extend(3);
    stage.complete(&indexer).await;
    assert_eq!(indexer.ask("/ready").await.0, StatusCode::OK, "{from}");
    indexer.stop().await;
    let fresh = database_on(server).await;
    stage.compare_with_fresh(database, &fresh, from).await;
}

/// Holds a port that somebody left, and counts who knocks.
struct Knocks(TcpListener);

impl Knocks {
    fn on(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Knocks(listener)
    }

    /// Waits until so many have come; each is turned away.
    async fn wait_for(&self, count: usize, indexer: &Indexer) {
        let mut come = 0;
        let since = std::time::Instant::now();
        while come < count {
            match self.0.accept() {
                Ok(_) => come += 1,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => panic!("{error}"),
            }
            assert!(since.elapsed() < PATIENCE, "only {come} of {count} tries:\n{}", indexer.told());
        }
    }
}

/// The port in a URL.
fn port_of(url: &str) -> u16 {
    url.rsplit(':').next().unwrap().trim_end_matches('/').parse().unwrap()
}
