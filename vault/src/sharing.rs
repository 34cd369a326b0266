//! How custodians share a half: Shamir's scheme in GF(2^8), byte by byte, with the field of AES (x^8 + x^4 + x^3 + x +
//! 1). A custodian has the polynomials' values at one place, its share's index. Here they are counted from 1; npm's
//! `shamir-secret-sharing` chooses them at random, so any from 1 to 255 are taken.

use rand::CryptoRng;
use vsss_rs::Gf256;
use zeroize::{Zeroize, Zeroizing};

use crate::bytes::KeyCommit;
use crate::commit::is_committed;
use crate::keys::{AccountKey, KeyError, PublicKey};
use crate::label::{KeyName, Kind, Label};
use crate::secret::{ContentKey, GrantSeed, Half, ShareSecret, TitleKey};

/// The most custodians that share one key. With more, finding the wrong one among them would take long.
pub const MAX_CUSTODIANS: u8 = 16;

/// One custodian's share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Where the polynomials were evaluated, never 0. Whose share it is, its deposit says.
    pub index: u8,
    pub secret: ShareSecret,
}

/// Why a half cannot be shared, or not be put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SharingError {
    /// Fewer than 2 would be no custody, more than 16 are too many.
    #[error("{threshold} of {count} custodians: expected 2 to {count} of at most {MAX_CUSTODIANS}")]
    BadThreshold { threshold: u8, count: u8 },
    #[error("{have} shares are too few: {need} are needed")]
    TooFew { have: usize, need: u8 },
    /// An index is 0, or there twice.
    #[error("there is a share {0}, which is the secret's own place or that of another share")]
    BadIndex(u8),
    #[error("{0} shares are more than the {MAX_CUSTODIANS} that one key may have")]
    TooMany(usize),
    /// No `threshold` of the shares give the key: more of them are wrong than can be told apart, or the grant's seed
    /// is.
    #[error(
        "the shares do not give the key that the record was added with: too many of them are wrong, or the seed is"
    )]
    WrongShares,
}

/// What [`recover_content`] and [`recover_title`] found.
#[derive(Debug, PartialEq, Eq)]
pub struct Recovered<K> {
    pub key: K,
    /// The indices of the shares that were wrong.
    pub wrong: Vec<u8>,
}

impl Share {
    /// Seals it with its label, whose index must be its own: 1168 or 80 bytes.
    pub fn seal(&self, to: &PublicKey, label: &Label, rng: &mut impl CryptoRng) -> Result<Vec<u8>, KeyError> {
        if label.index() != Some(self.index) {
            return Err(KeyError::DoesNotOpen);
        }
        to.seal(label, self.secret.expose(), rng)
    }

    /// Opens one that was sealed with this label, which has an index.
    pub fn open(key: &AccountKey, label: &Label, sealed: &[u8]) -> Result<Self, KeyError> {
        let index = label.index().ok_or(KeyError::DoesNotOpen)?;
        Ok(Share { index, secret: ShareSecret::from_bytes(&mut *key.open_32(label, sealed)?) })
    }

    /// As vsss-rs has it: the index before the bytes.
    fn to_vec(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([&[self.index], &self.secret.expose()[..]].concat())
    }
}

/// Splits a half among `count` custodians so that any `threshold` of them have it and fewer have nothing.
pub fn split(half: &Half, threshold: u8, count: u8, rng: &mut impl CryptoRng) -> Result<Vec<Share>, SharingError> {
    split_32(half.expose(), threshold, count, rng)
}

fn split_32(secret: &[u8; 32], threshold: u8, count: u8, rng: &mut impl CryptoRng) -> Result<Vec<Share>, SharingError> {
    let bad = SharingError::BadThreshold { threshold, count };
    if threshold < 2 || threshold > count || count > MAX_CUSTODIANS {
        return Err(bad);
    }
    let split = Gf256::split_bytes(threshold.into(), count.into(), secret, rng).map_err(|_| bad)?;
    let shares = split.into_iter().map(|mut bytes| {
        let mut secret = [0; 32];
        secret.copy_from_slice(&bytes[1..]);
        let index = bytes[0];
        bytes.zeroize();
        Share { index, secret: ShareSecret::from_bytes(&mut secret) }
    });
    Ok(shares.collect())
}

/// Splits an emergency grant's seed, which nobody has been sealed to yet, likewise.
pub fn split_seed(
    seed: &GrantSeed,
    threshold: u8,
    count: u8,
    rng: &mut impl CryptoRng,
) -> Result<Vec<Share>, SharingError> {
    split_32(seed.expose(), threshold, count, rng)
}

