//! The Chartkey contract on a development chain: deploying it, acting on it, asking it.

pub mod bindings;
mod revert;
mod signed;

use std::{fs, time::Duration};

use anyhow::{Context, Result};
use ethers::{
    abi::{AbiDecode, AbiEncode, Token},
    types::{Address, Bytes, H256, U64, U256},
};
pub use revert::{CallError, Revert};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    deployment::Deployment,
    rpc::{Rpc, RpcError},
    toolchain::Toolchain,
    wait,
};

/// What forge makes of the contract, and of the forwarder, which the contract's tests import; below its folder `out`.
const CHARTKEY: &str = "Chartkey.sol/Chartkey.json";
const FORWARDER: &str = "ERC2771Forwarder.sol/ERC2771Forwarder.json";
/// In the EIP-712 domain of what is signed for the forwarder.
const FORWARDER_NAME: &str = "Chartkey forwarder";
/// The wait before the contract's admin can be handed over, in seconds: five days, as a public chain would have.
const ADMIN_DELAY: u64 = 5 * 24 * 60 * 60;
/// How long a transaction may take to be mined.
const MINED: Duration = Duration::from_secs(30);
/// Gas for a transaction. A limit of ours keeps the node from estimating, so that one which reverts is refused by
/// the check before it and not mined in vain.
const GAS: u64 = 10_000_000;

/// A block to ask at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The chain's newest.
    Latest,
    /// The block of this number, after all its transactions.
    Block(u64),
}

impl At {
    fn tag(self) -> String {
        match self {
            Self::Latest => "latest".to_owned(),
            Self::Block(number) => format!("{number:#x}"),
        }
    }
}

/// What a mined transaction left.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Its hash.
    pub transaction_hash: H256,
    /// The block's number.
    pub block_number: U64,
    /// The block's hash.
    pub block_hash: H256,
    /// Gas of the whole transaction.
    pub gas_used: U256,
    /// The contract it created.
    pub contract_address: Option<Address>,
    /// What it logged.
    pub logs: Vec<Log>,
    status: U64,
}

/// One log of a receipt.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Log {
    /// Signature, subject and two more.
    pub topics: Vec<H256>,
    /// The other arguments, ABI-encoded.
    pub data: Bytes,
    /// Its place in the block.
    pub log_index: U64,
}

/// Deploys the contract and the forwarder it trusts, compiled by `forge build`, from the first account of the node; `admin`
/// gets the admin role.
///
/// # Errors
/// When the contract was not compiled, or the chain refuses.
pub async fn deploy(tools: &Toolchain, rpc: &Rpc, admin: Address) -> Result<Deployment> {
    let named = [Token::String(FORWARDER_NAME.to_owned())];
    let (forwarder, _) = create(rpc, bytecode(tools, FORWARDER)?, &named).await?;
    let arguments = [Token::Uint(ADMIN_DELAY.into()), Token::Address(admin), Token::Address(forwarder)];
    let (contract, block) = create(rpc, creation_code(tools)?, &arguments).await?;
    Ok(Deployment { chain_id: chain_id(rpc).await?, contract, block, forwarder })
}

/// Deploys any contract that `forge build` compiled, by its place below its folder `out`, like
/// `Wallets.sol/OwnedWallet.json`, from the first account of the node; gives its address.
///
/// # Errors
/// When it was not compiled, or the chain refuses.
pub async fn deploy_other(tools: &Toolchain, rpc: &Rpc, artifact: &str, arguments: &[Token]) -> Result<Address> {
    Ok(create(rpc, bytecode(tools, artifact)?, arguments).await?.0)
}

/// Creates a contract of `code`; gives its address and its block.
async fn create(rpc: &Rpc, mut code: Vec<u8>, arguments: &[Token]) -> Result<(Address, u64)> {
    code.extend(ethers::abi::encode(arguments));
    let accounts: Vec<Address> = rpc.call("eth_accounts", json!([])).await?;
    let deployer = accounts.first().context("the chain has no unlocked account to deploy from")?;
    let receipt = send_raw(rpc, json!({"from": deployer, "data": Bytes::from(code)})).await?;
    let address = receipt.contract_address.context("the deployment left no contract")?;
    Ok((address, receipt.block_number.as_u64()))
}

async fn chain_id(rpc: &Rpc) -> Result<u64, RpcError> {
    Ok(rpc.call::<U64>("eth_chainId", json!([])).await?.as_u64())
}

