//! The auditor's desk, and `verify` from the outside: the binary beside the API, which it must agree with, and beside one that lies.

mod lies;
mod patient;
mod proxy;
mod state;
mod table;
mod who;

use std::process::Stdio;
use std::time::Duration;

use chartkey_devnet::postgres::DatabaseUrl;
use serde_json::Value;
use tokio::process::Command;

use crate::history::History;
use crate::indexer::{Indexer, Source, command};
use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(120);

/// How a run of the binary ended, and what it wrote.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Standard output of a run that must have gone well, line by line.
    pub fn lines(&self) -> Vec<Value> {
        assert_eq!(self.code, 0, "{}", self.err);
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// It must have ended so, saying all of this.
    pub fn must(&self, what: &str, code: i32, words: &[&str]) {
        let said = format!("{}{}", self.out, self.err);
        assert_eq!(self.code, code, "{what}: {said}");
        for word in words {
            assert!(said.contains(word), "{what}: {word:?} is not in: {said}");
        }
    }
}

/// The binary, with neither a chain nor a database unless told.
pub fn binary(source: &Source, database: Option<&DatabaseUrl>, arguments: &[&str]) -> Command {
    let command = command(source, database, arguments);
    let mut command = Command::from(command);
    command.env("RUST_LOG", "warn").stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs it to its end.
pub async fn run(source: &Source, database: Option<&DatabaseUrl>, arguments: &[&str]) -> Ran {
    let output = tokio::time::timeout(PATIENCE, binary(source, database, arguments).output()).await;
    let output = output.unwrap_or_else(|_| panic!("{arguments:?} runs on")).unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A random history, indexed, and the API.
pub struct Stage<'a> {
    pub world: &'a World,
    pub history: History<'a>,
    pub database: DatabaseUrl,
    pub indexer: Indexer,
}

impl<'a> Stage<'a> {
    pub async fn new(world: &'a World, seed: u64, actions: usize) -> Self {
        Self::with(world, seed, actions, world.source()).await
    }

    /// One whose callers sign in.
    pub async fn closed(world: &'a World, seed: u64, actions: usize) -> Self {
        Self::with(world, seed, actions, Source { open: false, ..world.source() }).await
    }

    async fn with(world: &'a World, seed: u64, actions: usize, source: Source) -> Self {
        let mut history = History::begin(world, seed).await;
        history.act(actions).await;
        history.mine(2).await;
        let database = world.database().await;
        let indexer = Indexer::start_on(&source, &database, &[]).await;
        indexer.catch_up(world).await;
        Stage { world, history, database, indexer }
    }

    /// A chain to compare with.
    pub fn node(&self) -> Source {
        self.world.source()
    }

    /// None.
    pub fn without_node(&self) -> Source {
        Source { rpc_url: String::new(), ..self.world.source() }
    }

    /// Runs the binary on the API.
    pub async fn by_api(&self, source: &Source, arguments: &[&str]) -> Ran {
        run(source, None, &[arguments, &["--api", self.indexer.url()]].concat()).await
    }

    /// Runs it on the database.
    pub async fn by_database(&self, source: &Source, arguments: &[&str]) -> Ran {
        run(source, Some(&self.database), arguments).await
    }

    /// A value a line of what the API streams.
    pub async fn stream(&self, path: &str) -> Vec<Value> {
        let response = self.indexer.send(path, &[("accept", "application/x-ndjson")]).await;
        assert_eq!(response.status(), 200, "{path}");
        let text = response.text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The blocks of the history: the first, the last, and some in between.
    pub async fn blocks(&self, some: u64) -> Vec<u64> {
        let (first, last) = (self.world.deployment.block, self.world.head().await.0);
        (0..=some).map(|part| first + (last - first) * part / some).collect()
    }
}
