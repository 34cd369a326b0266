//! The chain, as a custodian sees it: by its own nodes, never the indexer's. What allows a release must be said by every
//! node that is configured; what one of them cannot say, nobody has said.

pub mod bindings;
mod events;
mod node;
mod send;
mod views;

use ethers::types::{H256, U64};
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;

use chartkey_vault::{Address, Domain};

use crate::typed::Hash;
pub use events::{Event, Granted, Located, Opened};
pub use node::Node;
pub use send::Sender;
pub use views::{GrantSlot, RecordSlot};

/// Why the chain does not tell. Nothing is released then.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    #[error("{node} cannot be reached: {why}")]
    Unreachable { node: String, why: String },
    #[error("{node} refuses {method}: {message}")]
    Refused { node: String, method: &'static str, message: String },
    #[error("{node} answers {method} with nonsense: {why}")]
    Nonsense { node: String, method: &'static str, why: String },
    #[error("no block {0}")]
    NoBlock(u64),
    #[error("the latest block is {age} seconds old, more than {most}: the node does not follow the chain")]
    Standing { age: u64, most: u64 },
    #[error("the chain replaced final block {0}")]
    FinalReplaced(u64),
    #[error("the chain moves faster than it can be read")]
    Moving,
    #[error("chain id {found}, not {expected}")]
    OtherChain { found: u64, expected: u64 },
}

/// A block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    pub number: u64,
    pub hash: Hash,
    pub timestamp: u64,
}

/// When a block is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finality {
    /// The node's own tag.
    Finalized,
    Safe,
    /// So many blocks below the latest.
    Blocks(u64),
}

impl std::str::FromStr for Finality {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "finalized" => Ok(Finality::Finalized),
            "safe" => Ok(Finality::Safe),
            number => number.parse().map(Finality::Blocks).map_err(|_| {
                format!("'{number}' is no finality: expected finalized, safe, or a number of confirmations")
            }),
        }
    }
}

#[derive(Deserialize)]
struct NodeBlock {
    number: U64,
    hash: H256,
    timestamp: U64,
}

impl From<NodeBlock> for Block {
    fn from(block: NodeBlock) -> Self {
        Block { number: block.number.as_u64(), hash: block.hash.0, timestamp: block.timestamp.as_u64() }
    }
}

/// The contract, through one or several nodes.
pub struct Chain {
    nodes: Vec<Node>,
    domain: Domain,
    finality: Finality,
}

impl Chain {
    /// At least one node. Does not connect.
    pub fn new(urls: Vec<Url>, domain: Domain, finality: Finality) -> Result<Self, ChainError> {
        let nodes = urls.into_iter().map(Node::new).collect::<Result<Vec<_>, _>>()?;
        if nodes.is_empty() {
            return Err(ChainError::Unreachable { node: "the chain".into(), why: "no node is configured".into() });
        }
        Ok(Chain { nodes, domain, finality })
    }

    /// The contract's EIP-712 domain.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The node that is followed.
    fn lead(&self) -> &Node {
        &self.nodes[0]
    }

    /// Fails if a node is of another chain.
    pub async fn check(&self) -> Result<(), ChainError> {
        for node in &self.nodes {
            let found: U64 = node.ask("eth_chainId", json!([])).await?;
            if found.as_u64() != self.domain.chain_id {
                return Err(ChainError::OtherChain { found: found.as_u64(), expected: self.domain.chain_id });
            }
        }
        Ok(())
    }

    pub async fn latest(&self) -> Result<Block, ChainError> {
        self.tagged("latest").await
    }

    /// The latest final block, as of a latest one.
    pub async fn final_block(&self, latest: &Block) -> Result<Block, ChainError> {
        match self.finality {
            Finality::Finalized => self.tagged("finalized").await,
            Finality::Safe => self.tagged("safe").await,
            Finality::Blocks(confirmations) => self.block(latest.number.saturating_sub(confirmations)).await,
        }
    }

    async fn tagged(&self, tag: &str) -> Result<Block, ChainError> {
        Ok(self.lead().ask::<NodeBlock>("eth_getBlockByNumber", json!([tag, false])).await?.into())
    }

    /// The block of a height, now.
    pub async fn block(&self, number: u64) -> Result<Block, ChainError> {
        let height = json!([U64::from(number), false]);
        let asked: Option<NodeBlock> = self.lead().ask("eth_getBlockByNumber", height).await?;
        asked.map(Block::from).ok_or(ChainError::NoBlock(number))
    }
}

/// From the vault's type to ethers'.
pub fn h160(address: Address) -> ethers::types::H160 {
    ethers::types::H160(address.0)
}
