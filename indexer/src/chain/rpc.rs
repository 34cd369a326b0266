//! The chain over JSON-RPC.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use reqwest::Url;
use serde_json::json;

use super::core::{Core, header_by_tag};
use super::endpoint::Endpoint;
use super::error::ChainError;
use super::heads::{self, Heads};
use super::history;
use super::pool::{ANSWER, First, Pool};
use super::refusal::Refusal;
use super::wire::{Call, Data, NodeHeader, Quantity};
use super::{Chain, Span};
use crate::model::{Address, Block, Hash, Header, RawLog};

/// Which nodes to ask about which contract.
#[derive(Debug, Clone)]
pub struct RpcOptions {
    /// HTTP endpoints, at least one. Backfill is spread over all of them; the first that works is followed.
    pub rpc_urls: Vec<Url>,
    /// WebSocket endpoints for new heads. None: the ws(s) form of each of `rpc_urls` is tried.
    pub ws_urls: Vec<Url>,
    pub contract: Address,
    /// The signatures of the events to follow.
    pub topics: Vec<Hash>,
    /// Blocks after which one counts as final, where the node does not know the `finalized` tag.
    pub confirmations: u64,
    /// The most blocks in one `eth_getLogs`, for nodes that cut longer answers short. What nodes refuse is found out.
    pub max_block_range: u64,
    /// How often to ask for a new head where no subscription brings it.
    pub poll_interval: Duration,
    /// For one request with its answer. Ranges of logs that take longer are asked for in parts.
    pub timeout: Duration,
}

impl RpcOptions {
    /// One contract seen through some endpoints; the rest as `chartkey-indexer run` has it by default.
    pub fn new(rpc_urls: Vec<Url>, contract: Address, topics: Vec<Hash>) -> Self {
        RpcOptions {
            rpc_urls,
            ws_urls: Vec::new(),
            contract,
            topics,
            confirmations: 64,
            max_block_range: 1_000_000,
            poll_interval: Duration::from_millis(500),
            timeout: Duration::from_secs(30),
        }
    }
}

/// Chartkey's contract, seen through one or several endpoints.
pub struct RpcChain {
    core: Arc<Core>,
    heads: Arc<Heads>,
}

impl RpcChain {
    /// Prepares clients; does not connect. Fails if there is no endpoint, or the system gives no TLS.
    pub fn new(options: RpcOptions) -> Result<Self, ChainError> {
        let RpcOptions { rpc_urls, ws_urls, contract, topics, confirmations, max_block_range, poll_interval, timeout } =
            options;
        let sockets = if ws_urls.is_empty() { rpc_urls.iter().filter_map(socket_form).collect() } else { ws_urls };
        let endpoints = rpc_urls.into_iter().map(|url| Endpoint::new(url, timeout));
        let endpoints = endpoints.collect::<Result<Vec<_>, _>>()?;
        if endpoints.is_empty() {
            let cause = "no endpoint is given: expected at least one http(s) URL".into();
            return Err(ChainError::Unreachable { endpoint: "the chain".into(), cause });
        }
        let core = Arc::new(Core::new(Pool::new(endpoints), contract, &topics, confirmations, max_block_range));
        Ok(RpcChain { core, heads: Arc::new(Heads::new(poll_interval, sockets)) })
    }

    /// EIP-155 chain id.
    pub async fn chain_id(&self) -> Result<u64, ChainError> {
        Ok(self.one::<Quantity>("eth_chainId", json!([])).await?.0)
    }

    /// Whether there is code at the contract's address now.
    pub async fn has_code(&self) -> Result<bool, ChainError> {
        let code: Data = self.one("eth_getCode", json!([self.core.contract, "latest"])).await?;
        Ok(!code.0.is_empty())
    }

    /// The header of one block.
    pub async fn header(&self, number: u64) -> Result<Header, ChainError> {
        self.core.headers_at(&[number], First::Lead).await?.pop().ok_or(ChainError::NoBlock(number))
    }

    /// The blocks at these heights, wherever they are.
    pub async fn blocks(&self, numbers: &[u64]) -> Result<Vec<Block>, ChainError> {
        let headers = self.core.headers_at(numbers, First::Lead).await?;
        Ok(headers.into_iter().map(|header| header.block).collect())
    }

    async fn one<R: serde::de::DeserializeOwned>(
        &self,
        method: &'static str,
        params: serde_json::Value,
    ) -> Result<R, ChainError> {
        let read = |mut answers: Vec<Option<R>>, number: usize| {
            let name = self.core.pool.endpoint(number).name();
            answers.pop().flatten().ok_or_else(|| ChainError::nonsense(name, method, "no result"))
        };
        self.core.pool.ask(First::Lead, &[Call { method, params }], ANSWER, read).await
    }
}

/// The ws(s) form of an http(s) URL.
fn socket_form(url: &Url) -> Option<Url> {
    let mut socket = url.clone();
    socket.set_scheme(if url.scheme() == "https" { "wss" } else { "ws" }).ok()?;
    Some(socket)
}

#[async_trait]
impl Chain for RpcChain {
    async fn head(&self) -> Result<Header, ChainError> {
        heads::head(&self.core, &self.heads).await
    }

    async fn next_head(&self, known: Hash) -> Result<Header, ChainError> {
        heads::next_head(&self.core, &self.heads, known).await
    }

    async fn finalized(&self, head: &Block) -> Result<Block, ChainError> {
        let read = |mut answers: Vec<Option<NodeHeader>>, number: usize| {
            let wrong =
                |detail| ChainError::nonsense(self.core.pool.endpoint(number).name(), "eth_getBlockByNumber", detail);
            answers.pop().flatten().map(|header| header.block().map_err(wrong)).transpose()
        };
        let asked = self.core.pool.ask(First::Lead, &[header_by_tag("finalized")], ANSWER, read).await;
        match asked {
            Ok(Some(block)) => {
                self.core.knows_finality.store(true, Ordering::Relaxed);
                Ok(block)
            }
            // Chains without finality do not know the tag: they answer with nothing or an error. One that knew it once is
            // not such a chain, and what it calls final may be deeper than the confirmations.
            Ok(None)
            | Err(ChainError::Refused { why: Refusal::Unsupported | Refusal::MissingBlock | Refusal::Other, .. })
                if !self.core.knows_finality.load(Ordering::Relaxed) =>
            {
                let number = head.number.saturating_sub(self.core.confirmations);
                Ok(self.header(number).await?.block)
            }
            Ok(None) => Err(ChainError::nonsense(
                "a node",
                "eth_getBlockByNumber",
                "no finalized block, and there was one before",
            )),
            Err(e) => Err(e),
        }
    }

    async fn headers(&self, range: RangeInclusive<u64>) -> Result<Vec<Header>, ChainError> {
        self.core.headers(range).await
    }

    async fn events_of(&self, headers: &[Header]) -> Result<Vec<RawLog>, ChainError> {
        self.core.events_of(headers).await
    }

    fn history(&self, range: RangeInclusive<u64>) -> BoxStream<'_, Result<Span, ChainError>> {
        history::history(self.core.clone(), range)
    }

    async fn logs(&self, range: RangeInclusive<u64>) -> Result<Vec<RawLog>, ChainError> {
        let spans = self.core.spans(range, First::Any).await?;
        Ok(spans.into_iter().flat_map(|span| span.logs).collect())
    }

    async fn trails(&self, subjects: &[Address], at: &Block) -> Result<Vec<Hash>, ChainError> {
        self.core.trails(subjects, at).await
    }
}
