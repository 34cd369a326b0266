//! The pump: the only place where the chain meets the store. Fetch in parallel, decode purely, commit in order.
//!
//! A round brings the index one step nearer to the chain's head. Final blocks that are far behind come in bulk, by their
//! events ([`backfill`]); what follows comes with every header, each the next one's parent ([`tail`]). A head on another
//! branch replaces what was indexed after the fork. What is on hand when there is nothing new to index is in [`chores`].

mod backfill;
mod check;
mod chores;
mod fork;
mod patience;
mod report;
mod step;
mod tail;

use std::time::Duration;

use anyhow::bail;
use tokio::sync::watch;
use tracing::error;

use crate::chain::{Chain, ChainError};
use crate::model::{Address, Block, Header, TrailDomain};
use crate::store::{self, Writer};
use check::Mismatch;
pub use patience::Patience;
pub use report::Bar;

/// Final blocks behind the head from which on they are fetched in bulk.
const BULK_FROM: u64 = 64;
/// Wait after a round that failed because of the chain.
const RETRY: Duration = Duration::from_millis(500);

/// How to follow.
#[derive(Clone)]
pub struct Options {
    pub domain: TrailDomain,
    /// The first block to index: the contract's.
    pub deployment_block: u64,
    /// Events written in one transaction while catching up, at least, if there are as many.
    pub events_per_step: usize,
    /// Where a backfill draws its progress; without a terminal it is logged.
    pub bar: Bar,
}

/// Follows the chain until `stop` turns true or following on would be wrong. A chain that does not answer is waited for. Errors
/// of the database end it: the right to write is gone with the connection.
pub async fn follow(
    chain: &dyn Chain,
    writer: &mut Writer,
    options: &Options,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let mut pump = Pump::new(chain, writer, options);
    while !*stop.borrow() {
        // A round in flight is dropped when asked to stop: its transaction rolls back whole.
        tokio::select! {
            done = pump.round() => done?,
            changed = stop.changed() => if changed.is_err() { return Ok(()) },
        }
    }
    Ok(())
}

struct Pump<'a> {
    chain: &'a dyn Chain,
    writer: &'a mut Writer,
    options: &'a Options,
    /// What the database says, while nothing went wrong since it was read.
    known: Option<Known>,
    started: bool,
    silence: Patience,
    doubts: check::Doubts,
    /// How far comparing all trails with the contract's is, by subject.
    swept: Option<Address>,
}

/// The writer's own knowledge of its database.
#[derive(Debug, Clone)]
struct Known {
    cursor: Option<Block>,
    /// Up to here every header is stored.
    headers_to: Option<u64>,
    /// Whether trails were indexed that have not been compared with the contract's yet.
    unchecked: bool,
}

impl Known {
    fn next(&self, options: &Options) -> u64 {
        self.cursor.map_or(options.deployment_block, |cursor| cursor.number + 1)
    }
}

impl<'a> Pump<'a> {
    fn new(chain: &'a dyn Chain, writer: &'a mut Writer, options: &'a Options) -> Self {
        let silence = Patience::new("the chain");
        let doubts = check::Doubts::default();
        Pump { chain, writer, options, known: None, started: false, silence, doubts, swept: None }
    }

    /// One round, and what to do if it fails.
    async fn round(&mut self) -> anyhow::Result<()> {
        let Err(failed) = self.try_round().await else {
            self.silence.end();
            return Ok(());
        };
        self.known = None;
        if let Some(mismatch) = failed.downcast_ref::<Mismatch>().cloned() {
            return self.doubt(mismatch).await;
        }
        if store::is_contradiction(&failed) {
            return self.doubt_events(&failed).await;
        }
        match failed.downcast_ref::<ChainError>() {
            Some(chain_error) => {
                self.silence.note(chain_error);
                tokio::time::sleep(RETRY).await;
                Ok(())
            }
            None => Err(failed),
        }
    }

    async fn try_round(&mut self) -> anyhow::Result<()> {
        // After something went wrong the head is asked for: what was told last may be what went wrong.
        let unsure = self.known.is_none();
        let known = self.know().await?;
        let head = match &known.cursor {
            Some(cursor) if self.started && !unsure && !chores::left(&known) => {
                self.chain.next_head(cursor.hash).await?
            }
            _ => self.chain.head().await?,
        };
        if !self.started {
            self.note_progress(head.block.number, None, Some(known.next(self.options))).await?;
            self.started = true;
        }
        self.advance(&known, &head).await
    }

    /// Brings the index nearer to a head.
    async fn advance(&mut self, known: &Known, head: &Header) -> anyhow::Result<()> {
        let next = known.next(self.options);
        let Some(cursor) = known.cursor else {
            return self.catch_up(next, head, None).await;
        };
        if head.block.hash == cursor.hash {
            return self.chores(head).await;
        }
        if head.parent == cursor.hash {
            return self.extend(vec![*head], head).await;
        }
        if head.block.number >= next {
            return self.catch_up(next, head, Some(cursor)).await;
        }
        if self.holds(&head.block).await? {
            // A node that lags says nothing about our blocks.
            return self.chores(head).await;
        }
        self.switch_branch(&cursor, head).await
    }

    async fn catch_up(&mut self, next: u64, head: &Header, cursor: Option<Block>) -> anyhow::Result<()> {
        let finalized = self.chain.finalized(&head.block).await?.number.min(head.block.number);
        self.note_progress(head.block.number, None, None).await?;
        if finalized >= next.saturating_add(BULK_FROM) {
            if let Some(cursor) = cursor
                && self.chain.headers(cursor.number..=cursor.number).await?.first().map(|theirs| theirs.block.hash)
                    != Some(cursor.hash)
            {
                return self.switch_branch(&cursor, head).await;
            }
            return self.backfill(next..=finalized, head.block.number).await;
        }
        self.follow_tail(next, head, cursor).await
    }

    /// What the database says; read again after anything that went wrong.
    async fn know(&mut self) -> anyhow::Result<Known> {
        if let Some(known) = &self.known {
            return Ok(known.clone());
        }
        let mut tx = self.writer.begin().await?;
        if let Some(reason) = store::halted(&mut tx).await? {
            bail!(Halted(reason));
        }
        let known = Known {
            cursor: store::cursor(&mut tx).await?,
            headers_to: store::headers_to(&mut tx).await?,
            unchecked: store::unchecked_from(&mut tx).await?.is_some(),
        };
        self.known = Some(known.clone());
        Ok(known)
    }

    async fn holds(&mut self, block: &Block) -> anyhow::Result<bool> {
        let mut tx = self.writer.begin().await?;
        let ours = store::blocks_between(&mut tx, block.number, block.number).await?;
        Ok(ours.first().is_some_and(|ours| ours.hash == block.hash))
    }

    async fn note_progress(&mut self, head: u64, finalized: Option<u64>, starting: Option<u64>) -> anyhow::Result<()> {
        let mut tx = self.writer.begin().await?;
        store::write_progress(&mut tx, head, finalized, starting).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Stops writing for good: a person must look. Readers see why.
    async fn halt(&mut self, reason: String) -> anyhow::Result<()> {
        error!("{reason}: nothing is written any more, and nothing answered; see the runbook");
        let mut tx = self.writer.begin().await?;
        store::halt(&mut tx, &reason).await?;
        tx.commit().await?;
        bail!(Halted(reason))
    }
}

/// The history does not verify: writing has stopped until somebody has looked.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Halted(pub String);
