//! The contract's events, those that matter to a custodian.

use chartkey_vault::{Address, Digest, Domain, GrantId, GrantTerms, Scope};
use ethers::contract::EthEvent as _;
use ethers::types::{Bytes, H256, U64};
use serde::Deserialize;
use serde_json::json;

use super::bindings as abi;
use super::{Chain, ChainError, h160};
use crate::typed::Hash;

/// Something that happened on chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// `None`: with a `sealedKey` that nobody can have deposited for. What was in the slot has ended all the same.
    Granted {
        patient: Address,
        grantee: Address,
        scope: Scope,
        granted: Option<Granted>,
    },
    Revoked {
        patient: Address,
        grantee: Address,
        scope: Scope,
    },
    Renounced {
        patient: Address,
        grantee: Address,
        scope: Scope,
    },
    EveryoneRevoked {
        patient: Address,
        epoch: u32,
    },
    Opened(Opened),
    KeyPublished {
        account: Address,
        key: Vec<u8>,
    },
}

/// A grant's terms, and the id that they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    pub id: GrantId,
    pub terms: GrantTerms,
}

/// An open that is on chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub patient: Address,
    pub digest: Digest,
    pub reader: Address,
    pub via: Address,
    pub purpose: u8,
    pub nonce: Hash,
}

/// An event and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    pub block: u64,
    pub hash: Hash,
    pub log_index: u64,
    pub event: Event,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeLog {
    block_number: U64,
    block_hash: H256,
    log_index: U64,
    topics: Vec<H256>,
    data: Bytes,
}

impl Chain {
    /// The events of a range of blocks, both ends included, in order.
    pub async fn events(&self, from: u64, to: u64) -> Result<Vec<Located>, ChainError> {
        if from > to {
            return Ok(Vec::new());
        }
        let topics = [
            abi::AccessGrantedFilter::signature(),
            abi::AccessRevokedFilter::signature(),
            abi::AccessRenouncedFilter::signature(),
            abi::EveryoneRevokedFilter::signature(),
            abi::RecordOpenedFilter::signature(),
            abi::KeyPublishedFilter::signature(),
        ];
        let filter = json!([{
            "address": h160(self.domain().contract),
            "fromBlock": U64::from(from),
            "toBlock": U64::from(to),
            "topics": [topics],
        }]);
        let mut logs: Vec<NodeLog> = self.lead().ask("eth_getLogs", filter).await?;
        logs.sort_by_key(|log| (log.block_number, log.log_index));
        let read = |log: NodeLog| {
            let unreadable = || self.lead().nonsense("eth_getLogs", "a log that this version cannot read");
            let event = decode(self.domain(), log.topics, log.data).ok_or_else(unreadable)?;
            let (block, log_index) = (log.block_number.as_u64(), log.log_index.as_u64());
            Ok(Located { block, hash: log.block_hash.0, log_index, event })
        };
        logs.into_iter().map(read).collect()
    }
}

fn decode(domain: &Domain, topics: Vec<H256>, data: Bytes) -> Option<Event> {
    use abi::ChartkeyEvents as E;
    let log = ethers::abi::RawLog { topics, data: data.to_vec() };
    let slot = |patient: ethers::types::H160, grantee: ethers::types::H160, scope: [u8; 32]| {
        (Address(patient.0), Address(grantee.0), Scope(scope))
    };
    Some(match <E as ethers::contract::EthLogDecode>::decode_log(&log).ok()? {
        E::AccessGrantedFilter(e) => {
            let (patient, grantee, scope) = slot(e.patient, e.grantee, e.scope);
            let granted = GrantTerms::nonce_of(&e.sealed_key).map(|nonce| {
                let (rights, purposes, expires_at, epoch) = (e.rights, e.purposes, e.expires_at, e.epoch);
                let terms = GrantTerms { patient, grantee, scope, rights, purposes, expires_at, epoch, nonce };
                Granted { id: terms.id(domain), terms }
            });
            Event::Granted { patient, grantee, scope, granted }
        }
        E::AccessRevokedFilter(e) => {
            let (patient, grantee, scope) = slot(e.patient, e.grantee, e.scope);
            Event::Revoked { patient, grantee, scope }
        }
        E::AccessRenouncedFilter(e) => {
            let (patient, grantee, scope) = slot(e.patient, e.grantee, e.scope);
            Event::Renounced { patient, grantee, scope }
        }
        E::EveryoneRevokedFilter(e) => Event::EveryoneRevoked { patient: Address(e.patient.0), epoch: e.epoch },
        E::RecordOpenedFilter(e) => {
            let mut nonce = [0; 32];
            e.nonce.to_big_endian(&mut nonce);
            Event::Opened(Opened {
                patient: Address(e.patient.0),
                digest: Digest(e.digest),
                reader: Address(e.reader.0),
                via: Address(e.via.0),
                purpose: e.purpose,
                nonce,
            })
        }
        E::KeyPublishedFilter(e) => Event::KeyPublished { account: Address(e.account.0), key: e.key.to_vec() },
        _ => return None,
    })
}
