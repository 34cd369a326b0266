//! Nodes, files and DAGs for these tests.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use chartkey_vault::store::{Block, DAG_PB, DiskStore, Event, KuboStore, Progress, RecordStore, Token, serve};
use cid::Cid;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

pub const TOKEN: &str = "a token of these tests";
pub const MIB: u64 = 1 << 20;

/// An embedded node on loopback, in a runtime of its own: with it, its connections die too.
pub struct Node {
    pub url: String,
    pub disk: DiskStore,
    runtime: Option<Runtime>,
}

impl Node {
    pub async fn start(folder: &Path) -> Self {
        let disk = DiskStore::open("disk", folder).await.unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (url, _) = runtime.spawn(listen(serve::router(disk.clone(), Token::new(TOKEN)))).await.unwrap();
        Node { url, disk, runtime: Some(runtime) }
    }

    pub fn client(&self, name: &str) -> KuboStore {
        KuboStore::new(name, &self.url, Some(Token::new(TOKEN))).unwrap()
    }

    /// No longer answers.
    pub async fn kill(mut self) {
        let runtime = self.runtime.take().unwrap();
        tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(5))).await.unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Serves until the task is aborted.
pub async fn listen(router: axum::Router) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (url, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

/// The bytes of `support::pattern`, of any length, in no memory; fails at `broken`.
pub struct Pattern {
    at: u64,
    length: u64,
    broken: u64,
}

impl Pattern {
    pub fn of(length: u64) -> Self {
        Pattern { at: 0, length, broken: u64::MAX }
    }

    pub fn broken_at(length: u64, broken: u64) -> Self {
        Pattern { at: 0, length, broken }
    }
}

impl AsyncRead for Pattern {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.at >= self.broken {
            return Poll::Ready(Err(io::Error::other("the disk was pulled out")));
        }
        let count = (self.length - self.at).min(buffer.remaining() as u64).min(65536);
        let byte = |i: u64| u32::try_from(i & 0xffff_ffff).unwrap().wrapping_mul(2_654_435_761).to_be_bytes()[0];
        let piece: Vec<u8> = (self.at..self.at + count).map(byte).collect();
        buffer.put_slice(&piece);
        self.at += count;
        Poll::Ready(Ok(()))
    }
}

/// Keeps what it was told, in words.
#[derive(Default)]
pub struct Told(Mutex<Vec<(String, String, u64)>>);

impl Told {
    /// The bytes of all events of that kind at that store.
    pub fn bytes(&self, kind: &str, store: &str) -> u64 {
        self.0.lock().unwrap().iter().filter(|(k, s, _)| k == kind && s == store).map(|(_, _, bytes)| bytes).sum()
    }

    pub fn count(&self, kind: &str, store: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|(k, s, _)| k == kind && s == store).count()
    }
}

impl Progress for Told {
    fn on(&self, event: &Event<'_>) {
        let (kind, store, bytes) = match event {
            Event::Read { bytes } => ("read", "", *bytes),
            Event::Sent { store, bytes } => ("sent", *store, *bytes),
            Event::Skipped { store, bytes } => ("skipped", *store, *bytes),
            Event::Kept { store } => ("kept", *store, 0),
            Event::GaveUp { store, .. } => ("gave up", *store, 0),
            Event::Checked { store, bytes } => ("checked", *store, *bytes),
            Event::Repaired { store, .. } => ("repaired", *store, 0),
            _ => return,
        };
        self.0.lock().unwrap().push((kind.into(), store.into(), bytes));
    }
}

/// For requests that no store makes.
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

pub fn shared(store: impl RecordStore + 'static) -> Arc<dyn RecordStore> {
    Arc::new(store)
}

/// The file of a block in a node's folder.
pub fn block_file(folder: &Path, cid: &Cid) -> std::path::PathBuf {
    let name = cid.to_string();
    folder.join("blocks").join(&name[name.len() - 3..name.len() - 1]).join(name)
}

/// Changes one bit of a block on the disk.
pub fn flip(folder: &Path, cid: &Cid) {
    let path = block_file(folder, cid);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

/// A protobuf field of bytes.
pub fn bytes_field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2][..], &varint(bytes.len() as u64), bytes].concat()
}

/// A protobuf field of a number.
pub fn number_field(number: u8, value: u64) -> Vec<u8> {
    [&[number << 3][..], &varint(value)].concat()
}

/// A dag-pb node around UnixFS data of that kind, as anybody could make one.
pub fn node(kind: u64, size: u64, links: &[(Vec<u8>, u64)]) -> Block {
    let mut data = [number_field(1, kind), number_field(3, size)].concat();
    let mut bytes = Vec::new();
    for (cid, size) in links {
        data.extend(number_field(4, *size));
        let link = [bytes_field(1, cid), bytes_field(2, b""), number_field(3, *size)].concat();
        bytes.extend(bytes_field(2, &link));
    }
    bytes.extend(bytes_field(1, &data));
    Block::of(DAG_PB, bytes.into()).unwrap()
}
