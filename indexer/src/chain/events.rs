//! The events of blocks whose headers are known: of these very blocks, and none only where that is to be believed.
//!
//! A node behind a load balancer may announce a block and, asked next, not have it, or answer for another branch, or with
//! nothing. So logs must be of the headers' hashes and in their blooms; and where a bloom allows for events and none came, the
//! block's receipts are asked for, whose logs must make up the header's bloom. An answer that leaves out *some* of a block's
//! events is not noticed here but by the trail.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::bloom::Bloom;
use super::core::Core;
use super::error::ChainError;
use super::logs::in_order;
use super::pool::{ANSWER, First};
use super::receipts::Said;
use super::refusal::Refusal;
use super::wire::{Call, NodeLog};
use crate::model::{Hash, Header, RawLog};

/// Up to so many blocks are asked for one by one, by hash; more by range.
const BY_HASH: usize = 50;
/// Doubtful blocks looked at at once.
const DOUBTS: usize = 4;
/// A block that was announced may take so long to be there for those who ask: these waits, doubling.
const FIRST_WAIT: Duration = Duration::from_millis(20);
const WAITS: u32 = 8;
/// Tries at a run whose logs are of another branch.
const TRIES: usize = 3;
/// Times that everybody must say the same before it is believed without proof.
const ROUNDS: u32 = 3;

impl Core {
    /// All events of a run of headers' blocks, in order.
    pub async fn events_of(&self, headers: &[Header]) -> Result<Vec<RawLog>, ChainError> {
        let candidates: Vec<Header> = headers.iter().filter(|header| header.may_hold_events).copied().collect();
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let mut logs = match candidates.len() {
            0..=BY_HASH => self.patiently(|| self.events_by_hash(&candidates, First::Lead)).await?,
            _ => self.patiently(|| self.events_by_range(headers)).await?,
        };
        let with_events: HashSet<Hash> = logs.iter().map(|log| log.block_hash).collect();
        let without = candidates.into_iter().filter(|header| !with_events.contains(&header.block.hash));
        let doubts = stream::iter(without).map(|header| async move { self.look_closer(&header).await });
        logs.extend(doubts.buffered(DOUBTS).try_concat().await?);
        in_order(&mut logs).map_err(|detail| self.wrong(self.pool.lead(), detail))?;
        Ok(logs)
    }

    /// Asks again while the answer is that the block is not there: it was announced, so it should come.
    pub(super) async fn patiently<T, F>(&self, ask: impl Fn() -> F) -> Result<T, ChainError>
    where
        F: Future<Output = Result<T, ChainError>>,
    {
        for wait in 0..WAITS {
            match ask().await {
                Err(ChainError::NoBlock(_) | ChainError::Refused { why: Refusal::MissingBlock, .. }) => {
                    tokio::time::sleep(FIRST_WAIT * 2_u32.pow(wait)).await;
                }
                done => return done,
            }
        }
        ask().await
    }

    async fn events_by_hash(&self, headers: &[Header], first: First) -> Result<Vec<RawLog>, ChainError> {
        let calls: Vec<Call> = headers.iter().map(|header| self.logs_of_block(header.block.hash)).collect();
        let read = |answers: Vec<Option<Vec<NodeLog>>>, at: usize| {
            let mut logs = Vec::new();
            for (header, found) in headers.iter().zip(answers) {
                let found = found.ok_or(ChainError::NoBlock(header.block.number))?;
                logs.extend(self.of_block(found, header).map_err(|detail| self.wrong(at, detail))?);
            }
            Ok(logs)
        };
        match self.pool.ask(first, &calls, ANSWER, read).await {
            Err(ChainError::Refused { why: Refusal::MissingBlock, .. }) => {
                Err(ChainError::NoBlock(headers[0].block.number))
            }
            done => done,
        }
    }

    async fn events_by_range(&self, headers: &[Header]) -> Result<Vec<RawLog>, ChainError> {
        let (first, last) = (headers[0].block.number, headers[headers.len() - 1].block.number);
        let mut tries = 0;
        loop {
            let spans = self.spans(first..=last, First::Lead).await?;
            let logs: Vec<RawLog> = spans.into_iter().flat_map(|span| span.logs).collect();
            let strange = logs.iter().find_map(|log| {
                let nth = usize::try_from(log.position.block_number - first).ok()?;
                headers.get(nth).map_or(Some("no header's".into()), |header| self.check(log, header).err())
            });
            match strange {
                None => return Ok(logs),
                Some(_) if tries < TRIES => tries += 1,
                Some(detail) => return Err(self.wrong(self.pool.lead(), detail)),
            }
        }
    }

