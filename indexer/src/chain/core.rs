//! The contract as seen through the pool: what the parts of this module share.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use ethers::types::{Filter, H160, H256};
use serde_json::json;
use tracing::warn;

use super::bloom::{Bloom, Wanted};
use super::pool::Pool;
use super::sizer::Sizer;
use super::wire::{Call, NodeHeader};
use super::worry::Worry;
use crate::model::{Address, Hash, Header, RawLog};

/// Blooms kept for looking closer at the blocks they are of: 2 MiB.
const RECENT: usize = 8192;

pub struct Core {
    pub pool: Pool,
    pub contract: Address,
    pub topics: HashSet<Hash>,
    pub filter: Filter,
    pub confirmations: u64,
    /// Whether a node has named a finalized block.
    pub knows_finality: AtomicBool,
    pub sizer: Sizer,
    pub blooms: Blooms,
    /// Said when an empty answer is believed that nothing but its repetition speaks for.
    pub unproven: Worry,
}

impl Core {
    pub fn new(pool: Pool, contract: Address, topics: &[Hash], confirmations: u64, max_block_range: u64) -> Self {
        let list: Vec<H256> = topics.iter().map(|topic| H256(topic.0)).collect();
        Core {
            pool,
            contract,
            topics: topics.iter().copied().collect(),
            filter: Filter::new().address(H160(contract.0)).topic0(list),
            confirmations,
            knows_finality: AtomicBool::new(false),
            sizer: Sizer::new(max_block_range),
            blooms: Blooms::new(Wanted::new(contract, topics)),
            unproven: Worry::default(),
        }
    }

    /// A node's header as the pump wants it.
    pub fn header(&self, found: &NodeHeader) -> Result<Header, String> {
        let block = found.block()?;
        let may_hold_events = self.blooms.may_hold(block.hash, found.bloom().as_ref());
        Ok(Header { block, parent: found.parent(), may_hold_events })
    }
}

pub fn header_by_number(number: u64) -> Call {
    Call { method: "eth_getBlockByNumber", params: json!([format!("{number:#x}"), false]) }
}

pub fn header_by_tag(tag: &str) -> Call {
    Call { method: "eth_getBlockByNumber", params: json!([tag, false]) }
}

pub fn header_by_hash(hash: Hash) -> Call {
    Call { method: "eth_getBlockByHash", params: json!([hash, false]) }
}

const UNKNOWN: u8 = 0;
const GOOD: u8 = 1;
const BAD: u8 = 2;

/// Whether the chain's blooms say which events its blocks hold (on some layer 2 they are all zeros), and those of recent
/// blocks. Until a block with events has shown it, no block is skipped for its bloom.
pub struct Blooms {
    wanted: Wanted,
    trust: AtomicU8,
    recent: Mutex<Recent>,
}

#[derive(Default)]
struct Recent {
    blooms: HashMap<Hash, Bloom>,
    order: VecDeque<Hash>,
}

impl Blooms {
    fn new(wanted: Wanted) -> Self {
        Blooms { wanted, trust: AtomicU8::new(UNKNOWN), recent: Mutex::default() }
    }

    /// Whether no block with events has shown yet if blooms can be relied on.
    pub fn untested(&self) -> bool {
        self.trust.load(Ordering::Relaxed) == UNKNOWN
    }

    pub fn reliable(&self) -> bool {
        self.trust.load(Ordering::Relaxed) == GOOD
    }

    fn may_hold(&self, hash: Hash, bloom: Option<&Bloom>) -> bool {
        let Some(bloom) = bloom else { return true };
        let wanted = self.wanted.may_be_in(bloom);
        if wanted || self.untested() {
            self.remember(hash, bloom);
        }
        wanted || !self.reliable()
    }

    /// Whether the bloom allows for events of ours.
    pub fn wants(&self, bloom: &Bloom) -> bool {
        self.wanted.may_be_in(bloom)
    }

    fn remember(&self, hash: Hash, bloom: &Bloom) {
        let mut recent = self.recent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if recent.blooms.insert(hash, *bloom).is_none() {
            recent.order.push_back(hash);
        }
        if recent.order.len() > RECENT
            && let Some(oldest) = recent.order.pop_front()
        {
            recent.blooms.remove(&oldest);
        }
    }

    pub fn recall(&self, hash: Hash) -> Option<Bloom> {
        let recent = self.recent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        recent.blooms.get(&hash).copied()
    }

    /// Whether a block's bloom and an event of it go together. The first such pair shows whether the chain's blooms are any
    /// good; where they are not, any pair does.
    pub fn agree(&self, bloom: &Bloom, log: &RawLog) -> bool {
        let fits = self.wanted.fits(&log.topics, bloom);
        if self.untested() {
            self.trust.store(if fits { GOOD } else { BAD }, Ordering::Relaxed);
            if !fits {
                warn!(
                    "block {}'s header does not announce the events it holds: asking for the events of every block from now \
                     on, and believing empty answers as they are",
                    log.position.block_number
                );
            }
        }
        fits || !self.reliable()
    }
}
