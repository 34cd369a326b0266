//! An account's seed from its wallet, by one signature of one fixed message.

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::KeyError;
use crate::bytes::{Address, keccak256};
use crate::kdf::hkdf;
use crate::secret::AccountSeed;

/// The nonce of the message. A sign-in with it must be refused: the signature would be the key.
pub const NONCE: &str = "chartkeyv1enckey";

/// What a wallet signs to derive the seed. It has the shape of EIP-4361, because wallets warn when its domain is not
/// the page's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    domain: String,
    address: Address,
    chain_id: u64,
    epoch: u32,
}

impl Enrolment {
    /// For an account on a chain, at the domain (RFC 3986 authority: host, and port if any) where it enrols. `epoch`
    /// counts the account's keys, from 1: another epoch is another key.
    pub fn new(domain: &str, address: Address, chain_id: u64, epoch: u32) -> Result<Self, KeyError> {
        let allowed =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
        if domain.is_empty() || domain.len() > 255 || !domain.bytes().all(allowed) {
            return Err(KeyError::BadDomain(domain.to_owned()));
        }
        Ok(Enrolment { domain: domain.to_owned(), address, chain_id, epoch })
    }

    /// The text to sign with `personal_sign` (EIP-191, version 0x45). README.md has it in full.
    pub fn message(&self) -> String {
        let Enrolment { domain, address, chain_id, epoch } = self;
        format!(
            "{domain} wants you to sign in with your Ethereum account:\n\
             {address}\n\
             \n\
             Make my Chartkey encryption key. Whoever has this signature can read what is meant for me: \
             sign this only here.\n\
             \n\
             URI: https://{domain}/encryption-key/{epoch}\n\
             Version: 1\n\
             Chain ID: {chain_id}\n\
             Nonce: {NONCE}\n\
             Issued At: 2026-01-01T00:00:00Z"
        )
    }

    /// The seed from two signatures of [`message`](Enrolment::message), made one after the other. Fails if they differ:
    /// that wallet would never give the same seed again.
    pub fn seed(&self, first: &[u8], second: &[u8]) -> Result<AccountSeed, KeyError> {
        let [first, second] = [self.rs(first)?, self.rs(second)?];
        if !bool::from(first[..].ct_eq(&second[..])) {
            return Err(KeyError::NotDeterministic);
        }
        Ok(self.derive(&first))
    }

    /// The seed from one signature, for an account that enrolled before; whether it is the right one, its published key
    /// tells.
    pub fn seed_again(&self, signature: &[u8]) -> Result<AccountSeed, KeyError> {
        let rs = self.rs(signature)?;
        Ok(self.derive(&rs))
    }

    /// `HKDF-SHA256(ikm = r ‖ s, salt = "chartkey/v1/enc-seed", info = address)`.
    fn derive(&self, rs: &[u8; 64]) -> AccountSeed {
        AccountSeed::from_bytes(&mut hkdf(rs, b"chartkey/v1/enc-seed", &[&self.address.0]))
    }

    /// r ‖ s with the lower of the two possible s, of a signature that is this account's.
    fn rs(&self, signature: &[u8]) -> Result<Zeroizing<[u8; 64]>, KeyError> {
        let (rs, [v]) = signature.split_first_chunk::<64>().ok_or(KeyError::NotASignature)? else {
            return Err(KeyError::NotASignature);
        };
        let recovery = match v {
            0 | 27 => 0,
            1 | 28 => 1,
            _ => return Err(KeyError::NotASignature),
        };
        let mut recovery = RecoveryId::from_byte(recovery).ok_or(KeyError::NotASignature)?;
        let mut signature = Signature::from_slice(rs).map_err(|_| KeyError::NotASignature)?;
        if let Some(low) = signature.normalize_s() {
            signature = low;
            recovery = RecoveryId::new(!recovery.is_y_odd(), false);
        }
        let found = self.signer(&signature, recovery)?;
        if found != self.address {
            return Err(KeyError::WrongSigner { expected: self.address, found });
        }
        Ok(Zeroizing::new(signature.to_bytes().into()))
    }

    fn signer(&self, signature: &Signature, recovery: RecoveryId) -> Result<Address, KeyError> {
        let message = self.message();
        let prefix = format!("\x19Ethereum Signed Message:\n{}", message.len());
        let hash = keccak256(&[prefix.as_bytes(), message.as_bytes()]);
        let key =
            VerifyingKey::recover_from_prehash(&hash, signature, recovery).map_err(|_| KeyError::NotASignature)?;
        let point = key.to_encoded_point(false);
        let hash = keccak256(&[&point.as_bytes()[1..]]);
        let (_, address) = hash.split_last_chunk().ok_or(KeyError::NotASignature)?;
        Ok(Address(*address))
    }
}
