//! Whose signature it is: of an account's key, or of a smart account (ERC-1271).

use std::sync::Arc;

use async_trait::async_trait;

use super::message::Statement;
use crate::api::error::ApiError;
use crate::model::{Address, Hash};

/// Bytes of a signature, at most: those of smart accounts hold several, or a proof.
const LONGEST_SIGNATURE: usize = 4096;

/// Whoever can ask smart accounts on the chain.
#[async_trait]
pub trait SmartAccounts: Send + Sync {
    /// Whether the account's code on the chain of this id accepts a signature of a hash (ERC-1271), at the latest block. An error
    /// says why the chain could not be asked, without secrets and addresses: it is logged.
    async fn accepts(&self, chain_id: u64, account: Address, hash: Hash, signature: &[u8]) -> Result<bool, String>;
}

/// Who can be asked about smart accounts, if anybody.
pub(in crate::api) type Accounts = Option<Arc<dyn SmartAccounts>>;

/// Reads 0x and hexadecimal digits.
pub(super) fn read_signature(text: &str) -> Result<Vec<u8>, ApiError> {
    let wrong = || {
        let expected = format!(
            "signature: expected 0x and an even number of hexadecimal digits, at most {LONGEST_SIGNATURE} bytes"
        );
        ApiError::BadRequest(expected)
    };
    let digits = text.strip_prefix("0x").filter(|digits| digits.len().is_multiple_of(2) && digits.is_ascii());
    let digits = digits.filter(|digits| digits.len() <= 2 * LONGEST_SIGNATURE).ok_or_else(wrong)?;
    let pairs = digits.as_bytes().chunks_exact(2).map(|pair| {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        Some(digit(pair[0])? << 4 | digit(pair[1])?)
    });
    pairs.collect::<Option<_>>().ok_or_else(wrong)
}

/// Refused unless the account's key made the signature or, failing that, its code on the chain accepts it.
pub(super) async fn require_signature(
    statement: &Statement,
    signature: &[u8],
    chain_id: u64,
    accounts: &Accounts,
) -> Result<(), ApiError> {
    if statement.is_signed_by_key(signature) {
        return Ok(());
    }
    let account = statement.account();
    let Some(accounts) = accounts else {
        return Err(ApiError::SignInRefused(format!(
            "{account} did not sign this message with a key, and this instance cannot ask smart accounts, because it has no node \
             (RPC_URL)"
        )));
    };
    match accounts.accepts(chain_id, account, statement.hash()?, signature).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            let why =
                format!("{account} did not sign this message: neither by its key, nor as a smart account (ERC-1271)");
            Err(ApiError::SignInRefused(why))
        }
        Err(cause) => Err(ApiError::NoChain(cause)),
    }
}
