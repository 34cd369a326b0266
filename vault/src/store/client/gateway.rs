//! Trustless gateways (<https://specs.ipfs.tech/http-gateways/trustless-gateway/>), for reading.

use async_trait::async_trait;
use cid::Cid;
use reqwest::{Method, StatusCode, header};

use super::http::{self, Server, Token};
use crate::store::block::MAX_BLOCK;
use crate::store::{Block, CarParser, RecordStore, Stat, StoreError};

/// A gateway by its URL.
#[derive(Debug, Clone)]
pub struct Gateway {
    name: String,
    server: Server,
}

const READS_ONLY: StoreError = StoreError::Unsupported("do that: gateways are for reading");

impl Gateway {
    /// By the URL before `/ipfs`. Some want a token.
    pub fn new(name: impl Into<String>, url: &str, token: Option<Token>) -> Result<Self, StoreError> {
        Ok(Gateway { name: name.into(), server: Server::new(url, token)? })
    }

    /// The whole DAG in one answer, each block verified before `take` has it, in the order in which the gateway sends. The
    /// caller decides what it accepts: a gateway may send blocks of other DAGs.
    pub async fn car(
        &self,
        root: &Cid,
        mut take: impl FnMut(Block) -> Result<(), StoreError> + Send,
    ) -> Result<(), StoreError> {
        let request = self.server.request(Method::GET, &format!("ipfs/{root}?format=car"))?;
        let request = request.header(header::ACCEPT, "application/vnd.ipld.car; version=1; order=dfs; dups=n");
        let mut answer = http::send(request).await.map_err(|error| absent(error, root))?;
        let mut car = CarParser::new();
        while let Some(piece) = answer.chunk().await.map_err(http::unreachable)? {
            car.push(&piece);
            while let Some(block) = car.next_block()? {
                take(block)?;
            }
        }
        car.finish()
    }
}

fn absent(error: StoreError, cid: &Cid) -> StoreError {
    match error {
        StoreError::Refused { status: 404 | 410, .. } => StoreError::Missing(*cid),
        // The status by which our own node says so, and others that they have a fault of their own.
        StoreError::Refused { status, message } if status >= 500 => {
            StoreError::Unreachable(format!("status {status}: {message}"))
        }
        error => error,
    }
}

#[async_trait]
impl RecordStore for Gateway {
    fn name(&self) -> &str {
        &self.name
    }

    fn takes_blocks(&self) -> bool {
        false
    }

    fn keeps(&self) -> bool {
        false
    }

    async fn get(&self, cid: &Cid) -> Result<Block, StoreError> {
        let request = self.server.request(Method::GET, &format!("ipfs/{cid}?format=raw"))?;
        let request = request.header(header::ACCEPT, "application/vnd.ipld.raw");
        let answer = http::send(request).await.map_err(|error| absent(error, cid))?;
        if answer.status() != StatusCode::OK {
            return Err(StoreError::Protocol(format!("status {} for a block", answer.status())));
        }
        Block::verified(*cid, http::limited(answer, MAX_BLOCK, "a block").await?)
    }

    async fn has(&self, cid: &Cid) -> Result<bool, StoreError> {
        let request = self.server.request(Method::HEAD, &format!("ipfs/{cid}?format=raw"))?;
        match http::send(request).await.map_err(|error| absent(error, cid)) {
            Err(StoreError::Missing(_)) => Ok(false),
            answer => answer.map(|_| true),
        }
    }

    async fn put(&self, _blocks: &[Block]) -> Result<(), StoreError> {
        Err(READS_ONLY)
    }

    async fn replace(&self, _root: &Cid, _block: &Block) -> Result<(), StoreError> {
        Err(READS_ONLY)
    }

    async fn pin(&self, _root: &Cid) -> Result<(), StoreError> {
        Err(READS_ONLY)
    }

    async fn unpin(&self, _root: &Cid) -> Result<(), StoreError> {
        Err(READS_ONLY)
    }

    async fn is_pinned(&self, _root: &Cid) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn list(&self) -> Result<Vec<Cid>, StoreError> {
        Err(READS_ONLY)
    }

    async fn stat(&self) -> Result<Stat, StoreError> {
        Err(READS_ONLY)
    }
}
