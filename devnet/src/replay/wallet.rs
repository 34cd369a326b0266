//! Accounts of the story whose keys there are, so that they can sign in.

use anyhow::Result;
use ethers::{
    core::k256::ecdsa::SigningKey,
    types::Address,
    utils::{hash_message, hex, secret_key_to_address},
};

use super::hash::{Account, keccak, of_number};

/// An account and its key. Like everything here, it follows from its number: no secret.
#[derive(Debug, Clone)]
pub struct Wallet {
    key: SigningKey,
    account: Address,
}

impl Wallet {
    /// Of the account that came up as number `nth`, from 0, in a chain whose accounts have keys.
    ///
    /// # Panics
    /// When a hash is zero or beyond the curve's order, which no hash that anybody has seen is.
    #[must_use]
    pub fn of(nth: u32) -> Self {
        let secret = keccak(&[b"chartkey/replay/key", &of_number(nth.into())]);
        let key = SigningKey::from_bytes(&secret.into()).expect("a hash is a key, but for one in 2^127");
        Self { account: secret_key_to_address(&key), key }
    }

    /// Its account.
    #[must_use]
    pub fn account(&self) -> Address {
        self.account
    }

    /// Signs a text as wallets do (EIP-191). In hexadecimal, with `0x`.
    ///
    /// # Errors
    /// When the curve's arithmetic has none for it, which happens to no text in practice.
    pub fn sign(&self, text: &str) -> Result<String> {
        let (signature, recovery) = self.key.sign_prehash_recoverable(hash_message(text).as_bytes())?;
        Ok(format!("0x{}{:02x}", hex::encode(signature.to_bytes()), 27 + recovery.to_byte()))
    }
}

/// The account alone.
pub(super) fn account(nth: u32) -> Account {
    Wallet::of(nth).account.0
}
