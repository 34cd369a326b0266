//! A node over JSON-RPC, in ethers' types on its side and the model's on ours.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use ethers::providers::{JsonRpcClient as _, Provider};
use ethers::types::{Block as EthersBlock, Filter, H160, H256, Log, U64};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Url;
use serde_json::{Value, json};

use super::transport::Transport;
use super::{Chain, ChainError};
use crate::model::{Address, Block, Hash, Moment, Position, RawLog, keccak256};

/// Headers asked for in one HTTP request, and such requests at once.
const BLOCKS_PER_BATCH: usize = 250;
const BATCHES_AT_ONCE: usize = 4;
/// Calls of `trail` in one HTTP request.
const TRAILS_PER_BATCH: usize = 100;

/// Chartkey's contract, seen through one node.
pub struct RpcChain {
    node: Provider<Transport>,
    contract: Address,
    topics: Vec<H256>,
    confirmations: u64,
}

impl RpcChain {
    /// `topics`: the signatures of the events to follow. `confirmations`: blocks after which one counts as final, where the
    /// node does not know the `finalized` tag.
    pub fn new(url: Url, contract: Address, topics: &[Hash], confirmations: u64) -> Result<Self, ChainError> {
        let node = Provider::new(Transport::new(url)?);
        let topics = topics.iter().map(|topic| H256(topic.0)).collect();
        Ok(RpcChain { node, contract, topics, confirmations })
    }

    /// EIP-155 chain id.
    pub async fn chain_id(&self) -> Result<u64, ChainError> {
        let id: U64 = self.request("eth_chainId", json!([])).await?;
        Ok(id.as_u64())
    }

    /// Whether there is code at the contract's address now.
    pub async fn has_code(&self) -> Result<bool, ChainError> {
        let code: ethers::types::Bytes = self.request("eth_getCode", json!([self.contract, "latest"])).await?;
        Ok(!code.is_empty())
    }

    /// The header of one block.
    pub async fn block(&self, number: u64) -> Result<Block, ChainError> {
        let found: Option<EthersBlock<H256>> = self.request("eth_getBlockByNumber", header_params(number)).await?;
        found.ok_or(ChainError::NoBlock(number)).and_then(block_from_node)
    }

    async fn request<R: serde::de::DeserializeOwned + Send>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<R, ChainError> {
        self.node.as_ref().request(method, params).await
    }

    async fn batch_of_blocks(&self, numbers: Vec<u64>) -> Result<Vec<Block>, ChainError> {
        let params = numbers.iter().copied().map(header_params).collect();
        let found: Vec<Option<EthersBlock<H256>>> = self.node.as_ref().batch("eth_getBlockByNumber", params).await?;
        let found = numbers.into_iter().zip(found);
        found.map(|(number, block)| block.ok_or(ChainError::NoBlock(number)).and_then(block_from_node)).collect()
    }

    async fn logs_once(&self, range: &RangeInclusive<u64>) -> Result<Vec<RawLog>, ChainError> {
        let filter = Filter::new()
            .address(H160(self.contract.0))
            .topic0(self.topics.clone())
            .from_block(*range.start())
            .to_block(*range.end());
        let logs: Vec<Log> = self.request("eth_getLogs", json!([filter])).await?;
        logs.into_iter().map(log_from_node).collect()
    }
}

#[async_trait]
impl Chain for RpcChain {
    async fn head(&self) -> Result<Block, ChainError> {
        let found: Option<EthersBlock<H256>> = self.request("eth_getBlockByNumber", json!(["latest", false])).await?;
        found.ok_or(ChainError::NoBlock(0)).and_then(block_from_node)
    }

    async fn finalized(&self, head: u64) -> Result<u64, ChainError> {
        let params = json!(["finalized", false]);
        match self.request::<Option<EthersBlock<H256>>>("eth_getBlockByNumber", params).await {
            Ok(Some(block)) => Ok(block_from_node(block)?.number),
            // Chains without finality do not know the tag: they answer with nothing or an error.
            Ok(None) | Err(ChainError::Refused { .. }) => Ok(head.saturating_sub(self.confirmations)),
            Err(e) => Err(e),
        }
    }

