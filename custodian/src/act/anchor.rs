//! Heads on chain. The contract has no place for them, so they are data of a transaction of the custodian's account to
//! itself (docs/decisions/0045): dated by the chain, and found by anybody who knows the account.

use super::Custodian;
use crate::refusal::Refusal;
use crate::store;
use crate::typed::TreeHead;

/// `"chartkey/v1/head" ‖ 00 ‖ u64 size ‖ root[32] ‖ u64 time ‖ signature[65]`.
pub fn calldata(head: &TreeHead, signature: &[u8; 65]) -> Vec<u8> {
    [&b"chartkey/v1/head\0"[..], &head.size.to_be_bytes(), &head.root, &head.signed_at.to_be_bytes(), signature]
        .concat()
}

impl Custodian {
    /// Sends the log's head to the chain if the log has grown, or if the last one was lost. True: it was sent.
    pub async fn anchor(&self) -> Result<bool, Refusal> {
        let mut db = self.pool.acquire().await?;
        let size = store::log_size(&mut db).await?;
        if let Some((anchored, transaction)) = store::last_anchor(&mut db).await?
            && anchored == size
            && self.sender.is_mined(&self.chain, transaction).await? == Some(true)
        {
            return Ok(false);
        }
        if size == 0 {
            return Ok(false);
        }
        let (head, signature) = self.head_of(&mut db, size).await?;
        let transaction = self.sender.anchor(&self.chain, &self.keys, calldata(&head, &signature)).await?;
        store::write_anchor(&mut db, &head, transaction).await?;
        Ok(true)
    }
}
