//! The trail's formula (contracts/interfaces/ITrail.sol): what a contract's hash chain over a subject's events must be.

use super::bytes::keccak256_of;
use super::{Address, Hash, Moment, keccak256};

/// What binds trails to one contract on one chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrailDomain {
    /// EIP-155 chain id.
    pub chain_id: u64,
    pub contract: Address,
}

impl TrailDomain {
    /// The link before a subject's first event.
    pub fn start(&self, subject: Address) -> Hash {
        let mut bytes = [0; 128];
        bytes[..32].copy_from_slice(&keccak256(b"chartkey/v1/trail"));
        bytes[56..64].copy_from_slice(&self.chain_id.to_be_bytes());
        bytes[76..96].copy_from_slice(&self.contract.0);
        bytes[108..].copy_from_slice(&subject.0);
        cut(keccak256(&bytes))
    }
}

/// What a link says about a log: keccak256(topics ‖ data), of the very bytes logged.
pub fn logged_hash(topics: &[Hash; 4], data: &[u8]) -> Hash {
    let topics = topics.each_ref().map(|topic| &topic.0[..]);
    Hash(keccak256_of([topics[0], topics[1], topics[2], topics[3], data]))
}

/// The link after an event in a block of this number and time, from the link before it and the log's hash
/// ([`logged_hash`]).
pub fn next_link(before: Hash, block_number: u64, timestamp: Moment, logged: Hash) -> Hash {
    let mut bytes = [0; 128];
    bytes[..32].copy_from_slice(&before.0);
    bytes[56..64].copy_from_slice(&block_number.to_be_bytes());
    bytes[88..96].copy_from_slice(&timestamp.unix().to_be_bytes());
    bytes[96..].copy_from_slice(&logged.0);
    cut(keccak256(&bytes))
}

/// Links have 224 bits: on chain the last four bytes of a trail's slot hold the chart's epoch.
fn cut(mut hash: [u8; 32]) -> Hash {
    hash[28..].fill(0);
    Hash(hash)
}
