//! Logs, compactly: topics and data of a block's logs stand one after the other in one piece of memory.

use super::{
    hash::{Account, Link, Word, of_account, of_number},
    kind::Kind,
};

/// Bytes of the three topics after the signature.
const TOPICS: usize = 96;

/// One log of the contract.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) kind: Kind,
    /// Its transaction's index in the block.
    pub(super) transaction: u16,
    /// Where its topics begin.
    start: u32,
    /// The subject's trail after it.
    pub(super) link: Link,
}

/// Logs in order; they are written here first, and then belong to a block.
#[derive(Clone, Debug, Default)]
pub(super) struct Logs {
    list: Vec<Log>,
    bytes: Vec<u8>,
    /// The transaction that logs now.
    pub(super) transaction: u16,
}

impl Logs {
    /// Begins a log; its data follow by [`Data`].
    pub(super) fn event(&mut self, kind: Kind, subject: &Account, topic2: Word, topic3: Word) -> Data<'_> {
        let start = self.bytes.len() as u32;
        self.list.push(Log { kind, transaction: self.transaction, start, link: [0; 28] });
        for topic in [of_account(subject), topic2, topic3] {
            self.bytes.extend_from_slice(&topic);
        }
        Data { start: self.bytes.len(), bytes: &mut self.bytes }
    }

    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.bytes.clear();
        self.transaction = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Log> {
        self.list.iter()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Log> {
        self.list.get(index)
    }

    pub(super) fn set_link(&mut self, index: usize, link: Link) {
        if let Some(log) = self.list.get_mut(index) {
            log.link = link;
        }
    }

    /// Topics 1, 2 and 3, and the data: one after the other as they are hashed.
    pub(super) fn topics_and_data(&self, index: usize) -> &[u8] {
        let end = self.list.get(index + 1).map_or(self.bytes.len(), |next| next.start as usize);
        &self.bytes[self.list[index].start as usize..end]
    }

    /// Topic 1, 2 or 3 of a log.
    pub(super) fn topic(&self, index: usize, nth: usize) -> &[u8] {
        let start = self.list[index].start as usize + 32 * (nth - 1);
        &self.bytes[start..start + 32]
    }

    pub(super) fn data(&self, index: usize) -> &[u8] {
        &self.topics_and_data(index)[TOPICS..]
    }

    /// The patient, or zero for the registry.
    pub(super) fn subject(&self, index: usize) -> Account {
        let mut account = [0; 20];
        account.copy_from_slice(&self.topic(index, 1)[12..]);
        account
    }

    /// A copy without spare room.
    pub(super) fn compact(&self) -> Self {
        Self { list: self.list.clone(), bytes: self.bytes.clone(), transaction: 0 }
    }
}

/// ABI encoding of a log's data: all static arguments, then the dynamic ones, as in every event of the contract.
pub(super) struct Data<'a> {
    bytes: &'a mut Vec<u8>,
    start: usize,
}

impl Data<'_> {
    pub(super) fn word(self, word: &Word) -> Self {
        self.bytes.extend_from_slice(word);
        self
    }

    pub(super) fn number(self, number: u64) -> Self {
        self.word(&of_number(number))
    }

    pub(super) fn account(self, account: &Account) -> Self {
        self.word(&of_account(account))
    }

    /// The dynamic arguments, `bytes` or `string`.
    pub(super) fn tail(self, parts: &[&[u8]]) {
        let mut offset = self.bytes.len() - self.start + 32 * parts.len();
        for part in parts {
            self.bytes.extend_from_slice(&of_number(offset as u64));
            offset += 32 + part.len().next_multiple_of(32);
        }
        for part in parts {
            self.bytes.extend_from_slice(&of_number(part.len() as u64));
            self.bytes.extend_from_slice(part);
            self.bytes.resize(self.bytes.len() + part.len().next_multiple_of(32) - part.len(), 0);
        }
    }
}
