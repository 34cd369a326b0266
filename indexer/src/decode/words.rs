//! A log's values, read straight from its words, as the contract ABI lays them out. ethers would make a token of each value
//! first, which takes longer than all else that reading a log takes.

use ethers::types::{Bytes, H160, U256};

use crate::model::{Malformed, RawLog};

type Word = [u8; 32];

/// The values of a log in the order of the event's parameters: the topics after the signature first, then the data. (In every
/// event of the contract that is part of a trail, the first three parameters are the indexed ones.)
pub(super) struct Words<'a> {
    log: &'a RawLog,
    next_topic: usize,
    next_data: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(log: &'a RawLog) -> Self {
        Words { log, next_topic: 1, next_data: 0 }
    }

    /// The next indexed parameter.
    pub(super) fn topic<T: Value>(&mut self) -> Result<T, Malformed> {
        let topic = self.log.topics.get(self.next_topic).ok_or_else(|| Malformed("it has too few topics".into()))?;
        self.next_topic += 1;
        T::read(&topic.0, &[])
    }

    /// The next parameter of the data.
    pub(super) fn data<T: Value>(&mut self) -> Result<T, Malformed> {
        let word = word_at(&self.log.data, self.next_data)?;
        self.next_data += 32;
        T::read(word, &self.log.data)
    }
}

/// A type of the generated bindings, read from its word.
pub(super) trait Value: Sized {
    /// `data`: what the offset of a type without a fixed size counts in.
    fn read(word: &Word, data: &[u8]) -> Result<Self, Malformed>;
}

impl Value for Word {
    fn read(word: &Word, _: &[u8]) -> Result<Self, Malformed> {
        Ok(*word)
    }
}

impl Value for U256 {
    fn read(word: &Word, _: &[u8]) -> Result<Self, Malformed> {
        Ok(U256::from_big_endian(word))
    }
}

impl Value for H160 {
    fn read(word: &Word, _: &[u8]) -> Result<Self, Malformed> {
        low_bytes(word, "an address").map(H160)
    }
}

impl Value for bool {
    fn read(word: &Word, _: &[u8]) -> Result<Self, Malformed> {
        match low_bytes(word, "a boolean")? {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => Err(Malformed(format!("{other} is no boolean"))),
        }
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl Value for $number {
            fn read(word: &Word, _: &[u8]) -> Result<Self, Malformed> {
                low_bytes(word, stringify!($number)).map(Self::from_be_bytes)
            }
        })*
    };
}
numbers!(u8, u16, u32, u64);

impl Value for Bytes {
    fn read(word: &Word, data: &[u8]) -> Result<Self, Malformed> {
        bytes_at(word, data).map(|bytes| bytes.to_vec().into())
    }
}

impl Value for String {
    /// Solidity does not check what it logs: what is not UTF-8 is replaced.
    fn read(word: &Word, data: &[u8]) -> Result<Self, Malformed> {
        bytes_at(word, data).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

/// The last `N` bytes of a word whose other bytes are zero.
fn low_bytes<const N: usize>(word: &Word, what: &str) -> Result<[u8; N], Malformed> {
    match word.split_last_chunk() {
        Some((high, low)) if high.iter().all(|byte| *byte == 0) => Ok(*low),
        _ => Err(Malformed(format!("{} does not fit into {what}", U256::from_big_endian(word)))),
    }
}

fn length(word: &Word) -> Result<usize, Malformed> {
    Ok(usize::from_be_bytes(low_bytes(word, "an offset or length")?))
}

fn word_at(data: &[u8], at: usize) -> Result<&Word, Malformed> {
    data.get(at..).and_then(|rest| rest.first_chunk()).ok_or_else(|| too_short(data))
}

fn bytes_at<'a>(offset: &Word, data: &'a [u8]) -> Result<&'a [u8], Malformed> {
    let at = length(offset)?;
    let length = length(word_at(data, at)?)?;
    data.get(at + 32..).and_then(|rest| rest.get(..length)).ok_or_else(|| too_short(data))
}

fn too_short(data: &[u8]) -> Malformed {
    Malformed(format!("its data end too early, after {} bytes", data.len()))
}
