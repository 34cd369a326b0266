//! Blocks: headers as after the merge, with the true bloom and hash.

use super::{
    hash::{Account, Word, keccak, of_account},
    logs::Logs,
};

/// keccak256 of the RLP of an empty list: there are no ommers.
pub(super) const NO_OMMERS: Word = [
    0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5, 0x67, 0xb6, 0xcc, 0xd4, 0x1a, 0xd3, 0x12, 0x45,
    0x1b, 0x94, 0x8a, 0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47,
];
pub(super) const GAS_LIMIT: u64 = 30_000_000;
/// Gas of a transaction that logs once.
const GAS_PER_LOG: u64 = 50_000;
pub(super) const BASE_FEE: u64 = 7;

/// A bloom of 2048 bits.
#[derive(Clone, Debug)]
pub(super) struct Bloom(pub(super) [u8; 256]);

impl Bloom {
    pub(super) fn empty() -> Self {
        Self([0; 256])
    }

    /// Sets a value's three bits.
    fn add(&mut self, bits: [u16; 3]) {
        for bit in bits.map(usize::from) {
            self.0[255 - bit / 8] |= 1 << (bit % 8);
        }
    }

    /// Adds a log: its address, by its bits, and its topics.
    pub(super) fn add_log(&mut self, contract: [u16; 3], logs: &Logs, index: usize) {
        let Some(log) = logs.get(index) else { return };
        self.add(contract);
        self.add(log.kind.bloom_bits());
        for topic in 1..=3 {
            self.add(bloom_bits(logs.topic(index, topic)));
        }
    }
}

/// Which three bits of a bloom a value sets.
pub(super) fn bloom_bits(value: &[u8]) -> [u16; 3] {
    let hash = keccak(&[value]);
    [0, 2, 4].map(|pair| u16::from_be_bytes([hash[pair], hash[pair + 1]]) & 0x7ff)
}

/// One block with its logs.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) number: u64,
    pub(super) hash: Word,
    pub(super) parent: Word,
    /// Unix seconds.
    pub(super) timestamp: u64,
    pub(super) bloom: Box<Bloom>,
    pub(super) state_root: Word,
    /// keccak256 of the transactions' hashes, one after the other: not a trie's root.
    pub(super) transactions_root: Word,
    /// keccak256 of keccak256(topics ‖ data) of each log, one after the other: not a trie's root.
    pub(super) receipts_root: Word,
    /// Random: two blocks of one height on two branches differ by it, if by nothing else.
    pub(super) mix: Word,
    pub(super) transactions: Box<[Word]>,
    pub(super) logs: Logs,
    /// Index of the first log: other contracts may have logged before.
    pub(super) first_log: u32,
    /// How many acts of the story made it.
    pub(super) acts: u32,
}

/// What a block is made from.
pub(super) struct Draft<'a> {
    pub(super) number: u64,
    pub(super) parent: Word,
    pub(super) timestamp: u64,
    pub(super) mix: Word,
    pub(super) contract: &'a Account,
    /// keccak256(topics ‖ data) of each log.
    pub(super) hashes: &'a [u8],
    pub(super) first_log: u32,
    pub(super) acts: u32,
}

impl Block {
    /// Seals a block; the logs have their links.
    pub(super) fn seal(draft: &Draft<'_>, logs: Logs) -> Self {
        let mut bloom = Box::new(Bloom::empty());
        let contract = bloom_bits(draft.contract);
        for index in 0..logs.len() {
            bloom.add_log(contract, &logs, index);
        }
        let count = logs.iter().last().map_or(0, |log| log.transaction + 1);
        let transactions: Box<[Word]> = (0..count).map(|nth| keccak(&[&draft.mix, &nth.to_be_bytes()])).collect();
        let mut block = Self {
            number: draft.number,
            hash: [0; 32],
            parent: draft.parent,
            timestamp: draft.timestamp,
            bloom,
            state_root: keccak(&[&draft.mix, &of_account(draft.contract)]),
            transactions_root: keccak(&[transactions.as_flattened()]),
            receipts_root: keccak(&[draft.hashes]),
            mix: draft.mix,
            transactions,
            logs,
            first_log: draft.first_log,
            acts: draft.acts,
        };
        block.hash = keccak(&[&block.rlp()]);
        block
    }

    pub(super) fn gas_used(&self) -> u64 {
        self.logs.len() as u64 * GAS_PER_LOG
    }

    /// The header's RLP: its hash is the block's.
    pub(super) fn rlp(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(640);
        for bytes in [&self.parent, &NO_OMMERS] {
            string(&mut body, bytes);
        }
        string(&mut body, &[0; 20]);
        for bytes in [&self.state_root, &self.transactions_root, &self.receipts_root] {
            string(&mut body, bytes);
        }
        string(&mut body, &self.bloom.0);
        for value in [0, self.number, GAS_LIMIT, self.gas_used(), self.timestamp] {
            number(&mut body, value);
        }
        string(&mut body, &[]);
        string(&mut body, &self.mix);
        string(&mut body, &[0; 8]);
        number(&mut body, BASE_FEE);
        let mut list = Vec::with_capacity(body.len() + 3);
        prefix(&mut list, 0xc0, body.len());
        list.extend_from_slice(&body);
        list
    }
}

fn string(to: &mut Vec<u8>, bytes: &[u8]) {
    if !matches!(bytes, [0..=0x7f]) {
        prefix(to, 0x80, bytes.len());
    }
    to.extend_from_slice(bytes);
}

fn number(to: &mut Vec<u8>, value: u64) {
    string(to, &value.to_be_bytes()[value.leading_zeros() as usize / 8..]);
}

fn prefix(to: &mut Vec<u8>, base: u8, length: usize) {
    if length < 56 {
        to.push(base + length as u8);
        return;
    }
    let digits = (length as u64).to_be_bytes();
    let digits = &digits[(length as u64).leading_zeros() as usize / 8..];
    to.push(base + 55 + digits.len() as u8);
    to.extend_from_slice(digits);
}
