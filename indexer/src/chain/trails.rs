//! The contract's `trail` of many subjects, at one block.

use std::sync::atomic::Ordering;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};

use super::core::{Core, header_by_number};
use super::error::ChainError;
use super::pool::{ANSWER, First};
use super::refusal::Refusal;
use super::wire::{Call, Hex, NodeHeader};
use crate::model::{Address, Block, Hash, keccak256};

/// Subjects in one request, and such requests at once.
const PER_REQUEST: usize = 100;
const AT_ONCE: usize = 8;

impl Core {
    /// Each subject's latest link at the end of the block, in the order asked.
    pub async fn trails(&self, subjects: &[Address], at: &Block) -> Result<Vec<Hash>, ChainError> {
        let batches: Vec<Vec<Address>> = subjects.chunks(PER_REQUEST).map(<[Address]>::to_vec).collect();
        let fetched = stream::iter(batches).map(|batch| async move {
            // The block was announced or even fetched, so it should be there.
            self.patiently(|| self.batch_of_trails(&batch, at)).await
        });
        fetched.buffered(AT_ONCE).try_concat().await
    }

    async fn batch_of_trails(&self, subjects: &[Address], at: &Block) -> Result<Vec<Hash>, ChainError> {
        let number = self.pool.choose(First::Lead, &[]);
        let by_hash = &self.pool.endpoint(number).allows.calls_by_hash;
        if by_hash.load(Ordering::Relaxed) {
            let place = json!({ "blockHash": at.hash, "requireCanonical": false });
            match self.calls(subjects, &place, at, First::This(number), None).await {
                Err(ChainError::Refused { why: Refusal::Unsupported, .. }) => {
                    by_hash.store(false, Ordering::Relaxed);
                }
                done => return done,
            }
        }
        // The height must still hold that very block afterwards.
        let place = json!(format!("{:#x}", at.number));
        self.calls(subjects, &place, at, First::This(number), Some(header_by_number(at.number))).await
    }

    async fn calls(
        &self,
        subjects: &[Address],
        place: &Value,
        at: &Block,
        first: First,
        guard: Option<Call>,
    ) -> Result<Vec<Hash>, ChainError> {
        let selector = &keccak256(b"trail(address)")[..4];
        let calls = subjects.iter().map(|subject| {
            let data = ethers::types::Bytes::from([selector, &[0; 12], &subject.0].concat());
            Call { method: "eth_call", params: json!([{ "to": self.contract, "data": data }, place]) }
        });
        let read = |answers: Vec<Option<Hex<32>>>, number: usize| {
            let links: Option<Vec<Hash>> = answers.into_iter().map(|link| Some(Hash(link?.0))).collect();
            let name = self.pool.endpoint(number).name();
            let links = links.ok_or_else(|| ChainError::nonsense(name, "eth_call", "no result"))?;
            Ok((links, number))
        };
        let asked = self.pool.ask(first, &calls.collect::<Vec<_>>(), ANSWER, read).await;
        let (links, number) = asked.map_err(|error| lost(error, at))?;
        if let Some(guard) = guard {
            let read =
                |mut answers: Vec<Option<NodeHeader>>, _| answers.pop().flatten().ok_or(ChainError::NoBlock(at.number));
            let header = self.pool.ask(First::This(number), &[guard], ANSWER, read).await?;
            if self.header(&header).is_ok_and(|header| header.block.hash != at.hash) {
                return Err(ChainError::NoBlock(at.number));
            }
        }
        Ok(links)
    }
}

/// Tells that the state is gone from that a node is ill.
fn lost(error: ChainError, at: &Block) -> ChainError {
    match error {
        ChainError::Refused { why: Refusal::NoState, message, .. } => ChainError::NoState { block: at.number, message },
        ChainError::Refused { why: Refusal::MissingBlock, .. } => ChainError::NoBlock(at.number),
        other => other,
    }
}
