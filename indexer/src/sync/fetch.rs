//! One step's headers and logs, fetched together and checked against each other.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::chain::{Chain, ChainError};
use crate::model::{Block, Hash, RawLog};

/// A run of blocks, each the next one's parent, with all their events.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    pub blocks: Vec<Block>,
    pub logs: Vec<RawLog>,
}

impl Fetched {
    /// The hash the block before the first one must have.
    pub fn parent(&self) -> Option<Hash> {
        self.blocks.first().map(|block| block.parent_hash)
    }
}

/// Fetches a range. A chain that changed branch between the answers shows as headers that do not follow each other or logs
/// of other blocks, and counts as a node to be asked again.
pub(super) async fn fetch(chain: &dyn Chain, range: RangeInclusive<u64>) -> Result<Fetched, ChainError> {
    let (blocks, logs) = tokio::try_join!(chain.blocks(range.clone()), chain.logs(range.clone()))?;
    let unsettled = |detail: &str| ChainError::Nonsense {
        method: "eth_getBlockByNumber and eth_getLogs".into(),
        detail: format!("{detail} in blocks {} to {}", range.start(), range.end()),
    };
    if !blocks.iter().map(|block| block.number).eq(range.clone()) {
        return Err(unsettled("headers out of order"));
    }
    if blocks.windows(2).any(|pair| pair[0].hash != pair[1].parent_hash) {
        return Err(unsettled("headers of different branches"));
    }
    let hashes: HashMap<u64, Hash> = blocks.iter().map(|block| (block.number, block.hash)).collect();
    if logs.iter().any(|log| hashes.get(&log.position.block_number) != Some(&log.block_hash)) {
        return Err(unsettled("logs of another branch"));
    }
    Ok(Fetched { blocks, logs })
}
