//! Several endpoints as one: who is asked, and who instead where that fails.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use tracing::{debug, warn};

use super::endpoint::{Endpoint, jitter};
use super::error::ChainError;
use super::refusal::Refusal;
use super::wire::Call;
use super::worry::Worry;

/// Tries at one question, over all endpoints, before its error goes up.
const TRIES: usize = 4;
/// Waits for a quota inside one question, in all.
const QUOTA_PATIENCE: Duration = Duration::from_secs(120);
/// Wait after every endpoint has failed once; doubles with each round.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// Bytes of one answer, where the question is not about logs.
pub const ANSWER: usize = 64 << 20;

/// Who is to be asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// The endpoint whose head is followed, so that answers are of one branch.
    Lead,
    /// Whoever has the least to do.
    Any,
    /// The one of this number.
    This(usize),
}

pub struct Pool {
    endpoints: Vec<Endpoint>,
    lead: AtomicUsize,
    /// Turns through the endpoints that have equally little to do.
    turn: AtomicUsize,
    worry: Worry,
}

impl Pool {
    /// At least one endpoint.
    pub fn new(endpoints: Vec<Endpoint>) -> Self {
        let turn = AtomicUsize::new(0);
        Pool { endpoints, lead: AtomicUsize::new(0), turn, worry: Worry::default() }
    }

    pub fn len(&self) -> usize {
        self.endpoints.len()
    }

    pub fn endpoint(&self, number: usize) -> &Endpoint {
        &self.endpoints[number % self.endpoints.len()]
    }

    /// The number of the endpoint whose head is followed.
    pub fn lead(&self) -> usize {
        self.lead.load(Ordering::Relaxed)
    }

    pub fn set_lead(&self, number: usize) {
        if self.lead.swap(number, Ordering::Relaxed) != number {
            debug!("following {} from now on", self.endpoint(number).name());
        }
    }

    /// Remembers that endpoints of this name allow no more blocks in one question.
    pub fn allow_blocks(&self, name: &str, blocks: u64) {
        for endpoint in self.endpoints.iter().filter(|endpoint| endpoint.name() == name) {
            endpoint.allows.blocks.fetch_min(blocks, Ordering::Relaxed);
        }
    }

    /// The number of the endpoint to ask: not in want of quota, not failing, not tried before, as `first` wants, least busy.
    pub fn choose(&self, first: First, tried: &[usize]) -> usize {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let count = self.len();
        let rank = |number: &usize| {
            let endpoint = &self.endpoints[*number];
            let (quota, failing) = endpoint.resting();
            let wanted = match first {
                First::Lead => *number == self.lead(),
                First::This(one) => *number == one,
                First::Any => false,
            };
            let times = tried.iter().filter(|tried| *tried == number).count();
            let soonest = quota.max(failing);
            (times, quota.is_some(), failing.is_some(), soonest, !wanted, endpoint.in_flight(), (number + turn) % count)
        };
        (0..count).min_by_key(rank).unwrap_or(0)
    }

    /// Asks until an answer passes `check`, which is given the endpoint's number too. What another endpoint or a moment may
    /// cure is tried again; what only another question cures goes up at once.
    pub async fn ask<R: DeserializeOwned, T>(
        &self,
        first: First,
        calls: &[Call],
        limit: usize,
        check: impl Fn(Vec<Option<R>>, usize) -> Result<T, ChainError>,
    ) -> Result<T, ChainError> {
        let mut tried = Vec::new();
        let began = Instant::now();
        loop {
            let number = self.choose(first, &tried);
            let endpoint = &self.endpoints[number];
            if let (Some(until), _) = endpoint.resting() {
                tokio::time::sleep_until(until.into()).await;
            }
            match endpoint.ask(calls, limit).await.and_then(|answers| check(answers, number)) {
                Ok(answer) => {
                    endpoint.did_well();
                    if first == First::Lead {
                        self.set_lead(number);
                    }
                    return Ok(answer);
                }
                Err(error) if !self.is_worth_another_try(&error, number, &mut tried, began) => return Err(error),
                Err(error) => debug!("asking again: {error}"),
            }
            self.rest_after(tried.len()).await;
        }
    }

    /// Waits if every endpoint has failed once more.
    async fn rest_after(&self, tries: usize) {
        if tries > 0 && tries.is_multiple_of(self.len()) {
            let doubled = FIRST_WAIT.saturating_mul(1 << (tries / self.len() - 1).min(6));
            tokio::time::sleep(jitter(doubled)).await;
        }
    }

    fn is_worth_another_try(&self, error: &ChainError, number: usize, tried: &mut Vec<usize>, began: Instant) -> bool {
        let endpoint = &self.endpoints[number];
        if let ChainError::Refused { why: Refusal::Quota { retry_after }, .. } = error {
            endpoint.out_of_quota(*retry_after);
            self.worry.say(|| warn!("waiting for the quota: {error}"));
            return began.elapsed() < QUOTA_PATIENCE;
        }
        if matches!(error, ChainError::Unreachable { .. } | ChainError::Nonsense { .. } | ChainError::TimedOut { .. }) {
            endpoint.failed();
        }
        tried.push(number);
        tried.len() < self.tries(error)
    }

    /// Tries, in all, at a question that failed like this.
    fn tries(&self, error: &ChainError) -> usize {
        match error {
            ChainError::Refused { why: Refusal::Other, .. }
            | ChainError::Unreachable { .. }
            | ChainError::Nonsense { .. } => TRIES.max(self.len()),
            // The same endpoint would say the same again; whoever asked knows how long to wait for a block.
            ChainError::Refused { why: Refusal::MissingBlock | Refusal::NoState, .. }
            | ChainError::NoState { .. }
            | ChainError::NoBlock(_) => self.len(),
            ChainError::TimedOut { .. } => self.len().min(2),
            // Only another question helps.
            ChainError::Refused { .. } => 0,
        }
    }
}
