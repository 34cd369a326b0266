use chartkey_vault::sharing::{Share, SharingError, combine, recover_content, split};
use chartkey_vault::{Digest, GrantSeed, Half, KeyName, Kind, RecordKeys, ShareSecret, commit};
use serde_json::{Value, json};

use super::{check, hex};
use crate::support::Fixed;

fn published(share: &Share) -> Value {
    json!({"index": share.index, "share": hex(share.secret.expose())})
}

/// Every choice of `threshold` shares, by a mask of which are in it.
fn subsets(shares: &[Share], threshold: u8) -> impl Iterator<Item = Vec<Share>> {
    let chosen =
        move |mask: u32| (0..shares.len()).filter(|at| mask >> at & 1 == 1).map(|at| shares[at].clone()).collect();
    (0..1u32 << shares.len()).filter(move |mask| mask.count_ones() == u32::from(threshold)).map(chosen)
}

fn sharing(threshold: u8, count: u8) -> Value {
    let mut rng = Fixed::new(&format!("{threshold} of {count}"));
    let half = Half::random(&mut rng);
    let shares = split(&half, threshold, count, &mut rng).unwrap();
    let mut combinations = Vec::new();
    for subset in subsets(&shares, threshold) {
        assert_eq!(combine(&subset, threshold), Ok(half.clone()));
        combinations.push(subset.iter().map(|share| share.index).collect::<Vec<_>>());
    }
    for subset in subsets(&shares, threshold - 1).filter(|subset| subset.len() >= 2) {
        assert_ne!(combine(&subset, threshold - 1), Ok(half.clone()));
    }
    json!({
        "threshold": threshold, "count": count, "secret": hex(half.expose()),
        "shares": shares.iter().map(published).collect::<Vec<_>>(), "combinations": combinations,
    })
}

fn wrong() -> Value {
    let mut rng = Fixed::new("wrong");
    let (keys, seed, digest) = (RecordKeys::random(&mut rng), GrantSeed::random(&mut rng), Digest(rng.bytes()));
    let half = seed.custody_half(KeyName { kind: Kind::Content, digest }, keys.content.expose());
    let mut shares = split(&half, 2, 3, &mut rng).unwrap();
    shares[1].secret = ShareSecret::random(&mut rng);
    let committed = commit(digest, &keys.content);
    assert_eq!(recover_content(&seed, digest, &shares, 2, committed).unwrap().wrong, [2]);
    let two = recover_content(&seed, digest, &shares[..2], 2, committed);
    assert_eq!(two, Err(SharingError::WrongShares));
    json!({
        "threshold": 2, "grantSeed": hex(seed.expose()), "digest": digest.to_string(), "keyCommit": committed.to_string(),
        "shares": shares.iter().map(published).collect::<Vec<_>>(), "wrong": [2], "contentKey": hex(keys.content.expose()),
        "error": SharingError::WrongShares.to_string(),
    })
}

#[test]
fn shares_are_as_published() {
    let all = [(2, 2), (2, 3), (3, 3), (3, 5), (4, 7)].map(|(threshold, count)| sharing(threshold, count));
    check(
        "shares.json",
        "Shamir's sharing in GF(2^8): each of `combinations`, by its shares' indices, gives `secret`. `wrong`: \
         all three shares give `contentKey` and tell which one is wrong; the first two give `error`.",
        json!({"sharings": all, "wrong": wrong()}),
    );
}
