//! The chain as one endpoint sees it for one call: some lag, some are on the branch that was replaced.

use std::sync::Arc;

use super::{
    block::Block,
    chain::Chain,
    fault::Fault,
    hash::{Account, Link, Word},
};

#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    chain: &'a Chain,
    pub(super) head: u64,
    /// The blocks of the other branch, if this is a view of it.
    other: &'a [Arc<Block>],
    stale: u64,
}

impl<'a> View<'a> {
    pub(super) fn new(chain: &'a Chain, faults: &[Fault]) -> Self {
        let mut view = Self { chain, head: chain.head(), other: &[], stale: 0 };
        if faults.contains(&Fault::WrongFork) && !chain.replaced.is_empty() {
            view.other = &chain.replaced;
            view.head = view.other.last().map_or(view.head, |block| block.number);
        }
        for fault in faults {
            match fault {
                Fault::Lagging(blocks) => view.head = view.head.saturating_sub(*blocks),
                Fault::StaleFinalized(blocks) => view.stale = *blocks,
                _ => {}
            }
        }
        view
    }

    pub(super) fn contract(&self) -> &'a Account {
        &self.chain.contract
    }

    pub(super) fn chain_id(&self) -> u64 {
        self.chain.options.chain_id
    }

    pub(super) fn deployment_block(&self) -> u64 {
        self.chain.options.deployment_block
    }

    /// `None`: the tag is not known.
    pub(super) fn finalized(&self) -> Option<u64> {
        let distance = self.chain.finalized_distance?;
        Some(self.head.saturating_sub(distance).saturating_sub(self.stale))
    }

    /// From which block on this is the other branch.
    fn fork(&self) -> u64 {
        self.other.first().map_or(u64::MAX, |block| block.number)
    }

    pub(super) fn block(&self, number: u64) -> Option<&'a Arc<Block>> {
        if number > self.head {
            return None;
        }
        match number.checked_sub(self.fork()) {
            Some(nth) => self.other.get(nth as usize),
            None => self.chain.blocks.get(number as usize),
        }
    }

    pub(super) fn by_hash(&self, hash: &Word) -> Option<&'a Arc<Block>> {
        let canonical = self.chain.by_hash.get(hash).filter(|block| block.number < self.fork());
        let found = canonical.or_else(|| self.other.iter().find(|block| block.hash == *hash))?;
        (found.number <= self.head).then_some(found)
    }

    /// The blocks of a range, as far as there are any.
    pub(super) fn range(&self, first: u64, last: u64) -> impl Iterator<Item = &'a Arc<Block>> {
        let view = *self;
        (first..=last.min(self.head)).map_while(move |number| view.block(number))
    }

    /// The subject's trail at the end of a block; `None`: it has not started.
    pub(super) fn trail(&self, subject: &Account, at: u64) -> Option<Link> {
        let fork = self.fork();
        let there = self.other.iter().rev().skip_while(|block| block.number > at);
        let latest = there.flat_map(|block| (0..block.logs.len()).rev().map(move |log| (block, log)));
        let mut latest = latest.filter(|(block, log)| block.logs.subject(*log) == *subject);
        let found = latest.next().and_then(|(block, log)| block.logs.get(log)).map(|log| log.link);
        found.or_else(|| self.chain.trail(subject, at.min(fork - 1)))
    }
}
