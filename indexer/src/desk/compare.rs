//! What is replayed against the chain, for those who have a node.

use std::collections::BTreeMap;

use anyhow::ensure;

use super::source::{At, Told};
use crate::chain::RpcChain;
use crate::config::Asked;
use crate::model::view::AsOf;
use crate::model::{Address, Block, Hash, TrailDomain};
use crate::replay::Wrong;
use crate::verify::check_heads;

/// The node to compare with, and the contract that is asked about.
#[derive(Clone, Copy)]
pub struct Compare<'a> {
    /// `None`: nothing is compared with the chain.
    pub chain: Option<&'a RpcChain>,
    /// As the deployment file has it. `None`: whatever the source is about.
    pub domain: Option<TrailDomain>,
}

impl Compare<'_> {
    /// Whether the whole history is needed, whatever is asked about: trails are compared where they end.
    pub(super) fn needs_all(&self) -> bool {
        self.chain.is_some()
    }

    /// What trails start from: as the deployment file has it.
    pub(super) fn domain(&self, told: &Told) -> anyhow::Result<TrailDomain> {
        let domain = self.domain.unwrap_or(told.domain);
        ensure!(
            domain == told.domain,
            "the source tells of contract {} on chain {}, the deployment file of {} on chain {}",
            told.domain.contract,
            told.domain.chain_id,
            domain.contract,
            domain.chain_id
        );
        Ok(domain)
    }

    /// Where trails end against the contract's, at the block as of which they were told. Says whether it was done.
    pub(super) async fn check(&self, heads: &BTreeMap<Address, Hash>, as_of: &AsOf) -> anyhow::Result<()> {
        let AsOf { block_number: number, block_hash: hash, timestamp, .. } = *as_of;
        let Some(chain) = self.chain else {
            eprintln!(
                "links recomputed up to block {number}; not compared with the chain (--rpc and --deployment would)"
            );
            return Ok(());
        };
        let told = Block { number, hash, timestamp };
        let ours = chain.header(number).await?.block;
        ensure!(
            ours == told,
            "block {number} is {} of {} to the node, {hash} of {timestamp} to the source: ask again if the chain just changed branch",
            ours.hash,
            ours.timestamp
        );
        check_heads(chain, heads, &told).await??;
        eprintln!(
            "links recomputed and compared with the chain at block {number}: {} trails as the contract has them",
            heads.len()
        );
        Ok(())
    }

    /// The time of a block is the chain's to say.
    pub(super) async fn check_time(&self, asked: Asked, at: At) -> anyhow::Result<()> {
        let Some(chain) = self.chain else { return Ok(()) };
        let ours = chain.header(at.block).await?.block.timestamp;
        let fits = if matches!(asked, Asked::Time(_)) { ours <= at.time } else { ours == at.time };
        if fits {
            return Ok(());
        }
        let detail = format!("expected block {} to be of {ours}, got {}", at.block, at.time);
        Err(Wrong::of_blocks(detail).into())
    }
}
