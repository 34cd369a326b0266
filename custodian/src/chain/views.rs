//! What the contract answers.

use chartkey_vault::{Address, Digest, Scope};
use ethers::abi::{AbiDecode, AbiEncode, Token};
use ethers::types::{Bytes, U64};
use serde_json::{Value, json};

use super::bindings as abi;
use super::{Chain, ChainError, h160};
use crate::typed::Hash;

/// What a smart account may spend on a signature: as in the contract (`Signatures.sol`), and what the call costs before.
const SIGNATURE_GAS: u64 = 700_000;
/// `isValidSignature(bytes32,bytes)` (ERC-1271).
const IS_VALID_SIGNATURE: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];

/// A grant's slot. All zero: there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GrantSlot {
    pub expires_at: u64,
    pub epoch: u32,
    pub purposes: u16,
    pub rights: u8,
}

/// What is used of a record's slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordSlot {
    pub author: Address,
    pub folder: u32,
    /// 0: not in the chart.
    pub status: u8,
}

fn height(block: Option<u64>) -> Value {
    block.map_or(json!("latest"), |number| json!(U64::from(number)))
}

impl Chain {
    /// What every node answers to each of several calls. They differ where one lags or lies.
    async fn ask_contract<R: AbiDecode>(
        &self,
        calls: &[impl AbiEncode + Clone],
        at: Option<u64>,
    ) -> Result<Vec<Vec<R>>, ChainError> {
        let to = h160(self.domain.contract);
        let data = calls.iter().map(|call| Bytes::from(call.clone().encode()));
        let calls: Vec<_> = data.map(|data| ("eth_call", json!([{"to": to, "data": data}, height(at)]))).collect();
        let mut all = Vec::new();
        for node in &self.nodes {
            let answers: Vec<Bytes> = node.ask_all(&calls).await?;
            let decoded = answers.iter().map(|answer| R::decode(answer));
            let decoded: Result<Vec<R>, _> = decoded.collect();
            all.push(decoded.map_err(|error| node.nonsense("eth_call", &error.to_string()))?);
        }
        Ok(all)
    }

    /// Of each record, the contract's reason why not, 0 for allowed: the first of the nodes' that is not, if they differ.
    pub async fn why_not(
        &self,
        patient: Address,
        digests: &[Digest],
        reader: (Address, Address),
        purpose: u8,
        at: Option<u64>,
    ) -> Result<Vec<u8>, ChainError> {
        let (reader, via) = (h160(reader.0), h160(reader.1));
        let call = |digest: &Digest| abi::WhyNotCall { patient: h160(patient), digest: digest.0, reader, via, purpose };
        let calls: Vec<_> = digests.iter().map(call).collect();
        let answers = self.ask_contract::<abi::WhyNotReturn>(&calls, at).await?;
        let worst =
            |place: usize| answers.iter().map(|node| node[place].reason).find(|reason| *reason != 0).unwrap_or(0);
        Ok((0..digests.len()).map(worst).collect())
    }

    /// The slot of a grant at the latest block, as each node has it.
    pub async fn grant_slots(
        &self,
        patient: Address,
        grantee: Address,
        scope: Scope,
    ) -> Result<Vec<GrantSlot>, ChainError> {
        let call = abi::GrantOfCall { patient: h160(patient), grantee: h160(grantee), scope: scope.0 };
        let answers = self.ask_contract::<abi::GrantOfReturn>(&[call], None).await?;
        let slots = answers.into_iter().flatten().map(|abi::GrantOfReturn(slot)| GrantSlot {
            expires_at: slot.expires_at,
            epoch: slot.epoch,
            purposes: slot.purposes,
            rights: slot.rights,
        });
        Ok(slots.collect())
    }

    /// A chart's epoch at the latest block: the greatest that a node has.
    pub async fn epoch(&self, patient: Address) -> Result<u32, ChainError> {
        let call = abi::EpochOfCall { patient: h160(patient) };
        let answers = self.ask_contract::<abi::EpochOfReturn>(&[call], None).await?;
        Ok(answers.into_iter().flatten().map(|answer| answer.0).max().unwrap_or(0))
    }

    /// Records' slots at the latest block of the node that is followed.
    pub async fn records(&self, patient: Address, digests: &[Digest]) -> Result<Vec<RecordSlot>, ChainError> {
        let call = |digest: &Digest| abi::RecordOfCall { patient: h160(patient), digest: digest.0 };
        let calls: Vec<_> = digests.iter().map(call).collect();
        let answers = self.ask_contract::<abi::RecordOfReturn>(&calls, None).await?;
        let slots = answers.into_iter().next().unwrap_or_default().into_iter().map(|abi::RecordOfReturn(slot)| {
            RecordSlot { author: Address(slot.author.0), folder: slot.folder, status: slot.status }
        });
        Ok(slots.collect())
    }

    /// When a guardian's time ends, at the latest block: the earliest that a node has. 0: no guardian.
    pub async fn guardian_until(&self, patient: Address, guardian: Address) -> Result<u64, ChainError> {
        let call = abi::GuardianUntilCall { patient: h160(patient), guardian: h160(guardian) };
        let answers = self.ask_contract::<abi::GuardianUntilReturn>(&[call], None).await?;
        Ok(answers.into_iter().flatten().map(|answer| answer.0).min().unwrap_or(0))
    }

    /// Whether somebody registered as a patient.
    pub async fn is_patient(&self, account: Address) -> Result<bool, ChainError> {
        let call = abi::IsPatientCall { account: h160(account) };
        let answers = self.ask_contract::<abi::IsPatientReturn>(&[call], None).await?;
        Ok(answers.into_iter().flatten().all(|answer| answer.0))
    }

    /// Whether an account's code accepts a signature (ERC-1271), by every node.
    pub async fn accepts(&self, account: Address, hash: Hash, signature: &[u8]) -> Result<bool, ChainError> {
        let arguments = [Token::FixedBytes(hash.to_vec()), Token::Bytes(signature.to_vec())];
        let data = Bytes::from([&IS_VALID_SIGNATURE[..], &ethers::abi::encode(&arguments)].concat());
        let call = json!([{"to": h160(account), "data": data, "gas": U64::from(SIGNATURE_GAS)}, "latest"]);
        for node in &self.nodes {
            match node.ask::<Bytes>("eth_call", call.clone()).await {
                // The selector, and zeros: anything else is no, and so is code that reverts.
                Ok(said)
                    if said.len() == 32 && said[..4] == IS_VALID_SIGNATURE && said[4..].iter().all(|b| *b == 0) => {}
                Ok(_) | Err(ChainError::Refused { .. }) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}
