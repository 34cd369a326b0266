//! What a refusal of the contract means.

use std::fmt::{self, Display, Formatter};

use ethers::{abi::Token, types::Bytes, types::H256, utils::to_checksum};
use thiserror::Error;

use super::bindings::CHARTKEY_ABI;
use crate::rpc::RpcError;

/// Why a call or transaction failed.
#[derive(Debug, Error)]
pub enum CallError {
    /// The contract refused.
    #[error("the contract refused: {0}")]
    Reverted(Revert),
    /// The node could not be asked, or refused by itself.
    #[error(transparent)]
    Rpc(RpcError),
    /// The transaction was taken but not mined in time.
    #[error("{0}")]
    NotMined(String),
    /// What was fine when asked failed when mined: something else came first.
    #[error("transaction {transaction:#x} failed in block {block}")]
    FailedInBlock {
        /// Its hash.
        transaction: H256,
        /// Its block's number.
        block: u64,
    },
    /// The answer is not of the type asked for.
    #[error("the contract's answer cannot be decoded: {0}")]
    Undecodable(String),
}

impl From<RpcError> for CallError {
    fn from(error: RpcError) -> Self {
        match &error {
            RpcError::Refused { revert: Some(data), .. } => Self::Reverted(Revert::decode(data)),
            _ => Self::Rpc(error),
        }
    }
}

/// A custom error of the contract with its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Revert {
    /// The error's name; `0x…` of the data if it is none of the contract's.
    pub name: String,
    /// Names and values of its arguments.
    pub values: Vec<(String, Token)>,
}

impl Revert {
    /// Reads revert data.
    #[must_use]
    pub fn decode(data: &Bytes) -> Self {
        known(data).unwrap_or_else(|| Self { name: data.to_string(), values: Vec::new() })
    }
}

fn known(data: &Bytes) -> Option<Revert> {
    let (selector, arguments) = data.split_at_checked(4)?;
    let error = CHARTKEY_ABI.errors().find(|error| error.signature()[..4] == *selector)?;
    let names = error.inputs.iter().map(|input| input.name.clone());
    let values = names.zip(error.decode(arguments).ok()?).collect();
    Some(Revert { name: error.name.clone(), values })
}

impl Display for Revert {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let values: Vec<String> = self.values.iter().map(|(name, value)| format!("{name}: {}", show(value))).collect();
        write!(formatter, "{}({})", self.name, values.join(", "))
    }
}

fn show(value: &Token) -> String {
    match value {
        Token::Address(address) => to_checksum(address, None),
        Token::Uint(number) | Token::Int(number) => number.to_string(),
        Token::FixedBytes(bytes) | Token::Bytes(bytes) => Bytes::from(bytes.clone()).to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use ethers::{
        abi::{AbiEncode, encode},
        types::Address,
        utils::id,
    };

    use super::*;

    #[test]
    fn a_custom_error_shows_its_name_and_values() {
        let patient: Address = "0x5FbDB2315678afecb367f032d93F642f64180aa3".parse().unwrap();
        let data = [id("UnknownPatient(address)").to_vec(), patient.encode()].concat();
        let shown = Revert::decode(&data.into()).to_string();
        assert_eq!(shown, "UnknownPatient(patient: 0x5FbDB2315678afecb367f032d93F642f64180aa3)");
    }

    #[test]
    fn unknown_data_is_shown_raw() {
        let data = [vec![1, 2, 3, 4], encode(&[])].concat();
        assert_eq!(Revert::decode(&data.into()).to_string(), "0x01020304()");
    }
}