/// Whether what was deployed is what is compiled now.
///
/// # Errors
/// When the contract was not compiled, or the chain does not answer.
pub async fn is_compiled_one(tools: &Toolchain, rpc: &Rpc, deployment: &Deployment) -> Result<bool> {
    let block: Value = rpc.call("eth_getBlockByNumber", json!([U64::from(deployment.block), true])).await?;
    let deployed: Bytes = serde_json::from_value(block["transactions"][0]["input"].clone())?;
    Ok(deployed.starts_with(&creation_code(tools)?))
}

pub(crate) fn creation_code(tools: &Toolchain) -> Result<Vec<u8>> {
    bytecode(tools, CHARTKEY)
}

fn bytecode(tools: &Toolchain, artifact: &str) -> Result<Vec<u8>> {
    let path = tools.root().join("out").join(artifact);
    let missing = || format!("the contract is not compiled ({}): run `make build`", path.display());
    let artifact: Value = serde_json::from_str(&fs::read_to_string(&path).with_context(missing)?)?;
    let code: Bytes = serde_json::from_value(artifact["bytecode"]["object"].clone()).with_context(missing)?;
    Ok(code.to_vec())
}

/// The contract at its address on a chain. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Contract {
    rpc: Rpc,
    address: Address,
}

impl Contract {
    /// The contract at `address` of the chain behind `rpc`. Nothing is sent.
    #[must_use]
    pub fn new(rpc: &Rpc, address: Address) -> Self {
        Self { rpc: rpc.clone(), address }
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> Address {
        self.address
    }

    /// The chain it is on.
    #[must_use]
    pub fn rpc(&self) -> &Rpc {
        &self.rpc
    }

    /// Has `from` (an unlocked account) make `call` (a type of [`bindings`]: `GrantAccessCall`, …), and waits until it
    /// is mined. On a chain that mines each transaction at once that is one block.
    ///
    /// # Errors
    /// [`CallError::Reverted`] if the contract refuses: nothing is sent then.
    pub async fn send<C: AbiEncode>(&self, from: Address, call: C) -> Result<Receipt, CallError> {
        let transaction = json!({"from": from, "to": self.address, "data": Bytes::from(call.encode())});
        send_raw(&self.rpc, transaction).await
    }

    /// As [`Contract::send`], without waiting: several can share a block.
    ///
    /// # Errors
    /// When the node does not take it. A revert is only seen in the receipt.
    pub async fn submit<C: AbiEncode>(&self, from: Address, call: C) -> Result<H256, CallError> {
        let data = Bytes::from(call.encode());
        let transaction = json!({"from": from, "to": self.address, "data": data, "gas": U64::from(GAS / 10)});
        Ok(self.rpc.call("eth_sendTransaction", json!([transaction])).await?)
    }

    /// What a view answers, as a type of [`bindings`] (`CanOpenReturn`, …) or any that decodes it.
    ///
    /// # Errors
    /// [`CallError::Reverted`] if the contract refuses.
    pub async fn call_at<R: AbiDecode>(&self, call: impl AbiEncode, at: At) -> Result<R, CallError> {
        let request = json!({"to": self.address, "data": Bytes::from(call.encode())});
        let answer: Bytes = self.rpc.call("eth_call", json!([request, at.tag()])).await?;
        R::decode(&answer).map_err(|error| CallError::Undecodable(error.to_string()))
    }
}

async fn send_raw(rpc: &Rpc, mut transaction: Value) -> Result<Receipt, CallError> {
    rpc.call::<Bytes>("eth_call", json!([transaction, "pending"])).await?;
    transaction["gas"] = json!(U64::from(GAS));
    let hash: H256 = rpc.call("eth_sendTransaction", json!([transaction])).await?;
    let receipt = receipt(rpc, hash).await.map_err(|error| CallError::NotMined(error.to_string()))?;
    if receipt.status.is_zero() {
        return Err(CallError::FailedInBlock { transaction: hash, block: receipt.block_number.as_u64() });
    }
    Ok(receipt)
}

/// The receipt of a transaction, once it is mined.
///
/// # Errors
/// When it is not mined within half a minute.
pub async fn receipt(rpc: &Rpc, transaction: H256) -> Result<Receipt> {
    wait::until("a transaction to be mined", MINED, || async {
        let receipt: Result<Option<Receipt>, RpcError> =
            rpc.call("eth_getTransactionReceipt", json!([transaction])).await;
        Ok(receipt?)
    })
    .await
}
