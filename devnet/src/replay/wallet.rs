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

#[cfg(test)]
mod tests {
    use ethers::types::Signature;

    use super::*;
    use crate::replay::{Replay, ReplayOptions};

    #[test]
    fn what_a_wallet_signs_is_its_accounts() {
        let wallet = Wallet::of(3);
        let signature: Signature = wallet.sign("a text").unwrap().parse().unwrap();
        assert_eq!(signature.recover("a text").unwrap(), wallet.account());
    }

    #[tokio::test]
    async fn patients_have_keys_where_asked_for() {
        let options = ReplayOptions { events: 200, ..ReplayOptions::default() };
        let (with, without) = (Replay::start(ReplayOptions { keys: true, ..options }), Replay::start(options));
        let keys: Vec<_> = (0..100).map(|nth| Wallet::of(nth).account()).collect();
        let patients = |replay: &Replay| replay.subjects().into_iter().filter(|subject| !subject.is_zero()).collect();
        let (with, without): (Vec<_>, Vec<_>) = (patients(&with.unwrap()), patients(&without.unwrap()));
        assert!(!with.is_empty() && with.len() == without.len());
        assert!(with.iter().all(|patient| keys.contains(patient)));
        assert!(without.iter().all(|patient| !keys.contains(patient)));
    }
}
