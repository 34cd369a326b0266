//! Smart accounts, asked whether they accept a signature (ERC-1271).

use std::time::Duration;

use reqwest::Url;
use serde_json::json;

use super::endpoint::Endpoint;
use super::error::ChainError;
use super::pool::{First, Pool};
use super::refusal::Refusal;
use super::wire::Call;
use crate::model::{Address, Hash, keccak256};

/// For one request with its answer, and for one question over all endpoints.
const REQUEST: Duration = Duration::from_secs(5);
const QUESTION: Duration = Duration::from_secs(10);
/// What the account may spend, as in the contract (`Signatures.sol`).
const ACCOUNT_GAS: u64 = 500_000;
/// What a call costs before the account begins: a transaction's own, and at most so much for each byte of its data (EIP-7623).
const CALL_GAS: u64 = 21_000;
const BYTE_GAS: u64 = 40;
/// Bytes of an answer: memory for more costs more gas than there is.
const ANSWER: usize = 2 << 20;

/// Nodes to ask smart accounts through. Apart from those that the chain is followed by, so that whoever signs in cannot slow that down.
pub struct Erc1271 {
    pool: Pool,
}

impl Erc1271 {
    /// Prepares clients; does not connect. At least one endpoint. Fails if the system gives no TLS.
    pub fn new(urls: Vec<Url>) -> Result<Self, ChainError> {
        let endpoints = urls.into_iter().map(|url| Endpoint::new(url, REQUEST)).collect::<Result<_, _>>()?;
        Ok(Erc1271 { pool: Pool::new(endpoints) })
    }

    /// Whether the account's code on the chain of this id accepts a signature of a hash, at the latest block. An account without
    /// code, one that reverts, and one that wants more than 500 000 gas do not.
    pub async fn accepts(
        &self,
        chain_id: u64,
        account: Address,
        hash: Hash,
        signature: &[u8],
    ) -> Result<bool, ChainError> {
        let question = question(hash, signature);
        let gas = ACCOUNT_GAS + CALL_GAS + BYTE_GAS * question.len() as u64;
        let call = json!({ "to": account, "data": ethers::types::Bytes::from(question), "gas": format!("{gas:#x}") });
        let calls = [
            Call { method: "eth_chainId", params: json!([]) },
            Call { method: "eth_call", params: json!([call, "latest"]) },
        ];
        let read = |mut answers: Vec<Option<String>>, number: usize| {
            let name = self.pool.endpoint(number).name();
            let (Some(said), Some(chain)) = (answers.pop().flatten(), answers.pop().flatten()) else {
                return Err(ChainError::nonsense(name, "eth_call", "no result"));
            };
            if chain != format!("{chain_id:#x}") {
                return Err(ChainError::nonsense(name, "eth_chainId", format!("{chain}, not {chain_id:#x}")));
            }
            Ok(said.to_lowercase().starts_with(&yes()))
        };
        let asked = tokio::time::timeout(QUESTION, self.pool.ask(First::Any, &calls, ANSWER, read)).await;
        match asked {
            Ok(Err(ChainError::Refused { why: Refusal::Reverted, .. })) => Ok(false),
            Ok(answered) => answered,
            Err(_) => Err(ChainError::TimedOut { endpoint: "the chain".into(), seconds: QUESTION.as_secs() }),
        }
    }
}

const SIGNATURE: &[u8] = b"isValidSignature(bytes32,bytes)";

fn selector() -> [u8; 4] {
    let hash = keccak256(SIGNATURE);
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The word that means yes: the selector, and zeros.
fn yes() -> String {
    format!("0x{:08x}{:056}", u32::from_be_bytes(selector()), 0)
}

/// `isValidSignature(hash, signature)`, ABI-encoded.
fn question(hash: Hash, signature: &[u8]) -> Vec<u8> {
    use ethers::abi::{Token, encode};
    let arguments = [Token::FixedBytes(hash.0.to_vec()), Token::Bytes(signature.to_vec())];
    [&selector()[..], &encode(&arguments)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_what_the_standard_says() {
        assert_eq!(yes(), format!("0x1626ba7e{}", "0".repeat(56)));
        let asked = question(Hash([7; 32]), &[1, 2, 3]);
        assert_eq!(asked.len(), 4 + 4 * 32);
        assert_eq!((&asked[4..36], asked[67], asked[99], &asked[100..104]), (&[7; 32][..], 64, 3, &[1, 2, 3, 0][..]));
    }
}