    /// Ours among a block's logs.
    fn of_block(&self, found: Vec<NodeLog>, header: &Header) -> Result<Vec<RawLog>, String> {
        let mut logs = Vec::with_capacity(found.len());
        for log in found {
            let (log, _) = self.of_ours(log)?;
            self.check(&log, header)?;
            logs.push(log);
        }
        in_order(&mut logs)?;
        Ok(logs)
    }

    fn check(&self, log: &RawLog, header: &Header) -> Result<(), String> {
        let number = header.block.number;
        if log.block_hash != header.block.hash || log.position.block_number != number {
            return Err(format!("logs of another block {number} than {}", header.block.hash));
        }
        match self.blooms.recall(header.block.hash) {
            Some(bloom) if !self.blooms.agree(&bloom, log) => {
                Err(format!("a log that the header of block {number} does not announce"))
            }
            _ => Ok(()),
        }
    }

    fn wrong(&self, endpoint: usize, detail: impl Into<String>) -> ChainError {
        ChainError::nonsense(self.pool.endpoint(endpoint).name(), "eth_getLogs", detail)
    }
}

impl Core {
    /// The events of a block for which none came although its bloom allows for some.
    async fn look_closer(&self, header: &Header) -> Result<Vec<RawLog>, ChainError> {
        let Some(bloom) = self.bloom_of(header).await? else { return Ok(Vec::new()) };
        let number = header.block.number;
        let mut last = Round::default();
        for round in 0..WAITS {
            last = match self.ask_everyone(header, &bloom).await {
                Ok(events) => return Ok(events),
                Err(round) => round,
            };
            if round + 1 >= ROUNDS && last.agreed() {
                break;
            }
            tokio::time::sleep(FIRST_WAIT * 2_u32.pow(round)).await;
        }
        if last.contradicted {
            let detail = format!(
                "no events of block {number}, whose header announces some and whose receipts are not all there"
            );
            return Err(self.wrong(self.pool.lead(), detail));
        }
        if let Some(error) = last.error.filter(|_| !last.nothing) {
            return Err(error);
        }
        self.unproven.say(|| {
            tracing::warn!(
                "block {number} may hold events by its bloom, but who answers says again and again that it holds none, and \
                 nobody gives its receipts: believing it"
            );
        });
        Ok(Vec::new())
    }

    /// The block's events as soon as an endpoint has or disproves them.
    async fn ask_everyone(&self, header: &Header, bloom: &Bloom) -> Result<Vec<RawLog>, Round> {
        let mut round = Round::default();
        for endpoint in self.endpoints_from_lead() {
            match self.second_opinion(endpoint, header, bloom).await {
                Ok(Said::Events(logs)) => return Ok(logs),
                Ok(Said::Proven) => return Ok(Vec::new()),
                Ok(Said::Nothing) => round.nothing = true,
                Ok(Said::Contradiction) => round.contradicted = true,
                Err(error) => round.error = Some(error),
            }
        }
        Err(round)
    }

    /// The bloom of a block, if it can be relied on and allows for events of ours.
    async fn bloom_of(&self, header: &Header) -> Result<Option<Bloom>, ChainError> {
        let bloom = match self.blooms.recall(header.block.hash) {
            _ if !self.blooms.reliable() && !self.blooms.untested() => None,
            Some(bloom) => Some(bloom),
            None => {
                let number = header.block.number;
                let find = || async { self.node_header(header.block.hash).await?.ok_or(ChainError::NoBlock(number)) };
                self.patiently(find).await?.bloom()
            }
        };
        Ok(bloom.filter(|bloom| self.blooms.wants(bloom)))
    }

    fn endpoints_from_lead(&self) -> impl Iterator<Item = usize> {
        let (lead, count) = (self.pool.lead(), self.pool.len());
        (0..count).map(move |n| (lead + n) % count)
    }

    async fn second_opinion(&self, endpoint: usize, header: &Header, bloom: &Bloom) -> Result<Said, ChainError> {
        let by_receipts = self.by_receipts(endpoint, header, bloom).await?;
        if let Said::Events(_) | Said::Proven = by_receipts {
            return Ok(by_receipts);
        }
        let calls = [self.logs_of_block(header.block.hash)];
        let found = self.pool.endpoint(endpoint).ask::<Vec<NodeLog>>(&calls, ANSWER).await?.pop().flatten();
        let found = found.ok_or(ChainError::NoBlock(header.block.number))?;
        match self.of_block(found, header).map_err(|detail| self.wrong(endpoint, detail))? {
            logs if logs.is_empty() => Ok(by_receipts),
            logs => Ok(Said::Events(logs)),
        }
    }
}

/// What all endpoints said about a block whose events are missing, none of them having proven anything.
#[derive(Default)]
struct Round {
    nothing: bool,
    contradicted: bool,
    error: Option<ChainError>,
}

impl Round {
    fn agreed(&self) -> bool {
        self.nothing && !self.contradicted && self.error.is_none()
    }
}
