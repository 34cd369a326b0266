//! The RPC of Kubo (<https://docs.ipfs.tech/reference/kubo/rpc/>), which IPFS Cluster's proxy and our own node speak too.

use std::collections::HashMap;

use async_trait::async_trait;
use bytes::Bytes;
use cid::Cid;
use rand::Rng as _;
use reqwest::{Method, Response};
use serde::Deserialize;

use super::http::{self, MAX_ANSWER, Server, Token};
use crate::bytes::hex;
use crate::store::block::MAX_BLOCK;
use crate::store::{Block, RecordStore, Stat, StoreError, car_header, car_section, normal, parse_cid};

/// A node by its RPC.
#[derive(Debug, Clone)]
pub struct Kubo {
    name: String,
    server: Server,
}

impl Kubo {
    /// By the URL before `/api/v0`. Without a token only where the node asks for none.
    pub fn new(name: impl Into<String>, url: &str, token: Option<Token>) -> Result<Self, StoreError> {
        Ok(Kubo { name: name.into(), server: Server::new(url, token)? })
    }

    async fn call(&self, command: &str, query: &[(&str, &str)]) -> Result<Response, StoreError> {
        let path = format!("api/v0/{command}?{}", encoded(query));
        http::send(self.server.request(Method::POST, &path)?).await.map_err(in_kubos_words)
    }

    async fn call_for(&self, command: &str, cid: &Cid, more: &[(&str, &str)]) -> Result<Response, StoreError> {
        let arg = cid.to_string();
        let query = [&[("arg", arg.as_str())], more].concat();
        self.call(command, &query).await.map_err(|error| absent(error, cid))
    }

    async fn import(&self, blocks: &[Block]) -> Result<(), StoreError> {
        let Some(first) = blocks.first() else { return Ok(()) };
        let query = encoded(&[("pin-roots", "false"), ("stats", "true"), ("offline", "true")]);
        // Random: an author could put a known one into a record, and break its copying.
        let mut boundary = [0; 16];
        crate::system_rng().fill_bytes(&mut boundary);
        let boundary = hex(&boundary);
        let kind = format!("multipart/form-data; boundary={boundary}");
        let request = self.server.request(Method::POST, &format!("api/v0/dag/import?{query}"))?;
        let request = request.header("content-type", kind).body(form(&boundary, first.cid(), blocks));
        let answer = http::send(request).await.map_err(in_kubos_words)?;
        let lines = http::limited(answer, MAX_ANSWER, "an answer").await?;
        match imported(&lines)? {
            Some(kept) if kept == blocks.len() as u64 => Ok(()),
            Some(kept) => Err(StoreError::Protocol(format!("{} blocks were sent, and {kept} taken", blocks.len()))),
            // Nodes that know no `stats` are asked for each.
            None => {
                let cids: Vec<Cid> = blocks.iter().map(|block| *block.cid()).collect();
                self.missing(&cids).await?.first().map_or(Ok(()), |cid| Err(StoreError::Missing(*cid)))
            }
        }
    }

    async fn remove(&self, cid: &Cid) -> Result<(), StoreError> {
        let answer = self.call_for("block/rm", cid, &[("force", "true")]).await?;
        let body = http::limited(answer, MAX_ANSWER, "an answer").await?;
        let removed: Removed =
            serde_json::from_slice(&body).map_err(|error| StoreError::Protocol(error.to_string()))?;
        match removed.error {
            Some(message) if !message.is_empty() => Err(StoreError::Refused { status: 200, message }),
            _ => Ok(()),
        }
    }
}

#[derive(Deserialize)]
struct Removed {
    #[serde(rename = "Error")]
    error: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "Stats")]
    stats: Option<Stats>,
}

#[derive(Deserialize)]
struct Stats {
    #[serde(rename = "BlockCount")]
    blocks: u64,
}

#[derive(Deserialize)]
struct BlockStat {
    #[serde(rename = "Key")]
    key: String,
}

#[derive(Deserialize)]
struct Pins {
    #[serde(rename = "Pins")]
    pins: Vec<String>,
}

