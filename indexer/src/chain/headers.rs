//! Headers, in batches.

use std::ops::RangeInclusive;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::core::{Core, header_by_hash, header_by_number};
use super::error::ChainError;
use super::pool::{ANSWER, First};
use super::wire::{Call, NodeHeader};
use crate::model::{Hash, Header};

/// Headers in one request, and such requests at once.
const PER_REQUEST: usize = 100;
const AT_ONCE: usize = 8;
/// Tries at a range whose headers do not follow each other: the chain may have changed branch in between.
const TRIES: usize = 3;

impl Core {
    /// The headers of a range, each the next one's parent.
    pub async fn headers(&self, range: RangeInclusive<u64>) -> Result<Vec<Header>, ChainError> {
        let numbers: Vec<u64> = range.collect();
        // Other endpoints may be on other branches: few headers come from one.
        let mut first = if numbers.len() > PER_REQUEST { First::Any } else { First::Lead };
        let mut tries = 0;
        loop {
            let headers = self.headers_at(&numbers, first).await?;
            let torn = headers.windows(2).find(|pair| pair[1].parent != pair[0].block.hash);
            match torn {
                None => return Ok(headers),
                Some(_) if tries < TRIES => (tries, first) = (tries + 1, First::Lead),
                Some(pair) => {
                    let detail = format!("block {} does not follow the one before it", pair[1].block.number);
                    let name = self.pool.endpoint(self.pool.lead()).name();
                    return Err(ChainError::nonsense(name, "eth_getBlockByNumber", detail));
                }
            }
        }
    }

    /// The headers at these heights.
    pub async fn headers_at(&self, numbers: &[u64], first: First) -> Result<Vec<Header>, ChainError> {
        let batches: Vec<Vec<u64>> = numbers.chunks(PER_REQUEST).map(<[u64]>::to_vec).collect();
        let fetched = stream::iter(batches).map(|batch| async move { self.batch(&batch, first).await });
        fetched.buffered(AT_ONCE).try_concat().await
    }

    async fn batch(&self, numbers: &[u64], first: First) -> Result<Vec<Header>, ChainError> {
        let calls: Vec<Call> = numbers.iter().copied().map(header_by_number).collect();
        let read = |answers: Vec<Option<NodeHeader>>, at: usize| {
            let wrong = |detail| ChainError::nonsense(self.pool.endpoint(at).name(), "eth_getBlockByNumber", detail);
            let found = numbers.iter().zip(answers).map(|(number, found)| {
                let header = self.header(&found.ok_or(ChainError::NoBlock(*number))?).map_err(wrong)?;
                if header.block.number != *number {
                    return Err(wrong(format!("block {} in place of {number}", header.block.number)));
                }
                Ok(header)
            });
            found.collect()
        };
        self.pool.ask(first, &calls, ANSWER, read).await
    }

    /// The block of this hash, if a node has it.
    pub async fn node_header(&self, hash: Hash) -> Result<Option<NodeHeader>, ChainError> {
        let read = |mut answers: Vec<Option<NodeHeader>>, _| Ok(answers.pop().flatten());
        self.pool.ask(First::Lead, &[header_by_hash(hash)], ANSWER, read).await
    }
}