    async fn blocks(&self, range: RangeInclusive<u64>) -> Result<Vec<Block>, ChainError> {
        let numbers: Vec<u64> = range.collect();
        let batches: Vec<Vec<u64>> = numbers.chunks(BLOCKS_PER_BATCH).map(<[u64]>::to_vec).collect();
        let fetched = stream::iter(batches).map(|batch| self.batch_of_blocks(batch)).buffered(BATCHES_AT_ONCE);
        fetched.try_concat().await
    }

    async fn logs(&self, range: RangeInclusive<u64>) -> Result<Vec<RawLog>, ChainError> {
        let mut logs = Vec::new();
        let mut todo = vec![range];
        while let Some(range) = todo.pop() {
            match self.logs_once(&range).await {
                Ok(more) => logs.extend(more),
                // Nodes limit ranges and results, each with a code and words of its own: halve until it fits.
                Err(ChainError::Refused { .. }) if range.start() < range.end() => {
                    let middle = range.start() + (range.end() - range.start()) / 2;
                    todo.push(middle + 1..=*range.end());
                    todo.push(*range.start()..=middle);
                }
                Err(e) => return Err(e),
            }
        }
        logs.sort_by_key(|log| log.position);
        Ok(logs)
    }

    async fn trails(&self, subjects: &[Address], block: u64) -> Result<Vec<Hash>, ChainError> {
        let selector = &keccak256(b"trail(address)")[..4];
        let mut trails = Vec::with_capacity(subjects.len());
        for chunk in subjects.chunks(TRAILS_PER_BATCH) {
            let params = chunk.iter().map(|subject| {
                let data = ethers::types::Bytes::from([selector, &[0; 12], &subject.0].concat());
                json!([{ "to": self.contract, "data": data }, U64::from(block)])
            });
            let found: Vec<H256> = self.node.as_ref().batch("eth_call", params.collect()).await?;
            trails.extend(found.into_iter().map(|trail| Hash(trail.0)));
        }
        Ok(trails)
    }
}

fn header_params(number: u64) -> Value {
    json!([U64::from(number), false])
}

fn nonsense(method: &str, detail: impl Into<String>) -> ChainError {
    ChainError::Nonsense { method: method.into(), detail: detail.into() }
}

fn block_from_node(block: EthersBlock<H256>) -> Result<Block, ChainError> {
    let method = "eth_getBlockByNumber";
    let (Some(number), Some(hash)) = (block.number, block.hash) else {
        return Err(nonsense(method, "a block without number or hash"));
    };
    if block.timestamp > ethers::types::U256::from(u64::MAX) {
        return Err(nonsense(method, "a timestamp beyond 64 bits"));
    }
    let timestamp = Moment::from_unix(block.timestamp.as_u64()).map_err(|e| nonsense(method, e.0))?;
    Ok(Block { number: number.as_u64(), hash: Hash(hash.0), parent_hash: Hash(block.parent_hash.0), timestamp })
}

fn log_from_node(log: Log) -> Result<RawLog, ChainError> {
    let method = "eth_getLogs";
    let topics: Vec<Hash> = log.topics.iter().map(|topic| Hash(topic.0)).collect();
    let topics = topics.try_into().map_err(|_| nonsense(method, "an event without four topics"))?;
    let (Some(number), Some(index)) = (log.block_number, log.log_index.and_then(|i| u32::try_from(i).ok())) else {
        return Err(nonsense(method, "a log without block number or index"));
    };
    let (Some(block_hash), Some(transaction_hash)) = (log.block_hash, log.transaction_hash) else {
        return Err(nonsense(method, "a log without block or transaction hash"));
    };
    Ok(RawLog {
        position: Position { block_number: number.as_u64(), log_index: index },
        block_hash: Hash(block_hash.0),
        transaction_hash: Hash(transaction_hash.0),
        topics,
        data: log.data.to_vec(),
    })
}
