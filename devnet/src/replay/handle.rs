//! The handles of whoever runs a replayed chain: the chain, and its endpoints.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use anyhow::Result;
use ethers::types::{Address, H256};
use tokio::sync::broadcast;

use super::{
    ReplayOptions,
    block::Block,
    chain::Chain,
    fault::Rule,
    node::{Node, Shared, Stats},
    server::Listener,
};
use crate::deployment::Deployment;

/// New heads that a slow subscriber may be behind.
const HEADS: usize = 4096;

/// A block of a replayed chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its height.
    pub number: u64,
    /// keccak256 of its header.
    pub hash: H256,
    /// The block before it.
    pub parent: H256,
    /// Unix seconds.
    pub timestamp: u64,
    /// How many logs it holds.
    pub logs: usize,
}

impl Head {
    fn of(block: &Block) -> Self {
        let (hash, parent) = (H256(block.hash), H256(block.parent));
        Self { number: block.number, hash, parent, timestamp: block.timestamp, logs: block.logs.len() }
    }
}

/// A generated chain, served from memory. It is its own first [`Endpoint`]. Dropping it ends its listening.
#[derive(Debug)]
pub struct Replay {
    shared: Arc<Shared>,
    first: Endpoint,
}

impl Deref for Replay {
    type Target = Endpoint;

    fn deref(&self) -> &Endpoint {
        &self.first
    }
}

impl Replay {
    /// Generates a chain and serves it.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(options: ReplayOptions) -> Result<Self> {
        Self::start_watched(options, |_| {})
    }

    /// As [`Replay::start`]; `made` hears how many events there are, block by block.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start_watched(options: ReplayOptions, mut made: impl FnMut(u64)) -> Result<Self> {
        let mut chain = Chain::new(options);
        while chain.events < options.events {
            chain.extend();
            made(chain.events);
        }
        let (heads, _) = broadcast::channel(HEADS);
        let shared = Arc::new(Shared { chain: RwLock::new(chain), heads });
        let first = Endpoint::start(Arc::clone(&shared), options.port.unwrap_or(0))?;
        Ok(Self { shared, first })
    }

    /// Another listener over the same chain, on a port and with faults of its own.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn endpoint(&self) -> Result<Endpoint> {
        Endpoint::start(Arc::clone(&self.shared), 0)
    }

    /// Adds blocks that hold events, or not, as chance has it. Gives the new head.
    pub fn extend(&self, blocks: u64) -> Head {
        self.grow(|chain| (0..blocks).for_each(|_| chain.extend()))
    }

    /// Adds blocks until there are at least so many events more. Gives the new head.
    pub fn extend_events(&self, events: u64) -> Head {
        self.grow(|chain| {
            let enough = chain.events + events;
            while chain.events < enough {
                chain.extend();
            }
        })
    }

    /// Adds blocks without events. Gives the new head.
    pub fn mine(&self, blocks: u64) -> Head {
        self.grow(|chain| (0..blocks).for_each(|_| chain.push(0)))
    }

    /// Adds one block of so many acts, each one or two events. Gives the new head.
    pub fn block_of(&self, acts: u32) -> Head {
        self.grow(|chain| chain.push(acts))
    }

    /// Replaces the latest `depth` blocks (at most all but block 0) by `blocks` others, as `seed` says: fewer, as many, or
    /// more. Gives the new head.
    pub fn reorg(&self, depth: u64, blocks: u64, seed: u64) -> Head {
        self.change(|chain| {
            let fork = chain.head().saturating_sub(depth);
            chain.cut(fork, seed);
            (0..blocks).for_each(|_| chain.extend());
            fork
        })
    }

    /// How many blocks behind the head `finalized` is; `None`: the tag is refused, as by nodes that do not know it.
    pub fn set_finalized_distance(&self, blocks: Option<u64>) {
        self.shared.write(|chain| chain.finalized_distance = blocks);
    }

    fn grow(&self, change: impl FnOnce(&mut Chain)) -> Head {
        self.change(|chain| {
            let before = chain.head();
            change(chain);
            before
        })
    }

    /// Changes the chain, and announces what comes after the block that `change` gives.
    fn change(&self, change: impl FnOnce(&mut Chain) -> u64) -> Head {
        let (head, new) = self.shared.write(|chain| {
            let fork = change(chain) as usize;
            let new: Vec<_> = chain.blocks[fork + 1..].iter().rev().take(HEADS / 4).cloned().collect();
            (Head::of(&chain.blocks[chain.blocks.len() - 1]), new)
        });
        for block in new.into_iter().rev() {
            // An error says that nobody listens.
            let _ = self.shared.heads.send(block);
        }
        head
    }
}

/// One port where the chain is served.
#[derive(Debug)]
pub struct Endpoint {
    node: Arc<Node>,
    port: u16,
    listener: Mutex<Option<Listener>>,
}

impl Endpoint {
    fn start(shared: Arc<Shared>, port: u16) -> Result<Self> {
        let node = Arc::new(Node::new(shared));
        let (listener, port) = Listener::start(Arc::clone(&node), port)?;
        Ok(Self { node, port, listener: Mutex::new(Some(listener)) })
    }

    /// `http://127.0.0.1:<port>`
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// `ws://127.0.0.1:<port>`
    #[must_use]
    pub fn ws_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    /// Has these faults strike from now on, and no others; an empty list ends them. Chances are drawn by the seed.
    pub fn set_faults(&self, rules: Vec<Rule>, seed: u64) {
        self.node.faults.set(rules, seed);
    }

    /// As if the node were gone: connections break, new ones are refused.
    pub fn stop_listening(&self) {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(listener);
    }

    /// Is there again, on the same port.
    ///
    /// # Errors
    /// When somebody else took the port meanwhile.
    pub fn listen_again(&self) -> Result<()> {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if listener.is_none() {
            *listener = Some(Listener::start(Arc::clone(&self.node), self.port)?.0);
        }
        Ok(())
    }

    /// What it was asked and gave so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.node.stats()
    }

    /// The chain's latest block.
    #[must_use]
    pub fn head(&self) -> Head {
        self.node.shared.read(|chain| Head::of(&chain.blocks[chain.blocks.len() - 1]))
    }

    /// A block of the chain, if it is that long.
    #[must_use]
    pub fn block(&self, number: u64) -> Option<Head> {
        self.node.shared.read(|chain| chain.blocks.get(number as usize).map(|block| Head::of(block)))
    }

    /// How many events the chain holds.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.node.shared.read(|chain| chain.events)
    }

    /// The contract's address.
    #[must_use]
    pub fn contract(&self) -> Address {
        Address::from(self.node.shared.read(|chain| chain.contract))
    }

    /// What the indexer reads to find the contract. Nothing is relayed: the forwarder is an address like any other.
    #[must_use]
    pub fn deployment(&self) -> Deployment {
        self.node.shared.read(|chain| Deployment {
            chain_id: chain.options.chain_id,
            contract: Address::from(chain.contract),
            block: chain.options.deployment_block,
            forwarder: Address::repeat_byte(0xf0),
        })
    }

    /// Everybody with a trail: the zero address for the registry, then the patients, by address.
    #[must_use]
    pub fn subjects(&self) -> Vec<Address> {
        self.node.shared.read(|chain| chain.subjects().into_iter().map(Address::from).collect())
    }
}
