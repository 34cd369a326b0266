//! A replayed chain behind two endpoints, for indexers whose world is to go wrong.

use std::time::Duration;

use chartkey_devnet::postgres::DatabaseUrl;
use chartkey_devnet::replay::{Endpoint, Replay, ReplayOptions};
use chartkey_devnet::scratch::Scratch;
use chartkey_devnet::wait;
use serde_json::Value;

use crate::indexer::{Indexer, Source, run_on};
use crate::world::{assert_same_tables, tables};

/// How long an indexer may take to be where it should be, whatever happened before.
pub const PATIENCE: Duration = Duration::from_secs(90);

pub struct Stage {
    pub replay: Replay,
    /// The chain's second endpoint; the first is `replay` itself.
    pub second: Endpoint,
    scratch: Scratch,
}

impl Stage {
    pub fn new(options: ReplayOptions) -> Self {
        let replay = Replay::start(options).unwrap();
        let scratch = Scratch::new().unwrap();
        replay.deployment().write(&scratch.path().join("deployment.json")).unwrap();
        Stage { second: replay.endpoint().unwrap(), replay, scratch }
    }

    /// The chain, through both endpoints.
    pub fn source(&self) -> Source {
        self.source_of(&[&self.replay, &self.second])
    }

    /// The chain, through the first endpoint alone.
    pub fn first(&self) -> Source {
        self.source_of(&[&self.replay])
    }

    fn source_of(&self, endpoints: &[&Endpoint]) -> Source {
        let folder = self.scratch.path();
        let urls: Vec<String> = endpoints.iter().map(|endpoint| endpoint.url()).collect();
        Source {
            rpc_url: urls.join(","),
            deployment: folder.join("deployment.json"),
            logs: folder.to_owned(),
            open: true,
        }
    }

    pub fn endpoints(&self) -> [&Endpoint; 2] {
        [&self.replay, &self.second]
    }

    /// All nodes answer, and truly.
    pub fn heal(&self) {
        for endpoint in self.endpoints() {
            endpoint.set_faults(Vec::new(), 0);
            endpoint.listen_again().unwrap();
        }
    }

    pub async fn start(&self, database: &DatabaseUrl, arguments: &[&str]) -> Indexer {
        Indexer::start_on(&self.source(), database, arguments).await
    }

    /// Waits until an index is complete: at the chain's head, with every header, and all of it compared with the contract.
    pub async fn complete(&self, indexer: &Indexer) {
        let head = self.replay.head();
        let reached = wait::until("the index to be complete", PATIENCE, || async {
            anyhow::ensure!(indexer.child().try_wait()?.is_none(), "the indexer ended");
            Ok(is_complete(indexer, head.number, &format!("{:?}", head.hash)).await.then_some(()))
        });
        if let Err(error) = reached.await {
            panic!("{error}: head {head:?}, status {:?}, log:\n{}", indexer.try_ask("/status").await, indexer.told());
        }
    }

    /// Indexes the chain as it is now into an empty database, and compares: every table that holds what the chain says must
    /// be equal row by row, and `verify` clean on both. Nobody may be writing.
    ///
    /// Left out is `progress`, which says when and how an index came about: `started_block`, `started_at` and `updated_at`
    /// differ from run to run. What else it holds is compared by `/status`, see [`Stage::complete`].
    pub async fn compare_with_fresh(&self, database: &DatabaseUrl, fresh: &DatabaseUrl, when: &str) {
        let indexing = async {
            let indexer = self.start(fresh, &[]).await;
            self.complete(&indexer).await;
            indexer.stop().await;
        };
        tokio::join!(indexing, self.verify(database, when));
        let comparing = async { assert_same_tables(&tables(database).await, &tables(fresh).await, when) };
        tokio::join!(comparing, self.verify(fresh, when));
    }

    async fn verify(&self, database: &DatabaseUrl, when: &str) {
        let (status, said) = run_on(&self.source(), database, &["verify"]).await;
        assert!(status.success(), "{when}: verify: {status}: {said}");
    }
}

async fn is_complete(indexer: &Indexer, head: u64, hash: &str) -> bool {
    let Some(status) = status(indexer).await else { return false };
    let at_head = status["phase"] == "live"
        && status["indexedBlock"] == head
        && status["headersTo"] == head
        && status["uncheckedFrom"].is_null();
    // Any answer that says which block it speaks of will do: a number alone does not tell branches apart.
    at_head && get(indexer, "/v1/practitioners?limit=1").await.is_some_and(|body| body["asOf"]["blockHash"] == hash)
}

/// `/status`, if it answers.
pub async fn status(indexer: &Indexer) -> Option<Value> {
    Some(get(indexer, "/status").await?["data"].take())
}

async fn get(indexer: &Indexer, path: &str) -> Option<Value> {
    let (status, body) = indexer.try_ask(path).await?;
    if status.is_success() { serde_json::from_str(&body).ok() } else { None }
}

/// A metric's value, if the process answers and has it.
pub async fn metric(indexer: &Indexer, name: &str) -> Option<f64> {
    let (_, text) = indexer.try_ask("/metrics").await?;
    let line = text.lines().find(|line| line.split([' ', '{']).next() == Some(name))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// Waits until the instance is the one that writes; how long that took.
pub async fn writes(indexer: &Indexer, within: Duration) -> Duration {
    let since = std::time::Instant::now();
    let elected = wait::until("the instance to write", within, || async {
        Ok((metric(indexer, "chartkey_writer").await == Some(1.0)).then_some(()))
    });
    elected.await.unwrap_or_else(|error| panic!("{error}, log:\n{}", indexer.told()));
    since.elapsed()
}
