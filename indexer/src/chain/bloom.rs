//! A header's bloom: which addresses and topics its block's logs may hold (Yellow Paper, section 4.3.1).

use crate::model::{Address, Hash, keccak256};

/// 2048 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bloom(pub [u8; 256]);

/// The three bits of one address or topic.
#[derive(Debug, Clone, Copy)]
pub struct Bits([(u8, u8); 3]);

impl Bits {
    pub fn of(entry: &[u8]) -> Self {
        let hash = keccak256(entry);
        Bits([0, 2, 4].map(|i| {
            // Eleven bits: which bit of which byte. The lowest are the last byte's.
            let byte = (hash[i] & 7) << 5 | hash[i + 1] >> 3;
            (255 - byte, 1 << (hash[i + 1] & 7))
        }))
    }
}

impl Bloom {
    pub const EMPTY: Bloom = Bloom([0; 256]);

    pub fn holds(&self, bits: Bits) -> bool {
        bits.0.iter().all(|(byte, mask)| self.0[usize::from(*byte)] & mask != 0)
    }

    pub fn add(&mut self, bits: Bits) {
        for (byte, mask) in bits.0 {
            self.0[usize::from(byte)] |= mask;
        }
    }
}

/// What a block with an event of ours has in its bloom.
#[derive(Debug, Clone)]
pub struct Wanted {
    contract: Bits,
    topics: Vec<Bits>,
}

impl Wanted {
    pub fn new(contract: Address, topics: &[Hash]) -> Self {
        let topics = topics.iter().map(|topic| Bits::of(&topic.0)).collect();
        Wanted { contract: Bits::of(&contract.0), topics }
    }

    /// Whether the block may hold an event of ours. `false`: it holds none.
    pub fn may_be_in(&self, bloom: &Bloom) -> bool {
        bloom.holds(self.contract) && self.topics.iter().any(|topic| bloom.holds(*topic))
    }

    /// Whether the block may hold this event of ours.
    pub fn fits(&self, topics: &[Hash], bloom: &Bloom) -> bool {
        bloom.holds(self.contract) && topics.iter().all(|topic| bloom.holds(Bits::of(&topic.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log of the zero address with the zero topic gives the same bits as ethers' own bloom.
    #[test]
    fn bits_are_where_ethers_has_them() {
        use ethers::abi::ethereum_types::{Bloom as Theirs, BloomInput};
        for entry in [&[0_u8; 20][..], &[7; 32], b"chartkey"] {
            let mut ours = Bloom::EMPTY;
            ours.add(Bits::of(entry));
            let mut theirs = Theirs::default();
            theirs.accrue(BloomInput::Raw(entry));
            assert_eq!(ours.0, theirs.0);
            assert!(ours.holds(Bits::of(entry)) && !ours.holds(Bits::of(b"another")));
        }
    }

    #[test]
    fn a_block_is_wanted_for_the_contract_with_one_of_its_topics_only() {
        let (contract, topic, other) = (Address([1; 20]), Hash([2; 32]), Hash([3; 32]));
        let wanted = Wanted::new(contract, &[topic]);
        let bloom = |entries: &[&[u8]]| {
            entries.iter().fold(Bloom::EMPTY, |mut bloom, entry| {
                bloom.add(Bits::of(entry));
                bloom
            })
        };
        assert!(wanted.may_be_in(&bloom(&[&contract.0, &topic.0])));
        assert!(!wanted.may_be_in(&bloom(&[&contract.0, &other.0])));
        assert!(!wanted.may_be_in(&bloom(&[&topic.0])));
        assert!(!wanted.fits(&[topic, other], &bloom(&[&contract.0, &topic.0])));
    }
}
