//! A replayed chain: a JSON-RPC server that answers for a generated chain of any size from memory, over HTTP and WebSocket,
//! with faults on demand.
//!
//! The chain holds the contract's events as the contract would emit them, in an order that its rules allow, with the trail of
//! every subject. Hashes, parents and blooms are real; the roots of state, transactions and receipts are hashes, but of no
//! tries. The same seed gives the same chain. [`Replay`] generates, serves, extends and reorganises it.

#![expect(
    clippy::cast_possible_truncation,
    reason = "64-bit machines, and numbers of blocks, logs and bytes of a chain that fits into memory"
)]

mod block;
mod chain;
mod fault;
mod filter;
mod handle;
mod hash;
mod json;
mod kind;
mod logs;
mod methods;
mod node;
mod nodes;
mod past;
mod rng;
mod run;
mod server;
mod story;
mod view;
mod wallet;
mod websocket;

pub use fault::{Fault, Rule};
pub use handle::{Endpoint, Head, Replay};
pub use kind::Kind;
pub use node::Stats;
pub use nodes::Node;
pub(crate) use run::run;
pub use wallet::Wallet;

/// What chain to generate.
#[derive(Clone, Copy, Debug)]
pub struct ReplayOptions {
    /// The same one gives the same chain.
    pub seed: u64,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// How many events at least; the last block may hold some more.
    pub events: u64,
    /// Events of a block on average. Some are empty.
    pub events_per_block: u32,
    /// Seconds between blocks.
    pub seconds_per_block: u64,
    /// The block that holds the deployment, and with it the first event.
    pub deployment_block: u64,
    /// Unix seconds of block 0.
    pub start: u64,
    /// How many blocks behind the head `finalized` is; `None`: the tag is refused.
    pub finalized_distance: Option<u64>,
    /// Whether patients, practitioners and who holds a role have keys ([`Wallet`]): takes longer, and has them sign in.
    pub keys: bool,
    /// Port on 127.0.0.1; `None`: any free one.
    pub port: Option<u16>,
}

impl Default for ReplayOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            chain_id: 31_337,
            events: 1000,
            events_per_block: 25,
            seconds_per_block: 12,
            deployment_block: 10,
            start: 1_700_000_000,
            finalized_distance: Some(64),
            keys: false,
            port: None,
        }
    }
}