/// Puts an emergency grant's seed together. Whether it is the right one, the record's commitment tells later.
pub fn combine_seed(shares: &[Share], threshold: u8) -> Result<GrantSeed, SharingError> {
    let seed = combine(shares, threshold)?;
    Ok(GrantSeed::from_bytes(&mut Zeroizing::new(*seed.expose())))
}

/// Puts a half together from the first `threshold` shares, right or wrong.
pub fn combine(shares: &[Share], threshold: u8) -> Result<Half, SharingError> {
    check(shares, threshold)?;
    Ok(join(shares[..usize::from(threshold)].iter()))
}

/// The content key of a record in a grant's scope, from its custodians' shares; recognised by the record's commitment.
/// Wrong shares are found as long as `threshold` are right.
pub fn recover_content(
    seed: &GrantSeed,
    digest: crate::Digest,
    shares: &[Share],
    threshold: u8,
    committed: KeyCommit,
) -> Result<Recovered<ContentKey>, SharingError> {
    let name = KeyName { kind: Kind::Content, digest };
    recover(shares, threshold, |half| {
        let key = seed.join(name, half);
        let key = ContentKey::from_bytes(&mut Zeroizing::new(*key.expose()));
        is_committed(committed, digest, &key).then_some(key)
    })
}

/// The title key of a record, likewise; `opens` says whether a key opens the record's sealed title.
pub fn recover_title(
    seed: &GrantSeed,
    digest: crate::Digest,
    shares: &[Share],
    threshold: u8,
    opens: impl Fn(&TitleKey) -> bool,
) -> Result<Recovered<TitleKey>, SharingError> {
    let name = KeyName { kind: Kind::Title, digest };
    recover(shares, threshold, |half| {
        let key = seed.join(name, half);
        let key = TitleKey::from_bytes(&mut Zeroizing::new(*key.expose()));
        opens(&key).then_some(key)
    })
}

fn recover<K>(
    shares: &[Share],
    threshold: u8,
    key_of: impl Fn(&Half) -> Option<K>,
) -> Result<Recovered<K>, SharingError> {
    check(shares, threshold)?;
    let found = subsets(shares.len(), threshold.into()).find_map(|chosen| {
        let right: Vec<&Share> = chosen.iter().map(|at| &shares[*at]).collect();
        let half = join(right.iter().copied());
        key_of(&half).map(|key| (key, right, half))
    });
    let (key, right, half) = found.ok_or(SharingError::WrongShares)?;
    // A share is right if it can stand for one of the right ones.
    let fits = |share: &Share| right.contains(&share) || join(right[1..].iter().copied().chain([share])) == half;
    let wrong = shares.iter().filter(|share| !fits(share)).map(|share| share.index).collect();
    Ok(Recovered { key, wrong })
}

fn check(shares: &[Share], threshold: u8) -> Result<(), SharingError> {
    if shares.len() > MAX_CUSTODIANS.into() {
        return Err(SharingError::TooMany(shares.len()));
    }
    let mut taken = std::collections::HashSet::from([0]);
    if let Some(bad) = shares.iter().find(|share| !taken.insert(share.index)) {
        return Err(SharingError::BadIndex(bad.index));
    }
    if threshold < 2 {
        return Err(SharingError::BadThreshold { threshold, count: MAX_CUSTODIANS });
    }
    if shares.len() < usize::from(threshold) {
        return Err(SharingError::TooFew { have: shares.len(), need: threshold });
    }
    Ok(())
}

/// Of at least two shares with different indices, none 0.
fn join<'a>(shares: impl Iterator<Item = &'a Share>) -> Half {
    let mut shares: Vec<Vec<u8>> = shares.map(|share| share.to_vec().to_vec()).collect();
    let combined = Gf256::combine_bytes(&shares);
    shares.zeroize();
    let combined = Zeroizing::new(combined.expect("two or more shares of one length, with different indices, none 0"));
    let mut half = [0; 32];
    half.copy_from_slice(&combined);
    Half::from_bytes(&mut half)
}

/// Every way to choose `size` of `count` things, by their places, in order.
fn subsets(count: usize, size: usize) -> impl Iterator<Item = Vec<usize>> {
    let first: Vec<usize> = (0..size).collect();
    std::iter::successors(Some(first), move |chosen| {
        let mut next = chosen.clone();
        let movable = (0..size).rev().find(|at| chosen[*at] < count - size + at)?;
        next[movable] += 1;
        for at in movable + 1..size {
            next[at] = next[at - 1] + 1;
        }
        Some(next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_are_all_there_are() {
        assert_eq!(subsets(3, 2).collect::<Vec<_>>(), [[0, 1], [0, 2], [1, 2]]);
        assert_eq!(subsets(2, 2).count(), 1);
        assert_eq!(subsets(7, 3).count(), 35);
    }
}
