//! How far the index is.

use serde::Serialize;
use utoipa::ToSchema;

use super::AsOf;
use crate::model::{Address, Hash, Moment};

/// What the index is good for. Charts are served in `Live` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// No block is indexed yet.
    Starting,
    /// Far behind the chain: what was revoked since would show as in force.
    Backfill,
    /// All that is final is indexed, and its trails are not yet compared with the contract's.
    Checking,
    Live,
    /// What the node gave is not the contract's history: nothing is written any more.
    Halted,
}

/// How far the index is, in the database that this instance reads.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub phase: Phase,
    /// Why it is halted; null: it is not.
    pub halted: Option<String>,
    /// EIP-155 chain id.
    #[schema(example = 31_337)]
    pub chain_id: u64,
    /// The contract whose events are indexed.
    pub contract: Address,
    /// The block that holds its deployment.
    pub deployment_block: u64,
    /// The latest indexed block; null: none yet.
    pub indexed_block: Option<u64>,
    /// That block's hash.
    pub indexed_hash: Option<Hash>,
    /// That block's time.
    pub indexed_at: Option<Moment>,
    /// The chain's head when the writer last asked.
    pub head_block: u64,
    /// The latest block that can no longer be replaced.
    pub finalized_block: u64,
    /// When the writer last asked, by the database's clock.
    pub head_seen_at: Moment,
    /// Seconds since then.
    pub seconds_since_head: f64,
    /// Blocks between the indexed one and the head.
    pub lag_blocks: u64,
    /// Indexed share of deployment to head, 0 to 1.
    #[schema(minimum = 0, maximum = 1, example = 1.0)]
    pub fraction: f64,
    /// How fast a backfill goes, in this run; null otherwise, and while not yet known.
    pub blocks_per_second: Option<f64>,
    /// Seconds that are left of it.
    pub eta_seconds: Option<u64>,
    /// The first block whose trails were not yet compared with the contract's; null: all were.
    pub unchecked_from: Option<u64>,
    /// Up to this block, each one's header is here, so that `at=block:N` is known for any N.
    pub headers_to: Option<u64>,
    /// The logs of blocks before this one are archived elsewhere; null: all are here.
    pub archived_before: Option<u64>,
    /// Whether this is a standby of the database that is written: it may be behind it.
    pub replica: bool,
}

impl Status {
    /// The indexed head. `None`: nothing is indexed yet.
    pub fn as_of(&self) -> Option<AsOf> {
        let block_number = self.indexed_block?;
        Some(AsOf {
            block_number,
            block_hash: self.indexed_hash?,
            timestamp: self.indexed_at?,
            finalized: block_number <= self.finalized_block,
            archived_before: self.archived_before,
        })
    }
}
