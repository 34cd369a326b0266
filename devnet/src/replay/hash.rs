//! Words, hashes, and the trail's formula (contracts/interfaces/ITrail.sol).

use tiny_keccak::{Hasher as _, Keccak};

/// 32 bytes: a topic, a hash, a word of data.
pub(super) type Word = [u8; 32];
/// An address.
pub(super) type Account = [u8; 20];
/// A link of a trail: the last four bytes of its word are zero.
pub(super) type Link = [u8; 28];

/// The registry, as a subject of trails; nobody, as somebody.
pub(super) const ZERO: Account = [0; 20];

pub(super) fn keccak(parts: &[&[u8]]) -> Word {
    let mut hasher = Keccak::v256();
    for part in parts {
        hasher.update(part);
    }
    let mut hash = [0; 32];
    hasher.finalize(&mut hash);
    hash
}

/// An address as a word.
pub(super) fn of_account(account: &Account) -> Word {
    let mut word = [0; 32];
    word[12..].copy_from_slice(account);
    word
}

/// The address in a word's last 20 bytes.
pub(super) fn to_account(word: &Word) -> Account {
    let mut account = [0; 20];
    account.copy_from_slice(&word[12..]);
    account
}

/// A number as a word, big-endian.
pub(super) fn of_number(number: u64) -> Word {
    let mut word = [0; 32];
    word[24..].copy_from_slice(&number.to_be_bytes());
    word
}

/// A link as the word that `trail(address)` gives.
pub(super) fn of_link(link: &Link) -> Word {
    let mut word = [0; 32];
    word[..28].copy_from_slice(link);
    word
}

/// What a subject's trail starts from.
pub(super) fn first_link(chain_id: u64, contract: &Account, subject: &Account) -> Link {
    let domain = keccak(&[b"chartkey/v1/trail"]);
    cut(&keccak(&[&domain, &of_number(chain_id), &of_account(contract), &of_account(subject)]))
}

/// The link after an event, from the link before it and keccak256(topics ‖ data).
pub(super) fn next_link(before: &Link, number: u64, timestamp: u64, logged: &Word) -> Link {
    cut(&keccak(&[&of_link(before), &of_number(number), &of_number(timestamp), logged]))
}

fn cut(hash: &Word) -> Link {
    let mut link = [0; 28];
    link.copy_from_slice(&hash[..28]);
    link
}
