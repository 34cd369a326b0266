//! What cannot be beaten: the same frames to the same listeners at the same time, by a process that has them in hand and only sends.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path as Named, State};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use chartkey_devnet::child::{Child, Signal};
use chartkey_devnet::rpc::http_client;
use chartkey_devnet::scratch::Scratch;
use chartkey_devnet::wait;
use chartkey_indexer::model::Position;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::figures::Heard;
use crate::listener::Listener;
use crate::pace::Pace;
use crate::shared::process;

const START: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(60);
const AT_ONCE: usize = 32;
/// A client takes a connection that is silent for long for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// What is sent to whom, block by block.
#[derive(Debug, Serialize, Deserialize)]
pub struct Script {
    listeners: usize,
    /// Of each block in order: the frames in order, and the numbers of those who get each.
    blocks: BTreeMap<u64, BTreeMap<u32, (String, Vec<usize>)>>,
}

impl Script {
    pub fn new(listeners: usize, blocks: impl Iterator<Item = u64>) -> Self {
        Script { listeners, blocks: blocks.map(|block| (block, BTreeMap::new())).collect() }
    }

    pub fn add(&mut self, place: Position, frame: &str, listener: usize) {
        let block = self.blocks.entry(place.block_number).or_default();
        let (_, to) = block.entry(place.log_index).or_insert_with(|| (frame.to_owned(), Vec::new()));
        to.push(listener);
    }

    fn deliveries(&self) -> u64 {
        self.blocks.values().flat_map(BTreeMap::values).map(|(_, to)| to.len() as u64).sum()
    }
}

/// The process that sends.
pub struct Floor<'a> {
    script: &'a Script,
    url: String,
    child: Child,
    _scratch: Scratch,
}

impl<'a> Floor<'a> {
    pub async fn start(script: &'a Script) -> Result<Self> {
        let scratch = Scratch::new()?;
        let (file, log) = (scratch.path().join("script.json"), scratch.path().join("floor.log"));
        std::fs::write(&file, serde_json::to_vec(script)?)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--floor").arg(&file);
        let child = Child::spawn("the bare fan-out", command, &log, Signal::SIGKILL)?;
        let url = wait::until("the bare fan-out", START, || async {
            ensure!(child.try_wait()?.is_none(), "the bare fan-out ended: {}", child.last_lines(3).join(" "));
            Ok(std::fs::read_to_string(&log)?.strip_suffix('\n').map(str::to_owned))
        })
        .await?;
        Ok(Floor { script, url, child, _scratch: scratch })
    }

    /// Has it send each block's frames when the block's time comes.
    pub async fn measure(self, pace: &Pace) -> Result<Heard> {
        let count = Arc::<AtomicU64>::default();
        let client = http_client();
        let (begun, url) = (&client, &*self.url);
        let streams = stream::iter(0..self.script.listeners)
            .map(async |nth| Listener::begin(begun, &format!("{url}/streams/{nth}"), None, &count).await);
        let listeners: Vec<Listener> = streams.buffered(AT_ONCE).try_collect().await?;
        let blocks: Vec<u64> = self.script.blocks.keys().copied().collect();
        let before = process::cpu(self.child.id())?;
        let bring = async |nth| {
            let block = blocks[usize::try_from(nth)?];
            let there = Instant::now();
            let sent = client.post(format!("{url}/blocks/{block}")).send().await?;
            ensure!(sent.status().is_success(), "the bare fan-out: {}", sent.status());
            Ok((block, there))
        };
        let brought = pace.keep(blocks.len() as u64, bring).await?;
        let in_time = count.load(Ordering::Relaxed);
        let cpu = process::cpu(self.child.id())?.saturating_sub(before).as_secs_f64();
        let due = self.script.deliveries();
        // Who was cut off says why below.
        wait::until("the bare fan-out to send all", PATIENCE, || async {
            let over = count.load(Ordering::Relaxed) >= due || listeners.iter().any(Listener::broke);
            Ok(over.then_some(()))
        })
        .await?;
        let mut latencies = Vec::new();
        for listener in listeners {
            let told = listener.end().await?;
            latencies.extend(told.iter().map(|one| brought.soon(one.place.block_number, one.at)));
        }
        Ok(Heard::new(latencies, in_time, brought.lasted.as_secs_f64(), cpu))
    }
}

/// What that process works with.
struct Sending {
    script: BTreeMap<u64, Vec<(Bytes, Vec<usize>)>>,
    listeners: Vec<Mutex<Option<mpsc::UnboundedSender<Bytes>>>>,
}

/// What that process does, until it is killed. Says its URL when it is there.
pub async fn serve(file: &Path) -> Result<()> {
    let script = read(file)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let sending = Sending {
        listeners: (0..script.listeners).map(|_| Mutex::default()).collect(),
        script: (script.blocks.into_iter())
            .map(|(block, frames)| (block, frames.into_values().map(|(frame, to)| (frame.into(), to)).collect()))
            .collect(),
    };
    let router = Router::new()
        .route("/streams/{nth}", get(listen))
        .route("/blocks/{block}", post(send))
        .with_state(Arc::new(sending));
    println!("http://{address}");
    let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
    Ok(axum::serve(listener, router).await?)
}

fn read(file: &Path) -> Result<Script> {
    serde_json::from_slice(&std::fs::read(file)?).context("the script cannot be read")
}

async fn listen(State(sending): State<Arc<Sending>>, Named(nth): Named<usize>) -> Body {
    let (sender, receiver) = mpsc::unbounded_channel();
    *sending.listeners[nth].lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
    let frames = stream::unfold(receiver, async |mut receiver| {
        let frame = match tokio::time::timeout(KEEP_ALIVE, receiver.recv()).await {
            Ok(frame) => frame?,
            Err(_) => Bytes::from_static(b":\n\n"),
        };
        Some((Ok::<Bytes, std::convert::Infallible>(frame), receiver))
    });
    Body::from_stream(frames)
}

async fn send(State(sending): State<Arc<Sending>>, Named(block): Named<u64>) {
    for (frame, to) in sending.script.get(&block).into_iter().flatten() {
        for nth in to {
            let listener = sending.listeners[*nth].lock().unwrap_or_else(PoisonError::into_inner);
            // An error says that the listener is gone.
            let _ = listener.as_ref().map(|sender| sender.send(frame.clone()));
        }
    }
}
