//! Many listeners at once, and one that does not listen.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use chartkey_devnet::postgres::{DatabaseUrl, Postgres};
use chartkey_devnet::replay::{Replay, ReplayOptions};
use chartkey_devnet::scratch::Scratch;
use chartkey_devnet::toolchain::Toolchain;
use chartkey_devnet::wait;
use ethers::utils::keccak256;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tokio::task::JoinHandle;

use super::client::{Stream, place};
use super::{PATIENCE, history};
use crate::indexer::{Indexer, Source};
use crate::world::{connect, database_on, postgres};

const LISTENERS: usize = 2_000;
/// Listeners of one account.
const EACH: usize = 4;
/// Events before anybody listens: enough for as many patients and practitioners.
const HISTORY: u64 = 30_000;
/// What happens then: blocks, and acts in each.
const BLOCKS: usize = 100;
const ACTS: u32 = 40;

/// A replayed chain, and two processes on one database: one that is open, and one that callers sign in at.
struct Stage {
    replay: Replay,
    database: DatabaseUrl,
    open: Indexer,
    closed: Indexer,
    _scratch: Scratch,
    _postgres: Arc<Postgres>,
}

impl Stage {
    /// With so many events before.
    async fn new(events: u64) -> Self {
        let replay = Replay::start(ReplayOptions { events, ..ReplayOptions::default() }).unwrap();
        let scratch = Scratch::new().unwrap();
        let source = Source {
            rpc_url: replay.url(),
            deployment: scratch.path().join("deployment.json"),
            logs: scratch.path().to_owned(),
            open: true,
        };
        replay.deployment().write(&source.deployment).unwrap();
        let postgres = postgres(&Toolchain::find().unwrap()).await;
        let database = database_on(&postgres).await;
        let open = Indexer::start_on(&source, &database, &[]).await;
        let closed = Indexer::start_on(&Source { open: false, ..source }, &database, &[]).await;
        let stage = Stage { replay, database, open, closed, _scratch: scratch, _postgres: postgres };
        stage.catch_up().await;
        stage
    }

    async fn catch_up(&self) {
        let head = self.replay.head().number;
        wait::until("the index to reach the chain's head", PATIENCE, || async {
            let (_, body) = self.open.ask("/v1/practitioners?limit=1").await;
            Ok((body["asOf"]["blockNumber"].as_u64() == Some(head)).then_some(()))
        })
        .await
        .unwrap();
    }

    /// A session of an account whose key nobody has.
    async fn session(&self, account: &str) -> String {
        let token: [u8; 32] = rand::random();
        let insert = "insert into session (token_hash, account, expires_at)
                      values ($1, decode(substring($2 from 3), 'hex'), now() + interval '1 hour')";
        let mut db = connect(&self.database).await;
        sqlx::query(insert).bind(&keccak256(token)[..]).bind(account).execute(&mut db).await.unwrap();
        token.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Everybody but registrars, custodians, auditors and guardians, whose own is more than what names them.
fn accounts(history: &[Value]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for event in history {
        let named = match event["kind"].as_str().unwrap() {
            "PatientRegistered" | "PractitionerRegistered" => &event["party"],
            _ => continue,
        };
        found.insert(named.as_str().unwrap().to_owned());
    }
    found.into_iter().collect()
}

struct Listener {
    account: String,
    /// What came, in order.
    heard: Arc<Mutex<Vec<Value>>>,
    task: JoinHandle<()>,
}

impl Listener {
    async fn begin(stage: &Stage, account: String, token: &str) -> Self {
        let mut stream = Stream::open(&stage.closed, Some(token), "", None).await;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Some(frame) = stream.next().await {
                kept.lock().unwrap().extend(frame.data);
            }
        });
        Listener { account, heard, task }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_listeners_each_get_exactly_their_own_in_order() {
    let stage = Stage::new(HISTORY).await;
    let before = history(&stage.open).await;
    let mut everybody = Vec::new();
    for account in accounts(&before).into_iter().take(LISTENERS / EACH) {
        let token = stage.session(&account).await;
        everybody.extend(vec![(account, token); EACH]);
    }
    assert_eq!(everybody.len(), LISTENERS);
    let listening = stream::iter(everybody)
        .map(|(account, token)| {
            let stage = &stage;
            async move { Listener::begin(stage, account, &token).await }
        })
        .buffer_unordered(32);
    let listeners: Vec<Listener> = listening.collect().await;

    for nth in 1..=BLOCKS {
        stage.replay.block_of(ACTS);
        // No farther ahead than an index that is live may be behind.
        if nth % 5 == 0 {
            stage.catch_up().await;
        }
    }
    let whole = history(&stage.open).await;
    let new = &whole[before.len()..];
    assert!(new.len() >= BLOCKS * ACTS as usize, "{} events", new.len());
    let mut own: HashMap<&str, Vec<&Value>> = HashMap::new();
    for event in new {
        let named: BTreeSet<&str> =
            ["subject", "actor", "party"].iter().filter_map(|one| event[*one].as_str()).collect();
        for account in named {
            own.entry(account).or_default().push(event);
        }
    }
    let mut told = 0;
    for listener in &listeners {
        let expected = own.get(&*listener.account).map_or(&[][..], Vec::as_slice);
        wait::until("a listener to be told", PATIENCE, || async {
            anyhow::ensure!(!listener.task.is_finished(), "a stream ended");
            Ok((listener.heard.lock().unwrap().len() >= expected.len()).then_some(()))
        })
        .await
        .unwrap();
        let heard = listener.heard.lock().unwrap();
        let places = |events: &mut dyn Iterator<Item = &Value>| events.map(place).collect::<Vec<_>>();
        assert_eq!(places(&mut heard.iter()), places(&mut expected.iter().copied()), "{}", listener.account);
        assert!(heard.iter().eq(expected.iter().copied()));
        told += expected.len();
    }
    println!("{} listeners were told {told} events of {}", listeners.len(), new.len());
    assert!(told > new.len());
    for listener in listeners {
        assert!(!listener.task.is_finished(), "a stream ended");
        listener.task.abort();
    }
    stage.closed.stop().await;
}

#[tokio::test]
async fn who_does_not_read_holds_nobody_up_and_misses_nothing() {
    let stage = Stage::new(1_000).await;
    let before = history(&stage.open).await.len();
    let mut idle = Stream::open(&stage.open, None, "", None).await;
    let mut busy = Stream::open(&stage.open, None, "", None).await;
    // More than buffers hold, and more batches than are kept.
    for _ in 0..20 {
        for _ in 0..5 {
            stage.replay.block_of(200);
        }
        stage.catch_up().await;
    }
    let whole = history(&stage.open).await;
    let new = &whole[before..];
    for stream in [&mut busy, &mut idle] {
        for event in new {
            assert_eq!(stream.next_event().await.data.unwrap(), *event);
        }
    }
    stage.closed.stop().await;
    stage.open.stop().await;
}
