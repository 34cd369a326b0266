//! The file that a deployment leaves behind.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::model::{Address, Hash, TrailDomain};

/// Where the contract is, as `script/deploy` or the devnet wrote it (docs/DEPLOYMENT.md). The indexer needs the first three; it
/// names the others so that a key it does not know is refused as the mistake it is.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deployment {
    /// EIP-155 chain id.
    pub chain_id: u64,
    pub contract: Address,
    /// The block it was deployed in.
    pub block: u64,
    /// The forwarder it trusts to say who signed.
    pub forwarder: Option<Address>,
    /// The contract through which portals read many things at once.
    pub lens: Option<Address>,
    /// Who gave roles at first, and the seconds until another takes over.
    pub admin: Option<Address>,
    pub admin_delay: Option<u64>,
    /// What the addresses follow from, where they follow from one.
    pub salt: Option<Hash>,
}

impl Deployment {
    /// Reads the file. Errors name it.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the deployment file {name}"))?;
        let deployment: Deployment = serde_json::from_str(&text).with_context(|| {
            format!(
                "{name} is not a deployment file: expected {{\"chainId\", \"contract\", \"block\"}}, and possibly \
                 \"forwarder\", \"lens\", \"admin\", \"adminDelay\", \"salt\""
            )
        })?;
        if deployment.chain_id == 0 || i64::try_from(deployment.chain_id.max(deployment.block)).is_err() {
            bail!("{name}: chainId must be at least 1, and it and block less than 2^63");
        }
        Ok(deployment)
    }

    /// What its trails start from.
    pub fn domain(&self) -> TrailDomain {
        TrailDomain { chain_id: self.chain_id, contract: self.contract }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `script/deploy` wrote it on a private chain.
    const WRITTEN: &str = r#"{
  "chainId": 900001,
  "contract": "0x1C695d62C4fc1606973d4B9c84AC822cb53A5757",
  "block": 2,
  "forwarder": "0x4a12066d1fF6e0EccCCcD71268e3A38aDd1c2eE2",
  "lens": "0xa631415D434930E5A0DFf6e38660517091c285eF",
  "admin": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
  "adminDelay": 432000,
  "salt": "0x85fa9998d1c899f2200fc7c15d3bbbb61423ed5e5239965a0992862f2d32278c"
}
"#;

    fn read(text: &str) -> anyhow::Result<Deployment> {
        let path = std::env::temp_dir().join(format!("deployment-{}-{}.json", std::process::id(), text.len()));
        std::fs::write(&path, text).unwrap();
        let read = Deployment::read(&path);
        std::fs::remove_file(&path).unwrap();
        read
    }

    #[test]
    fn what_a_deployment_wrote_is_taken() {
        let deployment = read(WRITTEN).unwrap();
        assert_eq!((deployment.chain_id, deployment.block), (900_001, 2));
        assert_eq!(deployment.contract.to_string(), "0x1C695d62C4fc1606973d4B9c84AC822cb53A5757");
        assert!(deployment.lens.is_some() && deployment.admin.is_some() && deployment.admin_delay == Some(432_000));
        // Where no addresses follow from a salt.
        let (rest, _) = WRITTEN.split_once(",\n  \"salt\"").unwrap();
        assert!(read(&format!("{rest}}}")).unwrap().salt.is_none());
    }

    #[test]
    fn what_nobody_writes_is_refused_with_what_is_expected() {
        let unknown = WRITTEN.replace("adminDelay", "adminsDelay");
        for text in [unknown.as_str(), "{\"chainId\": 1}", "[]", &WRITTEN.replace("900001", "0")] {
            let refused = format!("{:#}", read(text).unwrap_err());
            assert!(refused.contains("deployment-") && refused.contains("chainId"), "{refused}");
        }
        assert!(format!("{:#}", read(&unknown).unwrap_err()).contains("adminsDelay"));
    }
}
