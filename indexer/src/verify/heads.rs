//! Where trails end, against the contract.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::chain::Chain;
use crate::model::{Address, Block, Hash};
use crate::replay::Wrong;

/// Compares where trails end with the contract's own at a block. The outer error: the contract could not be asked.
pub async fn check_heads(
    chain: &dyn Chain,
    heads: &BTreeMap<Address, Hash>,
    at: &Block,
) -> anyhow::Result<Result<(), Wrong>> {
    let subjects: Vec<Address> = heads.keys().copied().collect();
    let block = at.number;
    let theirs = chain.trails(&subjects, at).await.with_context(|| {
        format!("asking the contract for its trails at block {block} (the node must still hold that block's state)")
    })?;
    for ((subject, ours), theirs) in heads.iter().zip(theirs) {
        if *ours != theirs {
            let detail = format!("it ends at link {ours}, the contract's at {theirs} (block {block})");
            return Ok(Err(Wrong::of_trail(*subject, detail)));
        }
    }
    Ok(Ok(()))
}
