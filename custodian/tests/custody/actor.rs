//! Somebody with a wallet and an encryption key.

use chartkey_custodian::signature::{address, sign};
use chartkey_custodian::typed::{Hash, OpenRequest, ReleaseRequest, What};
use chartkey_vault::{AccountKey, Address, Digest, GrantId, Suite, system_rng};
use k256::ecdsa::SigningKey;

pub struct Actor {
    pub wallet: SigningKey,
    pub key: AccountKey,
    pub address: Address,
}

impl Actor {
    pub fn new() -> Self {
        let wallet = SigningKey::from_slice(&rand::random::<[u8; 32]>()).unwrap();
        let address = address(wallet.verifying_key());
        Actor { wallet, key: AccountKey::random(Suite::XWing, &mut system_rng()), address }
    }

    pub fn sign(&self, hash: Hash) -> Vec<u8> {
        sign(&self.wallet, hash).to_vec()
    }

    pub fn h160(&self) -> ethers::types::Address {
        ethers::types::H160(self.address.0)
    }

    /// A request to read one record, for treatment, by oneself.
    pub fn asks(&self, patient: Address, grant_id: GrantId, kind: What, digest: Digest) -> ReleaseRequest {
        ReleaseRequest {
            patient,
            grant_id,
            kind,
            digests: vec![digest],
            reader: self.address,
            via: Address::default(),
            purpose: 0,
            key_id: self.key.public().id(),
            open: [0; 32],
            nonce: rand::random(),
            issued_at: now(),
        }
    }

    /// An open of one record, for treatment, by oneself.
    pub fn opens(&self, patient: Address, digest: Digest) -> OpenRequest {
        OpenRequest {
            patient,
            digest,
            reader: self.address,
            via: Address::default(),
            purpose: 0,
            nonce: rand::random(),
            deadline: now() + 3600,
        }
    }
}

pub fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}
