//! The chain: blocks in order, and where each subject's trail moved on. Extended and cut back; branches are replaced.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    ReplayOptions,
    block::{Block, Draft},
    hash::{Account, Link, Word, first_link, keccak, next_link},
    logs::Logs,
    past::Past,
    rng::Rng,
    story::Story,
};

/// A log's place: block and index in the block, from 0.
type Place = (u32, u32);

#[derive(Debug)]
pub(super) struct Chain {
    pub(super) options: ReplayOptions,
    pub(super) contract: Account,
    pub(super) blocks: Vec<Arc<Block>>,
    pub(super) by_hash: HashMap<Word, Arc<Block>>,
    /// In order, each subject's.
    trails: HashMap<Account, Vec<Place>>,
    /// What the latest reorganisation replaced.
    pub(super) replaced: Vec<Arc<Block>>,
    /// `None`: nodes refuse the tag `finalized`.
    pub(super) finalized_distance: Option<u64>,
    pub(super) events: u64,
    story: Story,
    past: Past,
    /// Sizes of blocks and their random parts: apart from the story, so that it can be told again without them.
    pace: Rng,
    /// Where the story took another turn: the block before, and the seed.
    branches: BTreeMap<u64, u64>,
    /// Seconds that the next block comes late: another branch has other times.
    skew: u64,
    scratch: Logs,
}

impl Chain {
    /// The blocks up to the one that holds the deployment.
    pub(super) fn new(options: ReplayOptions) -> Self {
        let mut rng = Rng::new(options.seed ^ 0x00c4_a127);
        let contract: Account = rng.bytes();
        let story = Story::new(&options, contract);
        let mut chain = Self {
            finalized_distance: options.finalized_distance,
            contract,
            blocks: Vec::new(),
            by_hash: HashMap::new(),
            trails: HashMap::new(),
            replaced: Vec::new(),
            events: 0,
            past: Past::new(story.clone()),
            story,
            pace: rng,
            branches: BTreeMap::new(),
            skew: 0,
            scratch: Logs::default(),
            options,
        };
        for _ in 0..=chain.options.deployment_block {
            chain.push(0);
        }
        chain
    }

    pub(super) fn head(&self) -> u64 {
        self.blocks.len() as u64 - 1
    }

    /// Adds a block of so many events as blocks have by chance.
    pub(super) fn extend(&mut self) {
        let acts = self.draw_acts();
        self.push(acts);
    }

    /// One in sixteen is empty.
    fn draw_acts(&mut self) -> u32 {
        if self.pace.below(16) == 0 {
            return 0;
        }
        let mean = u64::from(self.options.events_per_block);
        // Some acts log twice: together with the empty blocks that leaves the mean as it was.
        self.pace.between(1, (2 * mean).saturating_sub(1).max(1)) as u32
    }

    /// None before the deployment, at least one in its block.
    fn possible_acts(&self, number: u64, acts: u32) -> u32 {
        match number.cmp(&self.options.deployment_block) {
            Ordering::Less => 0,
            Ordering::Equal => acts.max(1),
            Ordering::Greater => acts,
        }
    }

    /// Adds a block of so many acts, if so many are possible.
    pub(super) fn push(&mut self, acts: u32) {
        let number = self.blocks.len() as u64;
        let acts = self.possible_acts(number, acts);
        let step = self.options.seconds_per_block + std::mem::take(&mut self.skew);
        let timestamp = self.blocks.last().map_or(self.options.start, |block| block.timestamp + step);
        self.scratch.clear();
        tell(&mut self.story, acts, timestamp, &mut self.scratch);
        let hashes = self.link(number, timestamp);
        let draft = Draft {
            number,
            parent: self.blocks.last().map_or([0; 32], |block| block.hash),
            timestamp,
            mix: self.pace.bytes(),
            contract: &self.contract,
            hashes: &hashes,
            first_log: if self.scratch.len() == 0 { 0 } else { self.pace.below(4) as u32 },
            acts,
        };
        let block = Arc::new(Block::seal(&draft, self.scratch.compact()));
        self.events += block.logs.len() as u64;
        self.by_hash.insert(block.hash, Arc::clone(&block));
        self.blocks.push(block);
        self.past.note(number, &self.story);
    }

