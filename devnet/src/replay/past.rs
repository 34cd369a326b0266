//! The story at some earlier blocks, so that a branch is replaced without telling all of it again.

use std::collections::VecDeque;

use super::story::Story;

/// Blocks between two memories, at least; a big chain keeps them farther apart, because each costs a pointer per chart.
const STRIDE: u64 = 16;
/// How many are kept of a small chain, newest first, and of a big one: each holds the charts that changed since.
const MEMORIES: usize = 64;
const FEW_MEMORIES: usize = 4;
/// A chain of so many charts is big.
const BIG: usize = 2000;

#[derive(Debug)]
pub(super) struct Past {
    beginning: Story,
    /// At the end of which block, oldest first.
    memories: VecDeque<(u64, Story)>,
}

impl Past {
    pub(super) fn new(beginning: Story) -> Self {
        Self { beginning, memories: VecDeque::new() }
    }

    /// Remembers the story at the end of a block, if it is time to.
    pub(super) fn note(&mut self, number: u64, story: &Story) {
        let stride = STRIDE.max(story.patients() as u64 / 16);
        if self.memories.back().is_none_or(|(latest, _)| latest + stride <= number) {
            self.remember(number, story);
        }
    }

    fn remember(&mut self, number: u64, story: &Story) {
        self.memories.push_back((number, story.clone()));
        let most = if story.patients() < BIG { MEMORIES } else { FEW_MEMORIES };
        while self.memories.len() > most {
            self.memories.pop_front();
        }
    }

    /// Forgets what comes after a fork, and remembers how it goes on from there.
    pub(super) fn branch(&mut self, fork: u64, story: &Story) {
        self.memories.retain(|(number, _)| *number < fork);
        self.remember(fork, story);
    }

    /// The latest one before a block, and at the end of which; `None`: before the first. Not that block's own: it may have
    /// taken another turn at its end.
    pub(super) fn before(&self, at: u64) -> (Option<u64>, Story) {
        let found = self.memories.iter().rev().find(|(number, _)| *number < at);
        found.map_or_else(|| (None, self.beginning.clone()), |(number, story)| (Some(*number), story.clone()))
    }
}
