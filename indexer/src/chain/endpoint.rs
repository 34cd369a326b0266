//! One HTTP endpoint of a node, or of many behind a load balancer: sends, reads, and remembers how it fares and what it
//! allows. Retrying is the pool's.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Url;
use reqwest::header::RETRY_AFTER;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tracing::debug;

use super::batch::{Each, Place, Text, body, fill};
use super::error::{ChainError, shown};
use super::refusal::Refusal;
use super::wire::Call;

/// Requests in flight to one endpoint.
pub const IN_FLIGHT: usize = 4;
/// Questions in one request, until the endpoint says that it allows fewer. Nodes allow 100 (Erigon) to 1 000 (geth).
const BATCH: usize = 100;
/// Rest after the first failure; doubles with each further one.
const FIRST_REST: Duration = Duration::from_millis(100);
const LONGEST_REST: Duration = Duration::from_secs(5);
/// Rest where the quota is used up and the node does not say until when.
const QUOTA_REST: Duration = Duration::from_secs(1);
const LONGEST_QUOTA_REST: Duration = Duration::from_secs(60);
/// Rests of a batch asked again because the quota did not suffice for all of it.
const QUOTA_WAITS: u32 = 6;

pub struct Endpoint {
    client: reqwest::Client,
    url: Url,
    name: String,
    timeout: Duration,
    gate: Semaphore,
    ids: AtomicU64,
    health: Mutex<Health>,
    pub allows: Allows,
}

/// What an endpoint turned out to allow.
#[derive(Debug)]
pub struct Allows {
    /// Questions in one request.
    pub batch: AtomicUsize,
    /// Blocks in one `eth_getLogs`.
    pub blocks: AtomicU64,
    /// `eth_call` at a block named by its hash (EIP-1898).
    pub calls_by_hash: AtomicBool,
    /// `eth_getBlockReceipts`.
    pub receipts: AtomicBool,
}

#[derive(Debug, Default)]
struct Health {
    failures: u32,
    failing_until: Option<Instant>,
    quota_until: Option<Instant>,
}

impl Endpoint {
    /// Prepares a client; does not connect. `timeout`: for one request with its answer.
    pub fn new(url: Url, timeout: Duration) -> Result<Self, ChainError> {
        let name = shown(&url);
        // Somebody else in the process may have chosen a provider before; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(timeout).build();
        let client = client.map_err(|e| ChainError::Unreachable { endpoint: name.clone(), cause: e.to_string() })?;
        let allows = Allows {
            batch: AtomicUsize::new(BATCH),
            blocks: AtomicU64::new(u64::MAX),
            calls_by_hash: AtomicBool::new(true),
            receipts: AtomicBool::new(true),
        };
        let gate = Semaphore::new(IN_FLIGHT);
        Ok(Endpoint { client, url, name, timeout, gate, ids: AtomicU64::new(1), health: Mutex::default(), allows })
    }

