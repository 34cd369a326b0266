//! Acts that one account signs (EIP-712) and another sends. The node signs: it holds the development accounts' keys.

use ethers::{
    abi::AbiEncode,
    types::{Address, Bytes, U256},
};
use serde_json::{Value, json};

use super::{
    At, CallError, Contract, FORWARDER_NAME, Receipt,
    bindings::{ExecuteCall, ForwardRequestData, NoncesCall, NoncesReturn, OpenRequest},
    chain_id, send_raw,
};
use crate::rpc::{Rpc, RpcError};

/// Gas that a forwarder passes on.
const PASSED_ON: u64 = 1_000_000;
/// When a signed act must have been relayed: never, 2^48 - 1.
const NO_DEADLINE: u64 = (1 << 48) - 1;

impl Contract {
    /// The reader's signature of an open, for `LogOpensCall`.
    ///
    /// # Errors
    /// When the node does not hold the reader's key.
    pub async fn sign_open(&self, request: &OpenRequest) -> Result<Bytes, RpcError> {
        let fields = [
            ("patient", "address", json!(request.patient)),
            ("digest", "bytes32", json!(Bytes::from(request.digest))),
            ("reader", "address", json!(request.reader)),
            ("via", "address", json!(request.via)),
            ("purpose", "uint8", json!(request.purpose)),
            ("nonce", "uint256", json!(request.nonce)),
            ("deadline", "uint256", json!(request.deadline)),
        ];
        sign(self.rpc(), request.reader, ("Chartkey", self.address()), "OpenRequest", &fields).await
    }

    /// Has `signer` sign `call` for `forwarder`, and `relayer` send it and pay its gas.
    ///
    /// # Errors
    /// As [`Contract::send`]: a refusal of the contract is the forwarder's `FailedCall`.
    pub async fn relay(
        &self,
        forwarder: Address,
        signer: Address,
        relayer: Address,
        call: impl AbiEncode,
    ) -> Result<Receipt, CallError> {
        let forwarder = Self::new(self.rpc(), forwarder);
        let NoncesReturn(nonce) = forwarder.call_at(NoncesCall { owner: signer }, At::Latest).await?;
        let mut request = ForwardRequestData {
            from: signer,
            to: self.address(),
            value: U256::zero(),
            gas: PASSED_ON.into(),
            deadline: NO_DEADLINE,
            data: call.encode().into(),
            signature: Bytes::new(),
        };
        let fields = [
            ("from", "address", json!(request.from)),
            ("to", "address", json!(request.to)),
            ("value", "uint256", json!(request.value)),
            ("gas", "uint256", json!(request.gas)),
            ("nonce", "uint256", json!(nonce)),
            ("deadline", "uint48", json!(request.deadline)),
            ("data", "bytes", json!(request.data)),
        ];
        let domain = (FORWARDER_NAME, forwarder.address());
        request.signature = sign(self.rpc(), signer, domain, "ForwardRequest", &fields).await?;
        let data = Bytes::from(ExecuteCall { request }.encode());
        send_raw(self.rpc(), json!({"from": relayer, "to": forwarder.address(), "data": data})).await
    }
}

/// A signature of the struct `kind` with `fields` (name, type, value) in the domain (name, contract), version 1.
async fn sign(
    rpc: &Rpc,
    signer: Address,
    domain: (&str, Address),
    kind: &str,
    fields: &[(&str, &str, Value)],
) -> Result<Bytes, RpcError> {
    let types: Vec<Value> = fields.iter().map(|(name, of, _)| json!({"name": name, "type": of})).collect();
    let message: Value = fields.iter().map(|(name, _, value)| ((*name).to_owned(), value.clone())).collect();
    let typed = json!({
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            kind: types,
        },
        "primaryType": kind,
        "domain": {
            "name": domain.0,
            "version": "1",
            "chainId": chain_id(rpc).await?,
            "verifyingContract": domain.1,
        },
        "message": message,
    });
    rpc.call("eth_signTypedData_v4", json!([signer, typed])).await
}
