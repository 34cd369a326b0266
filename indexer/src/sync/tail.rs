//! What is not final yet, and what is new: with every header, and every trail compared with the contract's before a row of it is
//! stored.

use std::collections::HashMap;

use anyhow::bail;
use tracing::{instrument, warn};

use super::step::{Linked, Step, read};
use super::{Pump, fork};
use crate::model::{Address, Block, Hash, Header};
use crate::store;

/// Blocks in one step.
const BLOCKS_PER_STEP: u64 = 256;

impl Pump<'_> {
    /// Indexes the next blocks up to a head, or as many as one step holds.
    pub(super) async fn follow_tail(&mut self, next: u64, head: &Header, cursor: Option<Block>) -> anyhow::Result<()> {
        let last = head.block.number.min(next.saturating_add(BLOCKS_PER_STEP - 1));
        if next > last {
            return self.note_progress(head.block.number, None, None).await;
        }
        let headers = self.chain.headers(next..=last).await?;
        match cursor {
            Some(cursor) if headers.first().map(|header| header.parent) != Some(cursor.hash) => {
                self.switch_branch(&cursor, head).await
            }
            _ => self.extend(headers, head).await,
        }
    }

    /// Appends blocks that follow the cursor.
    pub(super) async fn extend(&mut self, headers: Vec<Header>, head: &Header) -> anyhow::Result<()> {
        self.store_branch(None, headers, head).await
    }

    /// Replaces the blocks after the fork by the head's branch, which is in hand before the first row is touched.
    pub(super) async fn switch_branch(&mut self, cursor: &Block, head: &Header) -> anyhow::Result<()> {
        let fork = {
            let mut tx = self.writer.begin().await?;
            fork::find(self.chain, &mut tx, cursor, head).await?
        };
        let first = fork.map_or(self.options.deployment_block, |block| block.number + 1);
        self.refuse_rewriting_final(first).await?;
        let last = head.block.number.min(first.saturating_add(BLOCKS_PER_STEP - 1));
        let branch = if first <= last { self.chain.headers(first..=last).await? } else { Vec::new() };
        let parent = branch.first().map(|header| header.parent);
        if fork.is_some() && parent.is_some() && parent != fork.map(|block| block.hash) {
            // The chain changed branch again meanwhile; the next round finds the fork.
            return Ok(());
        }
        warn!(
            depth = cursor.number + 1 - first,
            from_block = first,
            old_head = cursor.number,
            new_head = head.block.number,
            "the chain was reorganised: replacing blocks"
        );
        self.store_branch(Some(first), branch, head).await
    }

    /// Withdraws and appends in one transaction, cursor included.
    #[instrument(name = "index", skip_all, fields(blocks = headers.len(), head = head.block.number))]
    async fn store_branch(
        &mut self,
        withdraw_from: Option<u64>,
        headers: Vec<Header>,
        head: &Header,
    ) -> anyhow::Result<()> {
        let logs = read(self.chain.events_of(&headers).await?).await?;
        let step = Step { blocks: headers.iter().map(|header| header.block).collect(), logs };
        let linked = if step.blocks.is_empty() {
            None
        } else {
            let heads = self.heads_after(withdraw_from, &step.subjects()).await?;
            Some(step.link(self.options.domain, heads).await?)
        };
        let unchecked = match &linked {
            Some(linked) => !self.compare(linked).await?,
            None => false,
        };
        self.commit(withdraw_from, linked, unchecked, head).await
    }

    async fn commit(
        &mut self,
        withdraw_from: Option<u64>,
        linked: Option<Linked>,
        unchecked: bool,
        head: &Header,
    ) -> anyhow::Result<()> {
        let mut tx = self.writer.begin().await?;
        if let Some(first) = withdraw_from {
            store::withdraw(&mut tx, first).await?;
        }
        if let Some(linked) = &linked {
            store::append(&mut tx, &linked.batch).await?;
            if unchecked {
                store::mark_unchecked(&mut tx, linked.first_block).await?;
            }
        }
        store::write_progress(&mut tx, head.block.number, None, None).await?;
        tx.commit().await?;
        let Some(linked) = linked.filter(|_| withdraw_from.is_none()) else {
            // What a withdrawal left is read again.
            self.known = None;
            return Ok(());
        };
        self.committed(linked.last, unchecked);
        if let Some(known) = &mut self.known
            && known.headers_to.map_or(self.options.deployment_block, |to| to + 1) == linked.first_block
        {
            known.headers_to = Some(linked.last.number);
        }
        if linked.last.hash != head.block.hash {
            return Ok(());
        }
        self.note_final(head).await?;
        if self.known.as_ref().is_some_and(|known| !known.unchecked) { self.patrol(&head.block).await } else { Ok(()) }
    }

    /// Where trails stand before a step; if it replaces blocks, without those.
    async fn heads_after(
        &mut self,
        withdraw_from: Option<u64>,
        subjects: &[Address],
    ) -> anyhow::Result<HashMap<Address, Hash>> {
        let Some(first) = withdraw_from else { return self.heads(subjects).await };
        // Tried, and rolled back: the node is asked about the branch before anything changes.
        let mut tx = self.writer.begin().await?;
        store::withdraw(&mut tx, first).await?;
        Ok(store::trail_heads(&mut tx, subjects).await?)
    }

    /// What was final is never rewritten: either the node is on another chain or finality was broken, and a person must look.
    async fn refuse_rewriting_final(&mut self, first: u64) -> anyhow::Result<()> {
        let mut tx = self.writer.begin().await?;
        let finalized = store::finalized(&mut tx).await?;
        if first <= finalized {
            bail!(
                "the node's chain differs from the index at block {first}, which was final (up to {finalized}): nothing was \
                 changed. If the node is right (a private chain was restarted), start with an empty database"
            );
        }
        Ok(())
    }
}
