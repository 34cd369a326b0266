//! Transactions of the custodian's own account: opens that it logs for readers, and heads of its log.

use chartkey_vault::Address;
use ethers::abi::AbiEncode as _;
use ethers::types::transaction::eip1559::Eip1559TransactionRequest;
use ethers::types::transaction::eip2718::TypedTransaction;
use ethers::types::{Bytes, H256, Signature, U64, U256};
use serde_json::json;
use tokio::sync::Mutex;

use super::bindings as abi;
use super::{Chain, ChainError, h160};
use crate::key::Keys;
use crate::typed::{Hash, OpenRequest};

/// Gas for one more open of a batch, as the contract's gas tests bound it, with what a smart account's signature may want.
const OPEN_GAS: u64 = 600_000;
/// Gas for the transaction itself, and what the contract wants to have left.
const BASE_GAS: u64 = 700_000;
/// Gas for a head: a transaction with less than 200 bytes (EIP-7623).
const ANCHOR_GAS: u64 = 40_000;
/// What is paid for priority, in wei.
const TIP: u64 = 1_000_000_000;

/// Sends one transaction after the other.
pub struct Sender {
    /// Held from asking for the account's nonce until the transaction is with the node.
    turn: Mutex<()>,
}

impl Default for Sender {
    fn default() -> Self {
        Sender { turn: Mutex::new(()) }
    }
}

impl Sender {
    /// Logs signed opens in one transaction.
    pub async fn log_opens(
        &self,
        chain: &Chain,
        keys: &Keys,
        opens: &[(OpenRequest, Vec<u8>)],
    ) -> Result<Hash, ChainError> {
        let request = |open: &OpenRequest| abi::OpenRequest {
            patient: h160(open.patient),
            digest: open.digest.0,
            reader: h160(open.reader),
            via: h160(open.via),
            purpose: open.purpose,
            nonce: U256::from_big_endian(&open.nonce),
            deadline: open.deadline.into(),
        };
        let call = abi::LogOpensCall {
            requests: opens.iter().map(|(open, _)| request(open)).collect(),
            signatures: opens.iter().map(|(_, signature)| signature.clone().into()).collect(),
        };
        let gas = BASE_GAS + OPEN_GAS * opens.len() as u64;
        self.send(chain, keys, chain.domain().contract, call.encode(), gas).await
    }

    /// Puts bytes on chain: in a transaction of the account to itself.
    pub async fn anchor(&self, chain: &Chain, keys: &Keys, bytes: Vec<u8>) -> Result<Hash, ChainError> {
        self.send(chain, keys, keys.address(), bytes, ANCHOR_GAS).await
    }

    async fn send(&self, chain: &Chain, keys: &Keys, to: Address, data: Vec<u8>, gas: u64) -> Result<Hash, ChainError> {
        let _turn = self.turn.lock().await;
        let node = chain.lead();
        let nonce: U256 = node.ask("eth_getTransactionCount", json!([h160(keys.address()), "pending"])).await?;
        let price: U256 = node.ask("eth_gasPrice", json!([])).await?;
        let transaction = Eip1559TransactionRequest::new()
            .chain_id(chain.domain().chain_id)
            .nonce(nonce)
            .to(h160(to))
            .gas(gas)
            .max_priority_fee_per_gas(TIP)
            // Twice the price of now: what is not needed is not paid.
            .max_fee_per_gas(price * 2 + TIP)
            .data(data);
        let transaction = TypedTransaction::Eip1559(transaction);
        let signed = keys.sign(transaction.sighash().0);
        let signature = Signature {
            r: U256::from_big_endian(&signed[..32]),
            s: U256::from_big_endian(&signed[32..64]),
            // As ethers wants it (EIP-155), to make the parity of it.
            v: u64::from(signed[64] - 27) + 35 + 2 * chain.domain().chain_id,
        };
        let raw: Bytes = transaction.rlp_signed(&signature);
        let sent: H256 = node.ask("eth_sendRawTransaction", json!([raw])).await?;
        Ok(sent.0)
    }

    /// Whether a transaction was mined, and did not revert.
    pub async fn is_mined(&self, chain: &Chain, transaction: Hash) -> Result<Option<bool>, ChainError> {
        #[derive(serde::Deserialize)]
        struct Receipt {
            status: U64,
        }
        let receipt = chain.lead().ask::<Option<Receipt>>("eth_getTransactionReceipt", json!([H256(transaction)]));
        Ok(receipt.await?.map(|receipt| !receipt.status.is_zero()))
    }
}
