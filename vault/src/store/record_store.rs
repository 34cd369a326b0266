use async_trait::async_trait;
use cid::Cid;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::StoreError;
use super::block::Block;

/// What a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Stat {
    /// Blocks.
    pub blocks: u64,
    /// Their bytes, as the store counts.
    pub bytes: u64,
}

/// Questions to one store at the same time, of those that are many and small.
const AT_ONCE: usize = 8;

/// Somewhere records' blocks are kept. All methods may be called at the same time.
///
/// A method that returned has done it for good: blocks that `put` took survive a crash of the store, as far as the store's
/// protocol can say so. Nothing is taken from a store unverified: [`Block`] cannot be made otherwise.
#[async_trait]
pub trait RecordStore: Send + Sync {
    /// What the user calls it: unique among the stores of a configuration, without secrets.
    fn name(&self) -> &str;

    /// Whether blocks can be sent to it. Pinning services fetch them from elsewhere; gateways are for reading.
    fn takes_blocks(&self) -> bool {
        true
    }

    /// Whether it keeps what it was told to: everything but gateways.
    fn keeps(&self) -> bool {
        true
    }

    /// The block, if what came has its hash: else [`Damaged`](StoreError::Damaged). Never from other stores, where the
    /// protocol lets us say so.
    async fn get(&self, cid: &Cid) -> Result<Block, StoreError>;

    /// Whether it says that it has the block.
    async fn has(&self, cid: &Cid) -> Result<bool, StoreError>;

    /// Keeps these blocks, also those it has. At most some ten at once: they are in memory.
    async fn put(&self, blocks: &[Block]) -> Result<(), StoreError>;

    /// Puts a block in the place of a damaged one with the same CID, in a DAG that is pinned.
    async fn replace(&self, root: &Cid, block: &Block) -> Result<(), StoreError>;

    /// Keeps the whole DAG from now on. Fails if a part of it is not there.
    async fn pin(&self, root: &Cid) -> Result<(), StoreError>;

    /// No longer keeps it for its own sake. Not an error if it was not pinned.
    async fn unpin(&self, root: &Cid) -> Result<(), StoreError>;

    /// Whether the DAG is pinned.
    async fn is_pinned(&self, root: &Cid) -> Result<bool, StoreError>;

    /// The roots that are pinned.
    async fn list(&self) -> Result<Vec<Cid>, StoreError>;

    /// How much it holds.
    async fn stat(&self) -> Result<Stat, StoreError>;

    /// Those of `cids` that it says it has not, in their order.
    async fn missing(&self, cids: &[Cid]) -> Result<Vec<Cid>, StoreError> {
        let asked =
            stream::iter(cids.to_vec()).map(|cid| async move { self.has(&cid).await.map(|there| (cid, there)) });
        let answers: Vec<(Cid, bool)> = asked.buffered(AT_ONCE).try_collect().await?;
        Ok(answers.into_iter().filter_map(|(cid, there)| (!there).then_some(cid)).collect())
    }
}
