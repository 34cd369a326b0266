//! Where a stream goes on: the `id` of its frames, which comes back as `Last-Event-ID`.

use std::fmt;
use std::str::FromStr;

use crate::model::schema::text_schema;
use crate::model::{Hash, Malformed, Position};
use crate::store::read::{Reached, Tip};

/// How many bytes of a block's hash an id holds: enough to tell branches apart.
const HASH: usize = 4;

/// A place in the history of the chain as it was indexed: the position, how many times blocks had been withdrawn by then, and which
/// block and chain that was, so that an id of another branch, database or chain is not taken for one of this.
///
/// As text: `<block>-<log or "end">-<withdrawals>-<hash>-<chain>`. Names nothing but the chain's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) struct EventId {
    pub at: Position,
    pub withdrawals: u64,
    pub block: [u8; HASH],
    pub chain: ChainTag,
}

text_schema!(
    EventId,
    "EventId",
    "event-id",
    Some("^(0|[1-9][0-9]{0,17})-(end|0|[1-9][0-9]{0,8})-(0|[1-9][0-9]{0,17})-[0-9a-f]{8}-[0-9a-f]{8}$"),
    None,
    "Where a stream has come to. What it says is the API's own matter."
);

/// The header as it may be sent: browsers send an empty one for none.
pub(in crate::api) struct LastEventId;
text_schema!(
    LastEventId,
    "LastEventId",
    "event-id",
    Some("^((0|[1-9][0-9]{0,17})-(end|0|[1-9][0-9]{0,8})-(0|[1-9][0-9]{0,17})-[0-9a-f]{8}-[0-9a-f]{8})?$"),
    None,
    "An `EventId`, or nothing."
);

/// Which chain and contract: the first bytes of block 0's hash and of the contract's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) struct ChainTag([u8; 4]);

impl ChainTag {
    pub fn of(tip: &Tip) -> Self {
        ChainTag([tip.genesis.0[0], tip.genesis.0[1], tip.contract.0[0], tip.contract.0[1]])
    }
}

impl EventId {
    pub fn new(at: Position, withdrawals: u64, hash: &Hash, chain: ChainTag) -> Self {
        EventId { at, withdrawals, block: first_bytes(hash), chain }
    }

    /// The end of the indexed head.
    pub fn of_tip(tip: &Tip) -> Self {
        EventId::new(Position::end_of(tip.block.number), tip.withdrawals, &tip.block.hash, ChainTag::of(tip))
    }

    /// Whether it may speak of the block of this hash.
    pub fn is_of(&self, hash: Option<&Hash>) -> bool {
        hash.is_some_and(|hash| first_bytes(hash) == self.block)
    }

    pub fn reached(&self) -> Reached {
        Reached { withdrawals: self.withdrawals, at: Some(self.at) }
    }
}

fn first_bytes(hash: &Hash) -> [u8; HASH] {
    let [a, b, c, d, ..] = hash.0;
    [a, b, c, d]
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.at.block_number)?;
        match self.at.log_index {
            Position::BEYOND_LOGS => f.write_str("end")?,
            log => write!(f, "{log}")?,
        }
        let (block, chain) = (u32::from_be_bytes(self.block), u32::from_be_bytes(self.chain.0));
        write!(f, "-{}-{block:08x}-{chain:08x}", self.withdrawals)
    }
}

impl FromStr for EventId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        parse(text).ok_or_else(|| {
            Malformed(
                "the last event's id is not one of this stream's: send the id of the last frame that came, unchanged, or none \
                 to begin at the head"
                    .into(),
            )
        })
    }
}

impl<'de> serde::Deserialize<'de> for EventId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

fn parse(text: &str) -> Option<EventId> {
    let parts: Vec<&str> = text.split('-').collect();
    let [block_number, log_index, withdrawals, block, chain] = parts[..] else { return None };
    let log_index = match log_index {
        "end" => Position::BEYOND_LOGS,
        log => u32::try_from(number(log)?).ok().filter(|log| *log < Position::BEYOND_LOGS)?,
    };
    Some(EventId {
        at: Position { block_number: number(block_number)?, log_index },
        withdrawals: number(withdrawals)?,
        block: word(block)?,
        chain: ChainTag(word(chain)?),
    })
}

/// A number that the database can hold, as it is written: without a sign or leading zeros.
fn number(text: &str) -> Option<u64> {
    let number = text.parse::<i64>().ok().and_then(|number| u64::try_from(number).ok())?;
    (number.to_string() == text).then_some(number)
}

fn word(text: &str) -> Option<[u8; 4]> {
    let lower = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (lower && text.len() == 8).then(|| u32::from_str_radix(text, 16).ok())?.map(u32::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_as_they_were_written_and_nothing_else_does() {
        let chain = ChainTag([7, 7, 9, 9]);
        for (log_index, text) in
            [(0, "12-0-3-abababab-07070909"), (Position::BEYOND_LOGS, "12-end-3-abababab-07070909")]
        {
            let id = EventId::new(Position { block_number: 12, log_index }, 3, &Hash([0xab; 32]), chain);
            assert_eq!(id.to_string(), text);
            assert_eq!(text.parse::<EventId>().unwrap(), id);
        }
        for wrong in [
            "",
            "12",
            "12-0",
            "12-0-3-abababab",
            "12-0-3-abababab-07070909-",
            "-12-0-3-abababab-07070909",
            "+12-0-3-abababab-07070909",
            "012-0-3-abababab-07070909",
            "12-2147483647-3-abababab-07070909",
            "9223372036854775808-0-3-abababab-07070909",
            "12-0-3-ABABABAB-07070909",
            "12-0-3-ababab-07070909",
            "12-0-3-abababab-0707090g",
            "12-0-3-+bababab-07070909",
            " 12-0-3-abababab-07070909",
        ] {
            assert!(wrong.parse::<EventId>().is_err(), "{wrong}");
        }
    }
}
