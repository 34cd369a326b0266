//! The log's tree, as in RFC 9162 (section 2.1): `SHA-256(00 ‖ leaf)`, `SHA-256(01 ‖ left ‖ right)`. Pure: who has the
//! hashes of whole subtrees, at (level, place), gives them.

use sha2::{Digest as _, Sha256};

use crate::typed::Hash;

/// A subtree that is whole and will not change: the leaves `place · 2^level` and so on, `2^level` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    pub level: u8,
    pub place: u64,
}

/// A run of leaves that is one subtree of some tree, whole or not.
pub type Run = std::ops::Range<u64>;

pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree without leaves.
pub fn empty() -> Hash {
    Sha256::digest([]).into()
}

/// The whole subtrees that a run consists of, from left to right.
pub fn parts(run: Run) -> Vec<Node> {
    let (mut from, mut parts) = (run.start, Vec::new());
    while from < run.end {
        // As large as fits, and as where it begins allows.
        let fits = u64::BITS - 1 - (run.end - from).leading_zeros();
        let level = fits.min(from.trailing_zeros());
        parts.push(Node { level: u8::try_from(level).expect("below 64"), place: from >> level });
        from += 1 << level;
    }
    parts
}

/// The hash of a run from those of its parts, in their order; of no parts, the empty tree's.
pub fn root(parts: &[Hash]) -> Hash {
    let from_the_right = parts.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
    from_the_right.unwrap_or_else(empty)
}

/// The whole subtrees that come to be by appending leaf `place`, from below: each is made of the one before and its left
/// neighbour.
pub fn grown(place: u64) -> impl Iterator<Item = (Node, Node)> {
    (0..u8::try_from(place.trailing_ones()).expect("at most 64")).map(move |level| {
        let right = place >> level;
        (Node { level, place: right - 1 }, Node { level: level + 1, place: right >> 1 })
    })
}