    /// Moves the trails on by the scratch's logs. Gives keccak256(topics ‖ data) of each.
    fn link(&mut self, number: u64, timestamp: u64) -> Vec<u8> {
        let mut hashes = Vec::with_capacity(32 * self.scratch.len());
        for index in 0..self.scratch.len() {
            let Some(log) = self.scratch.get(index) else { continue };
            let logged = keccak(&[log.kind.signature(), self.scratch.topics_and_data(index)]);
            let subject = self.scratch.subject(index);
            let places = self.trails.entry(subject).or_default();
            let before = match places.last() {
                Some((block, log)) if u64::from(*block) == number => link_in(&self.scratch, *log),
                Some((block, log)) => link_in(&self.blocks[*block as usize].logs, *log),
                None => first_link(self.options.chain_id, &self.contract, &subject),
            };
            places.push((number as u32, index as u32));
            self.scratch.set_link(index, next_link(&before, number, timestamp, &logged));
            hashes.extend_from_slice(&logged);
        }
        hashes
    }

    /// The subject's trail at the end of a block of this chain; `None` if it has not started.
    pub(super) fn trail(&self, subject: &Account, at: u64) -> Option<Link> {
        let places = self.trails.get(subject)?;
        let count = places.partition_point(|(block, _)| u64::from(*block) <= at);
        let (block, log) = places.get(count.checked_sub(1)?)?;
        Some(link_in(&self.blocks[*block as usize].logs, *log))
    }

    /// Everybody with a trail, in the order of their addresses.
    pub(super) fn subjects(&self) -> Vec<Account> {
        let mut subjects: Vec<_> = self.trails.keys().copied().collect();
        subjects.sort_unstable();
        subjects
    }

    /// Takes the blocks after `fork` away, and has the story go on from there as `seed` says.
    pub(super) fn cut(&mut self, fork: u64, seed: u64) {
        let replaced = self.blocks.split_off(fork as usize + 1);
        for block in &replaced {
            self.by_hash.remove(&block.hash);
            self.events -= block.logs.len() as u64;
            for index in 0..block.logs.len() {
                self.forget(&block.logs.subject(index), fork);
            }
        }
        self.replaced = replaced;
        self.branches.split_off(&fork);
        self.story = self.retell(fork);
        self.branches.insert(fork, seed);
        self.story.branch(seed);
        self.pace = Rng::new(seed ^ self.pace.next());
        self.past.branch(fork, &self.story);
        self.skew = seed % self.options.seconds_per_block.max(1);
    }

    fn forget(&mut self, subject: &Account, fork: u64) {
        if let Some(places) = self.trails.get_mut(subject) {
            let count = places.partition_point(|(block, _)| u64::from(*block) <= fork);
            places.truncate(count);
            if count == 0 {
                self.trails.remove(subject);
            }
        }
    }

    /// The story as it was at the end of a block.
    fn retell(&mut self, at: u64) -> Story {
        let (known, mut story) = self.past.before(at);
        let mut scratch = Logs::default();
        for number in known.map_or(0, |known| known + 1)..=at {
            let block = &self.blocks[number as usize];
            scratch.clear();
            tell(&mut story, block.acts, block.timestamp, &mut scratch);
            if let Some(seed) = self.branches.get(&number) {
                story.branch(*seed);
            }
        }
        story
    }
}

/// Has so many acts happen in one block. Some share a transaction with the one before.
fn tell(story: &mut Story, acts: u32, timestamp: u64, logs: &mut Logs) {
    for act in 0..acts {
        if act % 4 != 0 {
            logs.transaction += 1;
        }
        story.act(timestamp, logs);
    }
}

fn link_in(logs: &Logs, index: u32) -> Link {
    logs.get(index as usize).map_or([0; 28], |log| log.link)
}
