//! Where the contract is: what a deployment leaves behind and the indexer reads.

use std::{fs, path::Path, str::FromStr};

use anyhow::{Context, Result};
use ethers::{types::Address, utils::to_checksum};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// One deployment of the contract, as JSON `{"chainId", "contract", "block", "forwarder"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The contract's address; EIP-55 checksummed in JSON.
    #[serde(serialize_with = "checksummed", deserialize_with = "address")]
    pub contract: Address,
    /// The block that holds the deployment: no event is earlier.
    pub block: u64,
    /// The forwarder that the contract trusts to say who signed; EIP-55 checksummed in JSON.
    #[serde(serialize_with = "checksummed", deserialize_with = "address")]
    pub forwarder: Address,
}

impl Deployment {
    /// Writes it as JSON.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let json = serde_json::to_string_pretty(self)? + "\n";
        fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Reads what [`Deployment::write`] wrote; `None` if there is no such file.
    ///
    /// # Errors
    /// When the file cannot be read or is something else.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        match fs::read_to_string(path) {
            Ok(json) => {
                let read = serde_json::from_str(&json);
                read.map(Some).with_context(|| format!("{} is not a deployment", path.display()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}

fn checksummed<S: Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&to_checksum(address, None))
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
    Address::from_str(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_the_indexers_field_names() {
        let contract = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
        let forwarder = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512";
        let deployment = Deployment {
            chain_id: 31337,
            contract: contract.parse().unwrap(),
            block: 7,
            forwarder: forwarder.parse().unwrap(),
        };
        let json = serde_json::to_string(&deployment).unwrap();
        let expected = format!(r#"{{"chainId":31337,"contract":"{contract}","block":7,"forwarder":"{forwarder}"}}"#);
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<Deployment>(&json).unwrap(), deployment);
    }
}
