//! Comparing trails with the contract's own. A link follows from every event of its subject so far: where the two are equal, no event
//! is missing, made up or altered.

use std::fmt;

use anyhow::Result;
use tracing::{info, instrument, warn};

use super::step::Linked;
use super::{Pump, RETRY};
use crate::chain::ChainError;
use crate::model::{Address, Block, Hash, REGISTRY};
use crate::store;

/// Subjects compared at a time in a sweep.
const SUBJECTS_PER_SWEEP: u32 = 1_000;
/// Subjects compared beside each new block.
const SUBJECTS_PER_PATROL: u32 = 100;
/// Mismatches until what is not final is fetched anew: a node may have answered from another branch, or left
/// something out for a moment.
const REFETCH_AFTER: u32 = 3;
/// Mismatches, the refetching included, until somebody must look.
const HALT_AFTER: u32 = 6;

/// How far a round of comparing came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compared {
    None,
    Some,
    /// To the last subject: the next round begins anew.
    All,
}

/// A trail that is not the contract's. Whose is not said: this is logged, and shown to anybody who asks how the index is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) struct Mismatch {
    subject: Address,
    block: u64,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = if self.subject == REGISTRY { "the registry's" } else { "a patient's" };
        write!(f, "{whose} trail is not the contract's at block {} (chartkey-indexer verify says whose)", self.block)
    }
}

/// How often there was a mismatch since the last one was settled.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    about: Option<Address>,
    times: u32,
}

impl Doubts {
    /// One that differs counts on: a node that leaves out much shows a different trail each time.
    fn again(&mut self, about: Address) -> u32 {
        self.about = Some(about);
        self.times += 1;
        self.times
    }

    /// What was compared without a mismatch puts an end to doubts about it.
    fn settle(&mut self, subjects: &[Address]) {
        if self.about.is_some_and(|subject| subjects.contains(&subject)) {
            *self = Doubts::default();
        }
    }
}

impl Pump<'_> {
    /// Compares what a step does with the contract's trails after it. `false`: the node does not hold that block's state, so
    /// this is for a later sweep.
    pub(super) async fn compare(&mut self, step: &Linked) -> Result<bool> {
        let mut expected: Vec<(Address, Hash)> = step.heads.iter().map(|(subject, link)| (*subject, *link)).collect();
        // The same mismatch comes first each time.
        expected.sort_unstable();
        self.compare_at(&expected, &step.last).await
    }

    #[instrument(name = "compare", skip_all, fields(trails = expected.len(), block = at.number))]
    async fn compare_at(&mut self, expected: &[(Address, Hash)], at: &Block) -> Result<bool> {
        if expected.is_empty() {
            return Ok(true);
        }
        let subjects: Vec<Address> = expected.iter().map(|(subject, _)| *subject).collect();
        let theirs = match self.chain.trails(&subjects, at).await {
            Err(ChainError::NoState { .. }) => return Ok(false),
            other => other?,
        };
        for ((subject, ours), theirs) in expected.iter().zip(theirs) {
            if *ours != theirs {
                return Err(Mismatch { subject: *subject, block: at.number }.into());
            }
        }
        self.doubts.settle(&subjects);
        Ok(true)
    }

    /// Compares the next trails, of all there are, because events were indexed without comparing. Stands at the cursor, which is
    /// the chain's head.
    pub(super) async fn sweep(&mut self, at: &Block) -> Result<()> {
        if self.compare_next(at, SUBJECTS_PER_SWEEP).await? == Compared::All {
            let mut tx = self.writer.begin().await?;
            store::mark_checked(&mut tx).await?;
            tx.commit().await?;
            info!(block = at.number, "every trail is the contract's");
            if let Some(known) = &mut self.known {
                known.unchecked = false;
            }
        }
        Ok(())
    }

    /// Compares some trails, in turn, though nothing gives a reason to: a node may have left out an event among others of its
    /// block, whose subject no other event of the step names.
    pub(super) async fn patrol(&mut self, at: &Block) -> Result<()> {
        self.compare_next(at, SUBJECTS_PER_PATROL).await.map(|_| ())
    }

    async fn compare_next(&mut self, at: &Block, limit: u32) -> Result<Compared> {
        let mut tx = self.writer.begin().await?;
        let mut expected = store::trails_after(&mut tx, self.swept, limit).await?;
        drop(tx);
        let last = expected.last().map(|(subject, _)| *subject);
        if self.swept.is_none() && expected.first().is_none_or(|(subject, _)| *subject != REGISTRY) {
            // The contract's own deployment is in it.
            expected.push((REGISTRY, self.options.domain.start(REGISTRY)));
        }
        if !self.compare_at(&expected, at).await? {
            warn!(block = at.number, "the node does not hold the state of its own head: trails cannot be compared yet");
            tokio::time::sleep(RETRY).await;
            return Ok(Compared::None);
        }
        self.swept = last;
        Ok(if last.is_none() { Compared::All } else { Compared::Some })
    }

    /// After a mismatch: asks again, fetches anew what nobody was told yet or what is not final, and in the end stops.
    pub(super) async fn doubt(&mut self, mismatch: Mismatch) -> Result<()> {
        self.doubt_about(mismatch.subject, mismatch.to_string()).await
    }

    /// As after a mismatch: events that contradict those before them show that some are missing, before any trail does. The next
    /// sweep settles it, with the registry's trail.
    pub(super) async fn doubt_events(&mut self, contradiction: &anyhow::Error) -> Result<()> {
        let reason =
            format!("the events contradict one another, so some are not the contract's, or missing: {contradiction}");
        self.doubt_about(REGISTRY, reason).await
    }

    async fn doubt_about(&mut self, subject: Address, reason: String) -> Result<()> {
        let times = self.doubts.again(subject);
        warn!("{reason} ({times} of {HALT_AFTER} times until writing stops)");
        if times >= HALT_AFTER {
            return self.halt(reason).await;
        }
        if times == REFETCH_AFTER {
            return self.refetch().await;
        }
        tokio::time::sleep(RETRY).await;
        Ok(())
    }

    async fn refetch(&mut self) -> Result<()> {
        let mut tx = self.writer.begin().await?;
        let first = match store::unchecked_from(&mut tx).await? {
            Some(unchecked) => unchecked,
            None => store::finalized(&mut tx).await?.max(self.options.deployment_block.saturating_sub(1)) + 1,
        };
        warn!(from_block = first, "fetching again what was not compared yet, or is not final");
        store::withdraw(&mut tx, first).await?;
        tx.commit().await?;
        self.known = None;
        self.swept = None;
        Ok(())
    }
}
