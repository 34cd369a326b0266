//! The chain, as the pump sees it: headers, events and trails. One implementation, over JSON-RPC.

mod batch;
mod bloom;
mod core;
mod endpoint;
mod erc1271;
mod error;
mod events;
mod headers;
mod heads;
mod hex;
mod history;
mod logs;
mod pool;
mod receipts;
mod refusal;
mod rpc;
mod sizer;
mod socket;
mod trails;
mod wire;
mod worry;

use std::ops::RangeInclusive;

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::model::{Address, Block, Hash, Header, RawLog};
pub use erc1271::Erc1271;
pub use error::ChainError;
pub use refusal::Refusal;
pub use rpc::{RpcChain, RpcOptions};

/// A run of blocks with all their events.
#[derive(Debug, Clone)]
pub struct Span {
    pub range: RangeInclusive<u64>,
    /// In order: the blocks that hold events, and always the last one of the range.
    pub blocks: Vec<Block>,
    /// In the chain's order.
    pub logs: Vec<RawLog>,
}

/// What the pump needs of a chain.
#[async_trait]
pub trait Chain: Send + Sync {
    /// The latest block, as far as known: the furthest that an endpoint told, never going back for one that lags.
    async fn head(&self) -> Result<Header, ChainError>;

    /// Waits for a latest block other than `known`, at most as long as a subscription or the poll interval makes sensible;
    /// then answers with the latest block, new or not.
    async fn next_head(&self, known: Hash) -> Result<Header, ChainError>;

    /// The latest block that can no longer be replaced: what the nodes say, or so many blocks below `head`. A node that is on
    /// another branch than ours, or ahead of `head`, names a block that is not ours, or not yet.
    async fn finalized(&self, head: &Block) -> Result<Block, ChainError>;

    /// The headers of a range, in order, without gaps, each the next one's parent. `NoBlock` if one is not there.
    async fn headers(&self, range: RangeInclusive<u64>) -> Result<Vec<Header>, ChainError>;

    /// All events of a run of headers' blocks, in order: of these very blocks, not of others at their heights. An empty answer is
    /// believed only where it agrees with the header; one that leaves out some of a block's events is for the trail to notice.
    /// `NoBlock` if a block does not come within seconds.
    async fn events_of(&self, headers: &[Header]) -> Result<Vec<RawLog>, ChainError>;

    /// The events of final blocks, in order, fetched ahead of whoever reads. Ends after the first error.
    fn history(&self, range: RangeInclusive<u64>) -> BoxStream<'_, Result<Span, ChainError>>;

    /// The contract's events in a range, in order.
    async fn logs(&self, range: RangeInclusive<u64>) -> Result<Vec<RawLog>, ChainError>;

    /// The contract's `trail` of each subject at the end of a block, in the order asked. `NoState` if no endpoint holds that
    /// block's state any more: it cannot be asked for. `NoBlock` if the block was replaced.
    async fn trails(&self, subjects: &[Address], at: &Block) -> Result<Vec<Hash>, ChainError>;
}
