//! The pump: the only place where the chain meets the store. Fetch in parallel, decode purely, commit in order.

mod fetch;
mod fork;

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::chain::{Chain, ChainError};
use crate::decode::decode_logs;
use crate::model::{Block, TrailDomain};
use crate::store::{self, Writer};
use fetch::{Fetched, fetch};

/// Steps fetched ahead of the one being committed: bounds memory.
const STEPS_AHEAD: usize = 3;
/// Blocks behind the head from which on progress is reported as a backfill.
const BACKFILL_FROM: u64 = 100;
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// How to follow.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub domain: TrailDomain,
    /// The first block to index: the contract's.
    pub deployment_block: u64,
    /// How often to ask for a new head.
    pub poll_interval: Duration,
    /// Blocks fetched and committed together while catching up.
    pub blocks_per_step: u64,
}

/// Follows the chain until `stop` turns true or following on would be wrong. A node that does not answer is waited for.
pub async fn follow(
    chain: &dyn Chain,
    writer: &mut Writer,
    options: &Options,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let mut pump = Pump { chain, writer, options, started: false, silence: Silence::default() };
    while !*stop.borrow() {
        // A step in flight is dropped when asked to stop: its transaction rolls back whole.
        tokio::select! {
            stepped = pump.step_or_wait() => stepped?,
            changed = stop.changed() => if changed.is_err() { return Ok(()) },
        }
    }
    Ok(())
}

struct Pump<'a> {
    chain: &'a dyn Chain,
    writer: &'a mut Writer,
    options: &'a Options,
    started: bool,
    silence: Silence,
}

impl Pump<'_> {
    async fn step_or_wait(&mut self) -> anyhow::Result<()> {
        match self.catch_up().await {
            Ok(()) => {
                self.silence.end();
                tokio::time::sleep(self.options.poll_interval).await;
                Ok(())
            }
            Err(error) => match error.downcast_ref::<ChainError>() {
                Some(chain_error) => {
                    self.silence.note(chain_error);
                    tokio::time::sleep(self.options.poll_interval.max(Duration::from_millis(500))).await;
                    Ok(())
                }
                None => Err(error),
            },
        }
    }

    /// Brings the index to the chain's head of this moment.
    async fn catch_up(&mut self) -> anyhow::Result<()> {
        let head = self.chain.head().await?;
        let cursor = self.read_cursor().await?;
        let on_chain = match &cursor {
            Some(cursor) => self.on_chain(cursor, &head).await?,
            None => true,
        };
        // What the node calls final says something about our rows only while they are on its branch.
        let finalized = if on_chain { Some(self.chain.finalized(head.number).await?) } else { None };
        let next = cursor.map_or(self.options.deployment_block, |cursor| cursor.number + 1);
        self.note_progress(head.number, finalized, next).await?;
        match cursor {
            Some(cursor) if !on_chain => self.switch_branch(&cursor, &head).await,
            cursor if next <= head.number => self.append_up_to(next, head.number, cursor).await,
            _ => Ok(()),
        }
    }

    async fn read_cursor(&mut self) -> anyhow::Result<Option<Block>> {
        let mut tx = self.writer.begin().await?;
        Ok(store::cursor(&mut tx).await?)
    }

    async fn note_progress(&mut self, head: u64, finalized: Option<u64>, next: u64) -> anyhow::Result<()> {
        let mut tx = self.writer.begin().await?;
        store::write_progress(&mut tx, head, finalized, (!self.started).then_some(next)).await?;
        tx.commit().await?;
        self.started = true;
        Ok(())
    }

    async fn on_chain(&self, cursor: &Block, head: &Block) -> Result<bool, ChainError> {
        if head.number < cursor.number {
            return Ok(false);
        }
        if head.number == cursor.number {
            return Ok(head.hash == cursor.hash);
        }
        let theirs = self.chain.blocks(cursor.number..=cursor.number).await?;
        Ok(theirs.first().is_some_and(|block| block.hash == cursor.hash))
    }

    /// Fetches ahead, several steps at once, and commits each in turn.
    async fn append_up_to(&mut self, next: u64, head: u64, cursor: Option<Block>) -> anyhow::Result<()> {
        let chain = self.chain;
        let mut steps = stream::iter(ranges(next, head, self.options.blocks_per_step))
            .map(|range| fetch(chain, range))
            .buffered(STEPS_AHEAD);
        let mut report = Report::new(next, head);
        let mut before = cursor;
        while let Some(fetched) = steps.try_next().await? {
            if fetched.parent() != before.map(|block| block.hash) && before.is_some() {
                // The chain changed branch between two answers; the next round finds the fork.
                return Ok(());
            }
            before = fetched.blocks.last().copied();
            let done = before.map_or(next, |block| block.number);
            self.commit(None, fetched).await?;
            report.progress(done);
        }
        report.finish();
        Ok(())
    }

    /// Replaces the blocks after the fork by the new branch, which is in hand before the first row is touched.
    async fn switch_branch(&mut self, cursor: &Block, head: &Block) -> anyhow::Result<()> {
        let fork = {
            let mut tx = self.writer.begin().await?;
            fork::find(self.chain, &mut tx, cursor, head).await?
        };
        let first = fork.map_or(self.options.deployment_block, |block| block.number + 1);
        let last = head.number.min(first.saturating_add(self.options.blocks_per_step - 1));
        let branch = if first <= last { fetch(self.chain, first..=last).await? } else { Fetched::default() };
        if fork.is_some() && !branch.blocks.is_empty() && branch.parent() != fork.map(|block| block.hash) {
            return Ok(());
        }
        warn!(
            depth = cursor.number + 1 - first,
            from_block = first,
            old_head = cursor.number,
            new_head = head.number,
            "the chain was reorganised: replacing blocks"
        );
        self.commit(Some(first), branch).await
    }

    /// One transaction: withdraw, append, and with it the cursor.
    async fn commit(&mut self, withdraw_from: Option<u64>, fetched: Fetched) -> anyhow::Result<()> {
        let mut tx = self.writer.begin().await?;
        if let Some(first) = withdraw_from {
            refuse_rewriting_final(&mut tx, first).await?;
            store::withdraw(&mut tx, first).await?;
        }
        let Some(first) = fetched.blocks.first() else {
            return Ok(tx.commit().await?);
        };
        let subjects: HashSet<_> = fetched.logs.iter().filter_map(|log| log.subject().ok()).collect();
        let subjects: Vec<_> = subjects.into_iter().collect();
        let mut heads = store::trail_heads(&mut tx, &subjects, first.number).await?;
        let headers = fetched.blocks.iter().map(|block| (block.number, *block)).collect();
        let events = decode_logs(&self.options.domain, &headers, &mut heads, fetched.logs)
            .context("is the deployment file for this contract, and this indexer as new as the contract?")?;
        store::append(&mut tx, &fetched.blocks, &events).await?;
        Ok(tx.commit().await?)
    }
}

