//! What is done at the chain's head: noting what is final, comparing trails that a backfill brought, and completing the headers
//! that it left out.

use super::{Known, Pump};
use crate::model::Header;
use crate::store::{self, Connection, StoreError};

/// Headers fetched at a time. Small: a new block does not wait long.
const HEADERS_PER_ROUND: u64 = 500;

/// Whether there is something to do without a new block.
pub(super) fn left(known: &Known) -> bool {
    known.unchecked || known.cursor.is_some_and(|cursor| known.headers_to.is_none_or(|to| to < cursor.number))
}

impl Pump<'_> {
    /// One piece of what is to do. The cursor is on the head's branch.
    pub(super) async fn chores(&mut self, head: &Header) -> anyhow::Result<()> {
        self.note_final(head).await?;
        let Some(known) = self.known.clone() else { return Ok(()) };
        let Some(cursor) = known.cursor else { return Ok(()) };
        if known.unchecked {
            return self.sweep(&cursor).await;
        }
        let next = known.headers_to.map_or(self.options.deployment_block, |to| to + 1);
        if next <= cursor.number {
            return self.fill_headers(next, cursor.number.min(next + HEADERS_PER_ROUND - 1)).await;
        }
        Ok(())
    }

    /// Notes the head, and what is final on its branch.
    pub(super) async fn note_final(&mut self, head: &Header) -> anyhow::Result<()> {
        let finalized = self.chain.finalized(&head.block).await?;
        // Of another branch, or of blocks that are not indexed yet, it says nothing about ours.
        let ours = self.holds(&finalized).await?;
        self.note_progress(head.block.number, ours.then_some(finalized.number), None).await
    }

    /// Stores headers of blocks without events, checked against those around them.
    async fn fill_headers(&mut self, first: u64, last: u64) -> anyhow::Result<()> {
        let headers = self.chain.headers(first..=last).await?;
        let mut tx = self.writer.begin().await?;
        let finalized = store::finalized(&mut tx).await?;
        let filled = match follows(&mut tx, &headers).await {
            Ok(()) => {
                let blocks: Vec<_> = headers.iter().map(|header| header.block).collect();
                store::fill_headers(&mut tx, &blocks).await
            }
            Err(refused) => Err(refused),
        };
        match filled {
            Ok(()) => tx.commit().await?,
            // The chain changed branch since its head was asked for; the next round finds the fork.
            Err(StoreError::Refused(_)) if last > finalized => {
                self.known = None;
                return Ok(());
            }
            Err(refused) => return Err(refused.into()),
        }
        if let Some(known) = &mut self.known {
            known.headers_to = Some(last);
        }
        Ok(())
    }
}

/// Whether headers continue the block stored before them.
async fn follows(db: &mut Connection, headers: &[Header]) -> Result<(), StoreError> {
    let Some(first) = headers.first() else { return Ok(()) };
    let Some(previous) = first.block.number.checked_sub(1) else { return Ok(()) };
    match store::blocks_between(db, previous, previous).await?.first() {
        Some(before) if before.hash != first.parent => Err(StoreError::Refused(format!(
            "the stored block {previous} is not the parent of the node's block {}: the index is of another chain than the node's",
            first.block.number
        ))),
        _ => Ok(()),
    }
}
