//! The indexer's process between a chain that grows in time and those who listen.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chartkey_devnet::replay::{Replay, ReplayOptions};
use chartkey_devnet::rpc::http_client;
use chartkey_devnet::scratch::Scratch;
use chartkey_devnet::wait;
use chartkey_indexer::chain::{RpcChain, RpcOptions};
use chartkey_indexer::decode::topics;
use chartkey_indexer::model::Address;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::figures::{Cpu, Heard, Idle, Ours};
use crate::floor::Script;
use crate::listener::Listener;
use crate::pace::{Brought, Pace};
use crate::people::{self, Person};
use crate::shared::indexer::{Indexer, Places};
use crate::shared::server::Server;
use crate::truth::{Truth, happened};

/// Events of the chain before, for each listener: enough that there are as many patients and practitioners.
const EVENTS_EACH: u64 = 60;
/// Connections that are opened at once.
const AT_ONCE: usize = 32;
/// What is not indexed, or not told, by then never is.
const PATIENCE: Duration = Duration::from_secs(120);
/// Until each has read for themselves up to the head, of which nobody tells.
const SETTLE: Duration = Duration::from_secs(5);
/// So long, whoever was told all may still be told something more.
const SILENCE: Duration = Duration::from_secs(2);

pub struct Stage<'a> {
    server: &'a Server,
    replay: Arc<Replay>,
    chain: RpcChain,
    indexer: Indexer,
    people: Vec<Person>,
    _scratch: Scratch,
}

impl<'a> Stage<'a> {
    /// An index that follows the chain, and so many who are signed in.
    pub async fn start(server: &'a Server, listeners: usize) -> Result<Self> {
        let events = (listeners as u64 * EVENTS_EACH).max(5_000);
        eprintln!("A chain of {events} events");
        let options = ReplayOptions { events, keys: true, seconds_per_block: 1, ..ReplayOptions::default() };
        let replay = tokio::task::spawn_blocking(move || Replay::start(options)).await??;
        let contract = Address(replay.contract().0);
        let chain = RpcChain::new(RpcOptions::new(vec![replay.url().parse()?], contract, topics()))?;
        let scratch = Scratch::new()?;
        let (file, log): (PathBuf, _) = (scratch.path().join("deployment.json"), scratch.path().join("indexer.log"));
        replay.deployment().write(&file)?;
        let database = server.fresh("stream").await?;
        let url = replay.url();
        let places = Places { rpc_url: &url, deployment: &file, database: &database, log: &log };
        // As many sign in from one place as never do elsewhere.
        let settings = [("OPEN", "false"), ("AUTH_RATE_LIMIT", "0")];
        let indexer = Indexer::start_with(&places, &settings).await?;
        indexer.ready(PATIENCE).await?;
        let mut db = PgConnection::connect(database.expose()).await?;
        // As it is some minutes after a backfill.
        db.execute("vacuum analyze").await?;
        db.close().await?;
        let history = happened(&chain, options.deployment_block..=replay.head().number).await?;
        let started = Instant::now();
        let people = people::sign_in(&history, listeners, &indexer.url).await?;
        eprintln!("  {listeners} signed in within {:.1} s", started.elapsed().as_secs_f64());
        Ok(Stage { server, replay: Arc::new(replay), chain, indexer, people, _scratch: scratch })
    }

    /// What indexing takes while nobody listens.
    pub async fn unheard(&self, pace: &Pace, long: Duration) -> Result<Idle> {
        let before = self.cpu()?;
        let brought = self.bring(pace, long).await?;
        let cpu = self.cpu()?.since(&before);
        self.indexed().await?;
        Ok(Idle { cpu, lasted: brought.lasted.as_secs_f64() })
    }

