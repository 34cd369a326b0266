//! Finding where the index and the chain part.

use crate::chain::Chain;
use crate::model::Block;
use crate::store::{self, Connection};

/// Blocks compared at a time, going back.
const STRIDE: u64 = 32;

/// The latest block that the index and the chain share. `None`: not even the deployment's.
pub(super) async fn find(
    chain: &dyn Chain,
    db: &mut Connection,
    cursor: &Block,
    head: &Block,
) -> anyhow::Result<Option<Block>> {
    let mut last = cursor.number.min(head.number);
    loop {
        let first = last.saturating_sub(STRIDE - 1);
        let ours = store::blocks_between(db, first, last).await?;
        let (Some(oldest), Some(newest)) = (ours.first(), ours.last()) else { return Ok(None) };
        let theirs = chain.blocks(oldest.number..=newest.number).await?;
        let shared = ours.iter().zip(&theirs).rev().find(|(our, their)| our.hash == their.hash);
        if let Some((block, _)) = shared {
            return Ok(Some(*block));
        }
        if first == 0 {
            return Ok(None);
        }
        last = first - 1;
    }
}
