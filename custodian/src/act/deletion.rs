//! Deletions: what has ended by final state is deleted, and that is written down.

use super::{Custodian, View, now};
use crate::leaf::Leaf;
use crate::refusal::Refusal;
use crate::store::{self, Due, Kept};
use crate::typed::DeletionReceipt;
use chartkey_vault::GrantId;

impl Custodian {
    /// Deletes the shares of every grant that has ended; says of how many.
    pub async fn delete_ended(&self, view: &View) -> Result<usize, Refusal> {
        let mut deleted = 0;
        loop {
            let mut db = self.pool.acquire().await?;
            let (block, time) = (view.settled.number, view.settled.timestamp);
            let mut due = store::due(&mut db, (block, time)).await?;
            let before = now().saturating_sub(self.settings.unclaimed_after);
            due.extend(store::sweepable(&mut db, before, block).await?);
            drop(db);
            if due.is_empty() {
                return Ok(deleted);
            }
            for due in due {
                self.delete(&due).await?;
                deleted += 1;
            }
        }
    }

    async fn delete(&self, due: &Due) -> Result<(), Refusal> {
        let mut transaction = self.pool.begin().await?;
        let mut log = store::lock(&mut transaction).await?;
        let shares = store::delete(&mut transaction, due.grant).await?;
        let receipt = DeletionReceipt {
            custodian: self.address(),
            grant: due.grant,
            reason: due.end.byte(),
            block: due.block,
            shares,
            deleted_at: now(),
        };
        let signature = self.keys.sign(receipt.hash(self.domain()));
        let leaf = store::append(&mut transaction, &mut log, &Leaf::Deletion { receipt, signature }).await?;
        if Kept::keep(&mut transaction, &receipt, leaf).await? {
            transaction.commit().await?;
        }
        Ok(())
    }

    /// The receipt of a deletion that was done, and its leaf's place.
    pub async fn deletion_receipt(&self, grant: GrantId) -> Result<(DeletionReceipt, [u8; 65], u64), Refusal> {
        let mut db = self.pool.acquire().await?;
        let kept = store::deletion_of(&mut db, grant).await?.ok_or(Refusal::NothingKept)?;
        let Kept { end, block, shares, deleted_at, leaf } = kept;
        let receipt =
            DeletionReceipt { custodian: self.address(), grant, reason: end.byte(), block, shares, deleted_at };
        // The same hash gets the same signature: it is the one in the leaf.
        Ok((receipt, self.keys.sign(receipt.hash(self.domain())), leaf))
    }
}
