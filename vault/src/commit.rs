//! `keyCommit`: one ciphertext, one content key. AES-GCM alone does not bind its key, so without it an author could
//! make a file that two keys open differently, and a wrong share would be noticed only after a download.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use crate::bytes::{Digest, KeyCommit};
use crate::secret::ContentKey;

/// The commitment that `RecordAdded` carries: `SHA-256("chartkey/v1/commit" ‖ digest ‖ CK)`.
pub fn commit(digest: Digest, key: &ContentKey) -> KeyCommit {
    let hasher = Sha256::new().chain_update(b"chartkey/v1/commit").chain_update(digest).chain_update(key.expose());
    KeyCommit(hasher.finalize().into())
}

/// Whether `key` is the one that `committed` commits to.
pub fn is_committed(committed: KeyCommit, digest: Digest, key: &ContentKey) -> bool {
    commit(digest, key).0.ct_eq(&committed.0).into()
}
