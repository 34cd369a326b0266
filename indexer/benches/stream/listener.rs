//! One who listens: reads frames (HTML standard, 9.2), and notes when each came.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chartkey_indexer::model::Position;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use reqwest::Response;
use tokio::task::JoinHandle;

/// A stream that does not begin by then never does.
const BEGIN: Duration = Duration::from_secs(60);
const FOR_EVER: Duration = Duration::from_secs(24 * 3_600);

/// Takes as many open files as the system lets us have: each listener is one here.
pub fn allow_many() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}

/// An event that somebody was told.
#[derive(Debug)]
pub struct Told {
    pub at: Instant,
    pub place: Position,
    pub frame: String,
}

pub struct Listener {
    told: Arc<Mutex<Vec<Told>>>,
    task: JoinHandle<Result<()>>,
}

impl Listener {
    /// Begins to listen, once there is an answer. `count`: of what all are told.
    pub async fn begin(
        client: &reqwest::Client,
        url: &str,
        token: Option<&str>,
        count: &Arc<AtomicU64>,
    ) -> Result<Self> {
        let request = client.get(url).timeout(FOR_EVER);
        let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
        let response = tokio::time::timeout(BEGIN, request.send()).await.context("a stream does not begin")??;
        let status = response.status();
        if !status.is_success() {
            anyhow::bail!("a stream is refused: {status}, {}", response.text().await?);
        }
        let told = Arc::<Mutex<Vec<Told>>>::default();
        let task = tokio::spawn(listen(response, Arc::clone(&told), Arc::clone(count)));
        Ok(Listener { told, task })
    }

    /// Whether the stream broke, which [`Listener::end`] says more of.
    pub fn broke(&self) -> bool {
        self.task.is_finished()
    }

    /// All that came, if the stream goes on.
    pub async fn end(self) -> Result<Vec<Told>> {
        if self.task.is_finished() {
            self.task.await?.context("a stream broke")?;
        } else {
            self.task.abort();
        }
        Ok(std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

async fn listen(mut response: Response, told: Arc<Mutex<Vec<Told>>>, count: Arc<AtomicU64>) -> Result<()> {
    let mut unread = Vec::new();
    while let Some(part) = response.chunk().await? {
        let at = Instant::now();
        unread.extend_from_slice(&part);
        let mut read = 0;
        while let Some(end) = unread[read..].windows(2).position(|two| two == b"\n\n") {
            let frame = str::from_utf8(&unread[read..read + end])?;
            read += end + 2;
            if let Some(place) = place(frame)? {
                let frame = format!("{frame}\n\n");
                told.lock().unwrap_or_else(PoisonError::into_inner).push(Told { at, place, frame });
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
        unread.drain(..read);
    }
    anyhow::bail!("the server ended it")
}

/// Where the event stands that a frame tells of. `None`: it tells of none.
fn place(frame: &str) -> Result<Option<Position>> {
    if !frame.contains("data: ") {
        return Ok(None);
    }
    ensure!(!frame.starts_with("event: reorg"), "told of a reorg that never was: {frame}");
    let id = frame.lines().find_map(|line| line.strip_prefix("id: ")).context("an event without an id")?;
    let mut parts = id.split('-');
    let mut part = || parts.next().context("an id of another form");
    Ok(Some(Position { block_number: part()?.parse()?, log_index: part()?.parse()? }))
}