/// What was final is never rewritten: either the node is on another chain or finality was broken, and a person must look.
async fn refuse_rewriting_final(tx: &mut store::Connection, first: u64) -> anyhow::Result<()> {
    let finalized = store::finalized(tx).await?;
    if first <= finalized {
        bail!(
            "the node's chain differs from the index at block {first}, which was final (up to {finalized}): nothing was \
             changed. If the node is right (a private chain was restarted), start with an empty database"
        );
    }
    Ok(())
}

fn ranges(first: u64, last: u64, step: u64) -> impl Iterator<Item = RangeInclusive<u64>> {
    let stride = usize::try_from(step).unwrap_or(usize::MAX);
    (first..=last).step_by(stride).map(move |start| start..=last.min(start + step - 1))
}

/// Says how a long catch-up goes, every few seconds.
struct Report {
    first: u64,
    head: u64,
    started: Instant,
    last: Instant,
}

impl Report {
    fn new(first: u64, head: u64) -> Self {
        let now = Instant::now();
        Report { first, head, started: now, last: now }
    }

    fn long(&self) -> bool {
        self.head - self.first >= BACKFILL_FROM
    }

    fn progress(&mut self, done: u64) {
        if self.long() && self.last.elapsed() >= REPORT_EVERY {
            self.last = Instant::now();
            let blocks = done + 1 - self.first;
            let seconds = self.started.elapsed().as_secs_f64();
            #[expect(clippy::cast_precision_loss, reason = "a rate to read, not to compute with")]
            let rate = blocks as f64 / seconds;
            #[expect(clippy::cast_precision_loss, reason = "as above")]
            let eta_seconds = ((self.head - done) as f64 / rate).round();
            info!(block = done, head = self.head, blocks_per_second = rate.round(), eta_seconds, "backfill");
        }
    }

    fn finish(&self) {
        if self.long() {
            let seconds = self.started.elapsed().as_secs_f64();
            info!(blocks = self.head + 1 - self.first, seconds, "backfill done");
        }
    }
}

/// Says once in a while that the node does not answer, and once that it does again.
#[derive(Default)]
struct Silence {
    since: Option<Instant>,
    said: Option<Instant>,
}

impl Silence {
    fn note(&mut self, error: &ChainError) {
        let since = *self.since.get_or_insert_with(Instant::now);
        if self.said.is_none_or(|said| said.elapsed() >= Duration::from_secs(30)) {
            self.said = Some(Instant::now());
            warn!(%error, seconds = since.elapsed().as_secs(), "waiting for the chain");
        }
    }

    fn end(&mut self) {
        if let Some(since) = self.since.take() {
            self.said = None;
            info!(seconds = since.elapsed().as_secs(), "the chain answers again");
        }
    }
}