    /// The endpoint without path, query and user info, where providers put their keys: what may be logged.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn in_flight(&self) -> usize {
        IN_FLIGHT - self.gate.available_permits()
    }

    /// Until when its quota is used up, and until when it is better left alone after failures.
    pub fn resting(&self) -> (Option<Instant>, Option<Instant>) {
        let now = Instant::now();
        let health = self.health();
        (health.quota_until.filter(|until| *until > now), health.failing_until.filter(|until| *until > now))
    }

    /// Forgets failures; a quota that another request used up comes back by itself.
    pub fn did_well(&self) {
        let mut health = self.health();
        (health.failures, health.failing_until) = (0, None);
    }

    /// Lets it rest, longer each time, by a random part more or less so that many clients do not return at once.
    pub fn failed(&self) {
        let mut health = self.health();
        let rest = FIRST_REST.saturating_mul(1 << health.failures.min(10)).min(LONGEST_REST);
        health.failures += 1;
        health.failing_until = Some(Instant::now() + jitter(rest));
    }

    /// Leaves it alone until its quota is there again.
    pub fn out_of_quota(&self, retry_after: Option<Duration>) {
        let mut health = self.health();
        let guess = QUOTA_REST.saturating_mul(1 << health.failures.min(6));
        let rest = retry_after.unwrap_or_else(|| jitter(guess)).min(LONGEST_QUOTA_REST);
        health.failures += 1;
        health.quota_until = Some(Instant::now() + rest);
    }

    fn health(&self) -> std::sync::MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Asks, in as few requests as the endpoint allows. The answers come in the order of the questions; `None` where the node
    /// answers `null`. The first refusal fails all, except that questions of a batch for which the quota did not suffice are
    /// asked again. `limit`: bytes of one answer.
    pub async fn ask<R: DeserializeOwned>(&self, calls: &[Call], limit: usize) -> Result<Vec<Option<R>>, ChainError> {
        let mut found: Vec<Place<R>> = calls.iter().map(|_| Place::Open).collect();
        let mut waits = 0;
        loop {
            let most = self.allows.batch.load(Ordering::Relaxed).max(1);
            let open: Vec<usize> =
                (0..calls.len()).filter(|nth| matches!(found[*nth], Place::Open)).take(most).collect();
            if open.is_empty() {
                let answers = found.into_iter().map(|place| match place {
                    Place::Answered(answer) => answer,
                    Place::Open => None,
                });
                return Ok(answers.collect());
            }
            let asked: Vec<&Call> = open.iter().map(|nth| &calls[*nth]).collect();
            let answers = match self.post(&asked, limit).await {
                Err(error) if error.refusal() == Some(&Refusal::BatchTooLarge) && open.len() > 1 => {
                    debug!("{} allows less than {} questions in one request", self.name, open.len());
                    self.allows.batch.fetch_min(open.len() / 2, Ordering::Relaxed);
                    continue;
                }
                answers => answers?,
            };
            let left = fill(&mut found, open, answers)?;
            if let Some(error) = left {
                if waits == QUOTA_WAITS {
                    return Err(error);
                }
                tokio::time::sleep(jitter(FIRST_REST * 2_u32.pow(waits))).await;
                waits += 1;
            }
        }
    }

    async fn post<R: DeserializeOwned>(&self, calls: &[&Call], limit: usize) -> Result<Vec<Each<R>>, ChainError> {
        // The gate is never closed.
        let _place = self.gate.acquire().await;
        let asked = Instant::now();
        let first = self.ids.fetch_add(calls.len() as u64, Ordering::Relaxed);
        let method = calls[0].method;
        let request = self.client.post(self.url.clone()).header("content-type", "application/json");
        let response = request.body(body(first, calls)).send().await.map_err(|e| self.unsent(&e))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let bytes = self.read(response, method, limit).await?;
        debug!(
            endpoint = self.name,
            method,
            calls = calls.len(),
            status,
            bytes = bytes.len(),
            ms = asked.elapsed().as_millis(),
            "asked"
        );
        let answer = Text { endpoint: &self.name, status, retry_after, timeout: self.timeout };
        answer.read(&bytes, first, calls)
    }

    async fn read(&self, mut response: reqwest::Response, method: &str, limit: usize) -> Result<Vec<u8>, ChainError> {
        let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let mut bytes = Vec::with_capacity(announced.min(limit));
        while let Some(chunk) = response.chunk().await.map_err(|e| self.unsent(&e))? {
            if bytes.len() + chunk.len() > limit {
                return Err(ChainError::Refused {
                    endpoint: self.name.clone(),
                    method: method.into(),
                    code: 0,
                    message: format!("the answer is larger than {limit} bytes"),
                    why: Refusal::TooManyResults { suggested: None },
                });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn unsent(&self, error: &reqwest::Error) -> ChainError {
        let endpoint = self.name.clone();
        if error.is_timeout() {
            return ChainError::TimedOut { endpoint, seconds: self.timeout.as_secs() };
        }
        ChainError::Unreachable { endpoint, cause: root_cause(error) }
    }
}

/// reqwest's own words say only that sending failed, and may hold the URL; the reason is at the end of the chain of causes.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if std::ptr::addr_eq(cause, error) { "no answer".into() } else { cause.to_string() }
}

/// Between half and all of a wait.
pub fn jitter(wait: Duration) -> Duration {
    use std::hash::{BuildHasher as _, Hasher as _};
    let random = std::hash::RandomState::new().build_hasher().finish() % 1000;
    wait / 2 + wait.mul_f64(f64::from(u32::try_from(random).unwrap_or(0)) / 2000.0)
}