#[derive(Deserialize)]
struct Keys {
    #[serde(rename = "Keys", default)]
    keys: HashMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct RepoStat {
    #[serde(rename = "RepoSize")]
    bytes: u64,
    #[serde(rename = "NumObjects")]
    blocks: u64,
}

/// How many blocks an import took, from its lines, if they say.
fn imported(lines: &[u8]) -> Result<Option<u64>, StoreError> {
    for line in serde_json::Deserializer::from_slice(lines).into_iter::<Line>() {
        if let Some(stats) = line.map_err(|error| StoreError::Protocol(error.to_string()))?.stats {
            return Ok(Some(stats.blocks));
        }
    }
    Ok(None)
}

fn form(boundary: &str, root: &Cid, blocks: &[Block]) -> Bytes {
    let size: usize = blocks.iter().map(|block| block.data().len() + 64).sum();
    let mut body = Vec::with_capacity(size + 512);
    let part = "Content-Disposition: form-data; name=\"path\"; filename=\"record.car\"\r\nContent-Type: application/octet-stream";
    body.extend_from_slice(format!("--{boundary}\r\n{part}\r\n\r\n").as_bytes());
    body.extend(car_header(root));
    for block in blocks {
        body.extend(car_section(block));
        body.extend_from_slice(block.data());
    }
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    body.into()
}

/// All of these are letters, digits and `-`.
fn encoded(query: &[(&str, &str)]) -> String {
    query.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
}

/// Kubo says everything with status 500 and a text: what it says itself is no silence.
fn in_kubos_words(error: StoreError) -> StoreError {
    #[derive(Deserialize)]
    struct Words {
        #[serde(rename = "Message")]
        message: String,
    }
    match error {
        StoreError::Refused { status, message } => match serde_json::from_str::<Words>(&message) {
            Ok(words) => StoreError::Refused { status, message: words.message },
            Err(_) => StoreError::Refused { status, message },
        },
        error => error,
    }
}

/// In our node's words, and in Kubo's with `Datastore.HashOnRead`.
fn is_damage(message: &str) -> bool {
    message.contains("is damaged") || message.contains("different hash")
}

fn absent(error: StoreError, cid: &Cid) -> StoreError {
    match error {
        StoreError::Refused { status: 500, message }
            if message.contains("not found") || message.contains("could not find") =>
        {
            StoreError::Missing(*cid)
        }
        StoreError::Refused { status: 500, message } if is_damage(&message) => StoreError::Damaged(*cid),
        error => error,
    }
}

#[async_trait]
impl RecordStore for Kubo {
    fn name(&self) -> &str {
        &self.name
    }

    async fn get(&self, cid: &Cid) -> Result<Block, StoreError> {
        let answer = self.call_for("block/get", cid, &[("offline", "true")]).await?;
        Block::verified(*cid, http::limited(answer, MAX_BLOCK, "a block").await?)
    }

    async fn has(&self, cid: &Cid) -> Result<bool, StoreError> {
        match self.call_for("block/stat", cid, &[("offline", "true")]).await {
            Err(StoreError::Missing(_)) => Ok(false),
            Err(error) => Err(error),
            Ok(answer) => {
                let BlockStat { key } = http::json(answer).await?;
                same(cid, &key).map(|()| true)
            }
        }
    }

    async fn put(&self, blocks: &[Block]) -> Result<(), StoreError> {
        self.import(blocks).await
    }

    /// Kubo does not write a block that it has, and does not remove one that is pinned.
    async fn replace(&self, root: &Cid, block: &Block) -> Result<(), StoreError> {
        self.import(std::slice::from_ref(block)).await?;
        if self.get(block.cid()).await.is_ok() {
            return Ok(());
        }
        self.unpin(root).await?;
        self.remove(block.cid()).await?;
        self.import(std::slice::from_ref(block)).await
    }

    async fn pin(&self, root: &Cid) -> Result<(), StoreError> {
        let Pins { pins } = http::json(self.call_for("pin/add", root, &[("offline", "true")]).await?).await?;
        pins.first().map_or(Err(StoreError::Protocol("a pin without its CID".into())), |answered| same(root, answered))
    }

    async fn unpin(&self, root: &Cid) -> Result<(), StoreError> {
        match self.call_for("pin/rm", root, &[]).await {
            Err(StoreError::Refused { message, .. }) if message.contains("not pinned") => Ok(()),
            answer => answer.map(drop),
        }
    }

    async fn is_pinned(&self, root: &Cid) -> Result<bool, StoreError> {
        match self.call_for("pin/ls", root, &[("type", "recursive")]).await {
            Err(StoreError::Refused { message, .. }) if message.contains("not pinned") => Ok(false),
            answer => answer.map(|_| true),
        }
    }

    async fn list(&self) -> Result<Vec<Cid>, StoreError> {
        let Keys { keys } = http::json(self.call("pin/ls", &[("type", "recursive")]).await?).await?;
        // Pins of others in the same node may be anything.
        let mut cids: Vec<_> = keys.keys().filter_map(|key| parse_cid(key).ok()).collect();
        cids.sort_unstable();
        Ok(cids)
    }

    async fn stat(&self) -> Result<Stat, StoreError> {
        let RepoStat { bytes, blocks } = http::json(self.call("repo/stat", &[]).await?).await?;
        Ok(Stat { blocks, bytes })
    }
}

fn same(computed: &Cid, answered: &str) -> Result<(), StoreError> {
    match parse_cid(answered) {
        Ok(cid) if normal(&cid) == normal(computed) => Ok(()),
        _ => Err(StoreError::OtherCid { computed: *computed, answered: answered.chars().take(128).collect() }),
    }
}
