//! Finding where the index and the chain part.

use crate::chain::Chain;
use crate::model::{Block, Header};
use crate::store::{self, Connection};

/// Blocks compared at a time, going back.
const STRIDE: u64 = 32;

/// The latest stored block that is on a head's branch. `None`: not even the deployment's. What is final is not compared any further
/// than needed: its first difference is enough to refuse.
pub(super) async fn find(
    chain: &dyn Chain,
    db: &mut Connection,
    cursor: &Block,
    head: &Header,
) -> anyhow::Result<Option<Block>> {
    let finalized = store::finalized(db).await?;
    let mut last = cursor.number.min(head.block.number);
    loop {
        let first = last.saturating_sub(STRIDE - 1);
        let ours = store::blocks_between(db, first, last).await?;
        for our in ours.iter().rev() {
            let theirs = chain.headers(our.number..=our.number).await?;
            if theirs.first().is_some_and(|their| their.block.hash == our.hash) {
                return Ok(Some(*our));
            }
            if our.number <= finalized {
                return Ok(None);
            }
        }
        if first == 0 {
            return Ok(None);
        }
        last = first - 1;
    }
}
