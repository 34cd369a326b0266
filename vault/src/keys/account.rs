use rand::CryptoRng;
use zeroize::Zeroizing;

use super::{KeyError, PublicKey, Suite};
use crate::kdf::hkdf;
use crate::label::Label;
use crate::{AccountSeed, GrantId, GrantSeed};

/// An account's key pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKey {
    suite: Suite,
    seed: AccountSeed,
}

impl AccountKey {
    /// Of a seed, which is the private key itself.
    pub fn new(suite: Suite, seed: AccountSeed) -> Self {
        AccountKey { suite, seed }
    }

    /// A fresh one: for services, and for accounts whose wallet is not deterministic.
    pub fn random(suite: Suite, rng: &mut impl CryptoRng) -> Self {
        AccountKey::new(suite, AccountSeed::random(rng))
    }

    /// Its suite.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// The seed.
    pub fn seed(&self) -> &AccountSeed {
        &self.seed
    }

    /// What is published. Costs a tenth of a millisecond: keep it.
    pub fn public(&self) -> PublicKey {
        PublicKey::of_seed(self.suite, self.seed.expose())
    }

    /// Opens what was sealed to this key with this label and has `length` bytes inside.
    pub fn open(&self, label: &Label, sealed: &[u8], length: usize) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let expected = self.suite.sealed_length(length);
        if sealed.len() != expected {
            return Err(KeyError::WrongLength { suite: self.suite, expected, found: sealed.len() });
        }
        self.suite.open(self.seed.expose(), &label.info(), sealed)
    }

    /// Opens 32 bytes.
    pub(crate) fn open_32(&self, label: &Label, sealed: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let opened = self.open(label, sealed, 32)?;
        opened.as_slice().try_into().map(Zeroizing::new).map_err(|_| KeyError::DoesNotOpen)
    }

    /// The seed of a grant that this patient gives: `HKDF-SHA256(ikm = account's seed, salt = "chartkey/v1/grant-seed",
    /// info = grantId)`. So a patient who has lost everything but the recovery kit can deposit shares for grants in
    /// force.
    pub fn grant_seed(&self, grant: GrantId) -> GrantSeed {
        GrantSeed::from_bytes(&mut hkdf(self.seed.expose(), b"chartkey/v1/grant-seed", &[&grant.0]))
    }
}
