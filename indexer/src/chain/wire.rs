//! JSON as nodes write it, read straight into our types: no tree of values in between, no string per field.

use std::fmt;

use serde::de::{Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bloom::Bloom;
pub use super::hex::{Data, Hex, Quantity};
use crate::model::{Address, Block, Hash, Moment, Position, RawLog};

/// One question.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: &'static str,
    pub params: Value,
}

/// A question as it is sent.
#[derive(Serialize)]
pub struct Request<'a> {
    pub jsonrpc: &'static str,
    pub id: u64,
    pub method: &'static str,
    pub params: &'a Value,
}

/// An answer as it comes. `null` and a missing result are the same.
#[derive(Deserialize)]
#[serde(bound = "R: Deserialize<'de>")]
pub struct Answer<R> {
    #[serde(default)]
    pub id: Option<u64>,
    #[serde(default = "Option::default")]
    pub result: Option<R>,
    pub error: Option<NodeError>,
}

#[derive(Debug, Deserialize)]
pub struct NodeError {
    #[serde(default)]
    pub code: i64,
    #[serde(default)]
    pub message: String,
}

/// At most four topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topics {
    all: [Hash; 4],
    count: usize,
}

impl Topics {
    pub fn as_slice(&self) -> &[Hash] {
        &self.all[..self.count]
    }
}

struct UpToFour;

impl<'de> Visitor<'de> for UpToFour {
    type Value = Topics;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("at most four topics")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Topics, A::Error> {
        let mut topics = Topics { all: [Hash::default(); 4], count: 0 };
        while topics.count < 4 {
            let Some(topic) = seq.next_element::<Hex<32>>()? else { return Ok(topics) };
            topics.all[topics.count] = Hash(topic.0);
            topics.count += 1;
        }
        match seq.next_element::<IgnoredAny>()? {
            None => Ok(topics),
            Some(_) => Err(A::Error::invalid_length(5, &self)),
        }
    }
}

impl<'de> Deserialize<'de> for Topics {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_seq(UpToFour)
    }
}

/// A log of any contract.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeLog {
    pub address: Hex<20>,
    pub topics: Topics,
    pub data: Data,
    pub block_number: Quantity,
    pub block_hash: Hex<32>,
    pub transaction_hash: Hex<32>,
    pub log_index: Quantity,
    /// Seconds, from the nodes that give it.
    #[serde(default)]
    pub block_timestamp: Option<Quantity>,
    #[serde(default)]
    pub removed: bool,
}

impl NodeLog {
    pub fn is_from(&self, contract: Address) -> bool {
        self.address.0 == contract.0
    }

    /// The log as ours, with its time in seconds. Fails for what no event of Chartkey is.
    pub fn into_raw(self) -> Result<(RawLog, Option<u64>), String> {
        if self.topics.count != 4 {
            return Err(format!("an event with {} topics: expected 4", self.topics.count));
        }
        if self.removed {
            return Err("a removed log".into());
        }
        let log_index = u32::try_from(self.log_index.0).map_err(|_| "a log index beyond 32 bits")?;
        let log = RawLog {
            position: Position { block_number: self.block_number.0, log_index },
            block_hash: Hash(self.block_hash.0),
            transaction_hash: Hash(self.transaction_hash.0),
            topics: self.topics.all,
            data: self.data.0,
        };
        Ok((log, self.block_timestamp.map(|time| time.0)))
    }
}

/// A header, or a block without its transactions.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeHeader {
    number: Quantity,
    hash: Hex<32>,
    parent_hash: Hex<32>,
    timestamp: Quantity,
    /// Chains that do without may leave it out.
    #[serde(default)]
    logs_bloom: Option<Hex<256>>,
}

impl NodeHeader {
    pub fn block(&self) -> Result<Block, String> {
        let timestamp = Moment::from_unix(self.timestamp.0).map_err(|e| e.0)?;
        Ok(Block { number: self.number.0, hash: Hash(self.hash.0), timestamp })
    }

    pub fn parent(&self) -> Hash {
        Hash(self.parent_hash.0)
    }

    pub fn bloom(&self) -> Option<Bloom> {
        self.logs_bloom.map(|bloom| Bloom(bloom.0))
    }
}

/// A transaction's receipt, for its logs.
#[derive(Debug, Deserialize)]
pub struct Receipt {
    pub logs: Vec<NodeLog>,
}

/// What a batch of `eth_getLogs` and `eth_getBlockByNumber` answers with.
#[derive(Debug)]
pub enum Found {
    Logs(Vec<NodeLog>),
    Header(Box<NodeHeader>),
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("logs or a block")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Found, A::Error> {
        Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(seq)).map(Found::Logs)
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Found, A::Error> {
        let header = NodeHeader::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        Ok(Found::Header(Box::new(header)))
    }
}

impl<'de> Deserialize<'de> for Found {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Either)
    }
}
