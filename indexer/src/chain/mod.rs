//! The chain, as the pump sees it: headers, logs and trails, by block number. One implementation, over JSON-RPC.

mod rpc;
mod transport;

use std::ops::RangeInclusive;

use async_trait::async_trait;

use crate::model::{Address, Block, Hash, RawLog};
pub use rpc::RpcChain;

/// What goes wrong between us and a node.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// No usable answer: connection, time-out, HTTP status. Worth trying again.
    #[error("{endpoint} did not answer: {cause}")]
    Unreachable { endpoint: String, cause: String },
    /// No answer in time: asking again at once would only double the wait.
    #[error("{endpoint} did not answer within {seconds} s")]
    TimedOut { endpoint: String, seconds: u64 },
    /// The node answered with a JSON-RPC error.
    #[error("the node refused {method}: {message} (code {code})")]
    Refused { method: String, code: i64, message: String },
    /// The node answered with something that is not what was asked for.
    #[error("the node's answer to {method} makes no sense: {detail}")]
    Nonsense { method: String, detail: String },
    /// The node does not have this block: it lags, or the chain was cut back while we asked.
    #[error("the node has no block {0}")]
    NoBlock(u64),
}

/// What the pump needs of a chain.
#[async_trait]
pub trait Chain: Send + Sync {
    /// The latest block.
    async fn head(&self) -> Result<Block, ChainError>;

    /// The number of the latest block that can no longer be replaced.
    async fn finalized(&self, head: u64) -> Result<u64, ChainError>;

    /// The headers of a range, in order, without gaps. `NoBlock` if one is not there.
    async fn blocks(&self, range: RangeInclusive<u64>) -> Result<Vec<Block>, ChainError>;

    /// The contract's events in a range, in order.
    async fn logs(&self, range: RangeInclusive<u64>) -> Result<Vec<RawLog>, ChainError>;

    /// The contract's `trail` of each subject at the end of a block, in the order asked.
    async fn trails(&self, subjects: &[Address], block: u64) -> Result<Vec<Hash>, ChainError>;
}
