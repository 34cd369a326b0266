//! What calls ask for: blocks by number, tag or hash, and logs by address and topics.

use serde_json::Value;

use super::{block::Block, hash::Word, kind::Kind, view::View};

/// A JSON-RPC error.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: i64,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(-32_602, message)
    }
}

/// The number that a tag or a quantity means; absent means `latest`. It need not exist.
pub(super) fn number(value: &Value, view: &View<'_>) -> Result<u64, Refusal> {
    match value {
        Value::Null => Ok(view.head),
        Value::String(text) => match text.as_str() {
            "latest" | "pending" => Ok(view.head),
            "earliest" => Ok(0),
            "finalized" | "safe" => {
                view.finalized().ok_or_else(|| Refusal::new(-32_000, format!("{text} block not found")))
            }
            quantity => of_quantity(quantity),
        },
        other => Err(Refusal::invalid(format!("invalid block number {other}"))),
    }
}

fn of_quantity(text: &str) -> Result<u64, Refusal> {
    let digits = text.strip_prefix("0x").ok_or(()).and_then(|digits| u64::from_str_radix(digits, 16).map_err(|_| ()));
    digits.map_err(|()| Refusal::invalid(format!("invalid argument: {text} is no hex quantity or block tag")))
}

/// Bytes of exactly this length.
pub(super) fn fixed<const N: usize>(value: &Value) -> Result<[u8; N], Refusal> {
    let text = value.as_str().unwrap_or_default();
    let bytes = text.parse::<ethers::types::Bytes>().ok().and_then(|bytes| bytes.to_vec().try_into().ok());
    bytes.ok_or_else(|| Refusal::invalid(format!("invalid argument: {value} is not {N} bytes in hex")))
}

/// A filter of `eth_getLogs`.
pub(super) struct Filter {
    /// Whether logs of the contract are asked for.
    contract: bool,
    /// Which kinds, if not all.
    kinds: Option<[bool; Kind::ALL.len()]>,
    /// Topics 1 to 3: any of these, if not any at all.
    topics: [Option<Vec<Word>>; 3],
}

impl Filter {
    pub(super) fn read(value: &Value, view: &View<'_>) -> Result<Self, Refusal> {
        let addresses = one_or_many::<20>(&value["address"])?;
        let contract = addresses.is_none_or(|addresses| addresses.contains(view.contract()));
        let [first, topics @ ..] = [0, 1, 2, 3].map(|nth| one_or_many::<32>(&value["topics"][nth]));
        let kinds = first?.map(|signatures| {
            let mut kinds = [false; Kind::ALL.len()];
            for kind in Kind::ALL {
                kinds[*kind as usize] = signatures.contains(kind.signature());
            }
            kinds
        });
        let [one, two, three] = topics;
        Ok(Self { contract, kinds, topics: [one?, two?, three?] })
    }

    pub(super) fn wants(&self, block: &Block, index: usize) -> bool {
        let kind = block.logs.get(index).map(|log| log.kind);
        let by_kind = self.kinds.as_ref().is_none_or(|kinds| kind.is_some_and(|kind| kinds[kind as usize]));
        let by_topic = |(nth, wanted): (usize, &Option<Vec<Word>>)| {
            wanted.as_ref().is_none_or(|words| words.iter().any(|word| word == block.logs.topic(index, nth + 1)))
        };
        self.contract && by_kind && self.topics.iter().enumerate().all(by_topic)
    }
}

/// `None`: anything will do.
fn one_or_many<const N: usize>(value: &Value) -> Result<Option<Vec<[u8; N]>>, Refusal> {
    match value {
        Value::Null => Ok(None),
        Value::Array(values) if values.is_empty() => Ok(None),
        Value::Array(values) => values.iter().map(fixed).collect::<Result<_, _>>().map(Some),
        one => Ok(Some(vec![fixed(one)?])),
    }
}
