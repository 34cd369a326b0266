//! Nodes, and whether they are on the chain that is meant.

use std::time::Duration;

use anyhow::bail;
use reqwest::Url;

use crate::chain::{Chain as _, ChainError, RpcChain, RpcOptions};
use crate::config::{Deployment, Node, Secret};
use crate::decode::topics;
use crate::model::Hash;

pub(super) fn connect(
    node: &Node,
    ws_url: &[Secret<Url>],
    deployment: &Deployment,
    poll_interval: Duration,
) -> Result<RpcChain, ChainError> {
    RpcChain::new(RpcOptions {
        ws_urls: exposed(ws_url),
        confirmations: node.confirmations,
        max_block_range: node.max_block_range,
        poll_interval,
        ..RpcOptions::new(exposed(&node.rpc_url), deployment.contract, topics())
    })
}

/// To ask about trails and blocks alone.
pub(super) fn connect_to_ask(rpc_url: &[Secret<Url>], deployment: &Deployment) -> Result<RpcChain, ChainError> {
    RpcChain::new(RpcOptions::new(exposed(rpc_url), deployment.contract, topics()))
}

fn exposed(urls: &[Secret<Url>]) -> Vec<Url> {
    urls.iter().map(|url| url.expose().clone()).collect()
}

/// Whether the node is on the chain that the deployment file names; returns its genesis block's hash.
pub(super) async fn check_chain(chain: &RpcChain, deployment: &Deployment) -> anyhow::Result<Hash> {
    let chain_id = chain.chain_id().await?;
    if chain_id != deployment.chain_id {
        bail!("the node is on chain {chain_id}, the deployment file on chain {}", deployment.chain_id);
    }
    let head = chain.head().await?.block.number;
    if head < deployment.block {
        return Err(ChainError::NoBlock(deployment.block).into());
    }
    if !chain.has_code().await? {
        bail!(
            "there is no contract at {} on chain {chain_id}: is the deployment file of this chain?",
            deployment.contract
        );
    }
    Ok(chain.header(0).await?.block.hash)
}