    /// The same while all listen, and what they are told, which must be right. With it, what a bare fan-out is to send.
    pub async fn heard(&self, pace: &Pace, long: Duration) -> Result<(Ours, Script)> {
        let count = Arc::<AtomicU64>::default();
        let listeners = self.listen(&count).await?;
        tokio::time::sleep(SETTLE).await;
        let before = self.cpu()?;
        let brought = self.bring(pace, long).await?;
        let (in_time, cpu) = (count.load(Ordering::Relaxed), self.cpu()?.since(&before));
        let indexed = self.indexed_block().await?;
        let (first, last) = (*brought.at.keys().next().context("no block")?, self.replay.head().number);
        self.indexed().await?;
        let mut truth = Truth::new(happened(&self.chain, first..=last).await?);
        let due: u64 = self.people.iter().map(|person| truth.own(person.reads()).len() as u64).sum();
        let told = wait::until("everybody to be told", PATIENCE, || async {
            Ok((count.load(Ordering::Relaxed) >= due).then_some(()))
        });
        // Who was told too little is named below.
        let complete = told.await.is_ok();
        tokio::time::sleep(SILENCE).await;
        let memory = self.indexer.peak_memory()?;
        let (latencies, script) = check(&self.people, listeners, &mut truth, &brought).await?;
        ensure!(complete, "not everybody was told everything within {PATIENCE:?}");
        let lasted = brought.lasted.as_secs_f64();
        let heard = Heard::new(latencies, in_time, lasted, cpu.all());
        let of = |blocks: RangeInclusive<u64>| truth.count(blocks);
        let ours = Ours { heard, produced: of(first..=last), indexed: of(first..=indexed), cpu, memory };
        Ok((ours, script))
    }

    async fn listen(&self, count: &Arc<AtomicU64>) -> Result<Vec<Listener>> {
        let (client, url) = (http_client(), format!("{}/v1/stream", self.indexer.url));
        let (client, url) = (&client, &*url);
        let started = Instant::now();
        let people = stream::iter(&self.people);
        let begun = people.map(async |person| Listener::begin(client, url, Some(&person.token), count).await);
        let listeners: Vec<Listener> = begun.buffered(AT_ONCE).try_collect().await?;
        eprintln!("  {} streams began within {:.1} s", listeners.len(), started.elapsed().as_secs_f64());
        Ok(listeners)
    }

    /// Has blocks come, each at its time.
    async fn bring(&self, pace: &Pace, long: Duration) -> Result<Brought> {
        let before = self.replay.events();
        let bring = async |nth| {
            let replay = Arc::clone(&self.replay);
            let acts = u32::try_from((before + pace.due(nth)).saturating_sub(replay.events()))?;
            // An act is an event, or two: what is too many now is left out of the next block.
            let brought = move || (replay.block_of(acts).number, Instant::now());
            Ok(tokio::task::spawn_blocking(brought).await?)
        };
        pace.keep(pace.blocks_in(long), bring).await
    }

    fn cpu(&self) -> Result<Cpu> {
        Ok(Cpu { indexer: self.indexer.cpu()?.as_secs_f64(), postgres: self.server.cpu()?.as_secs_f64() })
    }

    async fn indexed_block(&self) -> Result<u64> {
        let status: Value = http_client().get(format!("{}/status", self.indexer.url)).send().await?.json().await?;
        status["data"]["indexedBlock"].as_u64().with_context(|| format!("the API answers {status}"))
    }

    /// Waits until all of the chain is indexed.
    async fn indexed(&self) -> Result<()> {
        let head = self.replay.head().number;
        wait::until("the index to reach the chain's head", PATIENCE, || async {
            Ok((self.indexed_block().await? >= head).then_some(()))
        })
        .await
    }

    pub async fn stop(self) -> Result<()> {
        self.indexer.stop().await?;
        self.server.drop("stream").await
    }
}

/// Whether each was told their own. How soon, in milliseconds, and what else would have to send to whom for the same.
async fn check(
    people: &[Person],
    listeners: Vec<Listener>,
    truth: &mut Truth,
    brought: &Brought,
) -> Result<(Vec<f64>, Script)> {
    let mut latencies = Vec::new();
    let mut wrong = Vec::new();
    for (person, listener) in people.iter().zip(listeners) {
        let told = listener.end().await.and_then(|told| truth.check(person.reads(), &told).map(|()| told));
        match told {
            Ok(told) => latencies.extend(told.iter().map(|one| brought.soon(one.place.block_number, one.at))),
            Err(error) => wrong.push(format!("{}: {error:#}", person.account)),
        }
    }
    let some = wrong.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
    ensure!(wrong.is_empty(), "{} listeners of {} were not told exactly their own: {some}", wrong.len(), people.len());
    let mut script = Script::new(people.len(), brought.at.keys().copied());
    for (nth, person) in people.iter().enumerate() {
        for place in truth.own(person.reads()) {
            script.add(place, &truth.frames()[&place], nth);
        }
    }
    Ok((latencies, script))
}
