//! A block's receipts, as proof of what its logs are: together they make up the header's bloom.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::bloom::{Bits, Bloom};
use super::core::Core;
use super::error::ChainError;
use super::pool::ANSWER;
use super::refusal::Refusal;
use super::wire::{Call, NodeLog, Receipt};
use crate::model::{Header, RawLog};

/// What one endpoint says about a block whose events are missing.
pub enum Said {
    Events(Vec<RawLog>),
    /// Its receipts make up the header's bloom, and none of their logs is ours.
    Proven,
    /// Nothing, and it gives no receipts that would speak for or against it.
    Nothing,
    /// The receipts leave out logs that the header announces.
    Contradiction,
}

impl Core {
    /// Looks through the receipts that one endpoint gives.
    pub async fn by_receipts(&self, endpoint: usize, header: &Header, bloom: &Bloom) -> Result<Said, ChainError> {
        let node = self.pool.endpoint(endpoint);
        if !node.allows.receipts.load(Ordering::Relaxed) {
            return Ok(Said::Nothing);
        }
        let calls = [Call { method: "eth_getBlockReceipts", params: json!([header.block.hash]) }];
        let receipts = match node.ask::<Vec<Receipt>>(&calls, ANSWER).await {
            Ok(mut answers) => answers.pop().flatten().ok_or(ChainError::NoBlock(header.block.number))?,
            Err(ChainError::Refused { why: Refusal::Unsupported, .. }) => {
                node.allows.receipts.store(false, Ordering::Relaxed);
                return Ok(Said::Nothing);
            }
            Err(error) => return Err(error),
        };
        let logs = receipts.into_iter().flat_map(|receipt| receipt.logs);
        self.read_receipts(logs, header, bloom)
            .map_err(|detail| ChainError::nonsense(node.name(), "eth_getBlockReceipts", detail))
    }

    fn read_receipts(
        &self,
        logs: impl Iterator<Item = NodeLog>,
        header: &Header,
        bloom: &Bloom,
    ) -> Result<Said, String> {
        let mut sum = Bloom::EMPTY;
        let mut ours = Vec::new();
        for log in logs {
            if log.block_hash.0 != header.block.hash.0 {
                return Err(format!("receipts of another block {} than {}", header.block.number, header.block.hash));
            }
            sum.add(Bits::of(&log.address.0));
            log.topics.as_slice().iter().for_each(|topic| sum.add(Bits::of(&topic.0)));
            let followed = log.topics.as_slice().first().is_some_and(|topic| self.topics.contains(topic));
            if followed && log.is_from(self.contract) {
                ours.push(log.into_raw()?.0);
            }
        }
        Ok(match (ours.is_empty(), sum == *bloom) {
            (false, _) => Said::Events(ours),
            (true, true) => Said::Proven,
            // Chains with logs outside receipts: what allowed for events of ours is there, though, and is of others.
            (true, false) if self.blooms.wants(&sum) => Said::Nothing,
            (true, false) => Said::Contradiction,
        })
    }
}