/// The runs whose hashes prove that leaf `place` is in the tree of `size` leaves, in RFC 9162's order. None if it is not.
pub fn inclusion(place: u64, size: u64) -> Option<Vec<Run>> {
    if place >= size {
        return None;
    }
    let (mut run, mut path) = (0..size, Vec::new());
    while run.end - run.start > 1 {
        let middle = run.start + half(run.end - run.start);
        if place < middle {
            path.push(middle..run.end);
            run.end = middle;
        } else {
            path.push(run.start..middle);
            run.start = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// The runs whose hashes prove that the tree of `first` leaves begins the tree of `second`, in RFC 9162's order. None if
/// there is nothing to prove: the first is empty or larger.
pub fn consistency(first: u64, second: u64) -> Option<Vec<Run>> {
    if first == 0 || first > second {
        return None;
    }
    let (mut run, mut path, mut is_known) = (0..second, Vec::new(), true);
    while run.end != first {
        let middle = run.start + half(run.end - run.start);
        if first <= middle {
            path.push(middle..run.end);
            run.end = middle;
        } else {
            path.push(run.start..middle);
            run.start = middle;
            is_known = false;
        }
    }
    if !is_known {
        path.push(run);
    }
    path.reverse();
    Some(path)
}

/// The greatest power of two below a number above 1.
fn half(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

/// Whether a proof shows that a leaf with this hash is at `place` of the tree of `size` leaves with this root.
pub fn is_included(leaf: Hash, place: u64, size: u64, proof: &[Hash], expected: Hash) -> bool {
    let Some(runs) = inclusion(place, size) else { return false };
    let joined = runs.iter().zip(proof).fold(leaf, |hash, (run, other)| {
        if run.start > place { node_hash(&hash, other) } else { node_hash(other, &hash) }
    });
    runs.len() == proof.len() && joined == expected
}

/// Whether a proof shows that the tree of `sizes.0` leaves with `roots.0` begins that of `sizes.1` with `roots.1`.
pub fn is_consistent(sizes: (u64, u64), roots: (Hash, Hash), proof: &[Hash]) -> bool {
    let (first, second) = sizes;
    if first == second {
        return proof.is_empty() && roots.0 == roots.1;
    }
    let Some(runs) = consistency(first, second) else { return false };
    if runs.len() != proof.len() {
        return false;
    }
    // Where the first tree is a whole subtree of the second, its root is not in the proof.
    let begins = first.is_power_of_two();
    let mut rest = runs.iter().zip(proof);
    let start = if begins { roots.0 } else { rest.next().map_or(roots.0, |(_, hash)| *hash) };
    let (old, new) = rest.fold((start, start), |(old, new), (run, hash)| {
        if run.start >= first { (old, node_hash(&new, hash)) } else { (node_hash(hash, &old), node_hash(hash, &new)) }
    });
    (old, new) == roots
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the RFC defines it, by recursion over the leaves themselves.
    fn defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty(),
            [one] => *one,
            more => {
                let (left, right) = more.split_at(usize::try_from(half(more.len() as u64)).unwrap());
                node_hash(&defined(left), &defined(right))
            }
        }
    }

    fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    fn hash_of(leaves: &[Hash], run: Run) -> Hash {
        let cut = |from: u64, to: u64| &leaves[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()];
        let parts =
            parts(run).into_iter().map(|node| defined(cut(node.place << node.level, (node.place + 1) << node.level)));
        root(&parts.collect::<Vec<_>>())
    }

    #[test]
    fn roots_are_as_defined() {
        for size in 0..70 {
            assert_eq!(hash_of(&leaves(size), 0..size), defined(&leaves(size)), "{size}");
        }
    }

    #[test]
    fn the_roots_of_certificate_transparency() {
        // From the reference implementation's tests (certificate-transparency, MerkleTreeTest).
        let inputs: [&[u8]; 3] = [b"", b"\x00", b"\x10"];
        let hashes: Vec<Hash> = inputs.into_iter().map(leaf_hash).collect();
        let hex = |size| chartkey_vault::bytes::hex(&defined(&hashes[..size]));
        assert_eq!(hex(0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hex(1), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(hex(2), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
        assert_eq!(hex(3), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
    }

    #[test]
    fn proofs_prove_and_nothing_else_does() {
        for size in 1..40 {
            let leaves = leaves(size);
            let whole = defined(&leaves);
            for place in 0..size {
                let proof: Vec<Hash> =
                    inclusion(place, size).unwrap().into_iter().map(|run| hash_of(&leaves, run)).collect();
                let leaf = leaves[usize::try_from(place).unwrap()];
                assert!(is_included(leaf, place, size, &proof, whole), "{place} of {size}");
                assert!(!is_included([0; 32], place, size, &proof, whole));
                assert!(!is_included(leaf, place, size, &proof, [0; 32]));
            }
            for first in 1..=size {
                let runs = consistency(first, size).unwrap();
                let proof: Vec<Hash> = runs.into_iter().map(|run| hash_of(&leaves, run)).collect();
                let old = defined(&leaves[..usize::try_from(first).unwrap()]);
                assert!(is_consistent((first, size), (old, whole), &proof), "{first} of {size}");
                assert!(!is_consistent((first, size), ([1; 32], whole), &proof));
                assert!(!is_consistent((first, size), (old, [1; 32]), &proof));
            }
        }
        assert_eq!((inclusion(3, 3), consistency(4, 3), consistency(0, 3)), (None, None, None));
    }

    #[test]
    fn what_grows_is_whole() {
        assert_eq!(grown(2).count(), 0);
        let grown: Vec<_> = grown(3).collect();
        assert_eq!(grown[0], (Node { level: 0, place: 2 }, Node { level: 1, place: 1 }));
        assert_eq!(grown[1], (Node { level: 1, place: 0 }, Node { level: 2, place: 0 }));
        assert_eq!(grown.len(), 2);
    }
}
