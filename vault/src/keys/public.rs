use rand::CryptoRng;

use super::{KeyError, Suite};
use crate::bytes::{KeyId, keccak256};
use crate::label::Label;

/// A public key that is safe to seal to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    suite: Suite,
    bytes: Vec<u8>,
}

impl PublicKey {
    /// From what `KeyPublished` carries; the suite is told by the length, as on chain. Refuses keys that are no secret
    /// to anybody: the contract does not.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let suite = Suite::ALL.into_iter().find(|suite| suite.public_length() == bytes.len());
        let suite = suite.ok_or(KeyError::UnknownKeyLength(bytes.len()))?;
        suite.check_public(bytes)?;
        Ok(PublicKey { suite, bytes: bytes.to_vec() })
    }

    pub(super) fn of_seed(suite: Suite, seed: &[u8; 32]) -> Self {
        PublicKey { suite, bytes: suite.public_of(seed) }
    }

    /// Its suite.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// 1216 or 32 bytes, as published.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `keccak256(suite ‖ key)`, as in `KeyPublished`.
    pub fn id(&self) -> KeyId {
        KeyId(keccak256(&[&[self.suite.byte()], &self.bytes]))
    }

    /// Seals `payload` (HPKE base mode, `info` by the label, empty `aad`): `enc ‖ ciphertext`, 1136 or 48 bytes longer
    /// than it.
    pub fn seal(&self, label: &Label, payload: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, KeyError> {
        self.suite.seal(&self.bytes, &label.info(), payload, rng)
    }
}
