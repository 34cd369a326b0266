//! Grants: their ids, their seeds, and the two halves of every key in their scope.

use rand::CryptoRng;

use crate::bytes::{Address, GrantId, Scope, keccak256};
use crate::kdf::hkdf;
use crate::keys::{AccountKey, KeyError, PublicKey};
use crate::label::{KeyName, Label};
use crate::secret::{GrantSeed, Half};

/// Which contract on which chain: the EIP-712 domain, with name `Chartkey` and version `1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain {
    pub chain_id: u64,
    pub contract: Address,
}

impl Domain {
    /// EIP-712's domain separator, the contract's own `domainSeparator()`.
    pub fn separator(&self) -> [u8; 32] {
        let type_hash =
            keccak256(&[b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"]);
        let (name, version) = (keccak256(&[b"Chartkey"]), keccak256(&[b"1"]));
        keccak256(&[&type_hash, &name, &version, &word(&self.chain_id.to_be_bytes()), &word(&self.contract.0)])
    }
}

/// What a grant is, as in `AccessGranted`. The nonce begins the event's `sealedKey`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantTerms {
    pub patient: Address,
    /// Practitioner or care team; zero in an emergency's, which is made before anybody breaks the glass.
    pub grantee: Address,
    pub scope: Scope,
    /// Bits: READ 1, WRITE 2, REFER 4.
    pub rights: u8,
    /// Bits: `1 << purpose`.
    pub purposes: u16,
    /// Unix seconds, below 2^40.
    pub expires_at: u64,
    /// The chart's epoch.
    pub epoch: u32,
    /// Random: a grant that is given again on the same terms is another grant, with another seed and other shares.
    pub nonce: u64,
}

const GRANT_TYPE: &[u8] = b"Grant(address patient,address grantee,bytes32 scope,uint8 rights,uint16 purposes,\
uint40 expiresAt,uint32 epoch,uint64 nonce)";

impl GrantTerms {
    /// Of a grant to whoever breaks the glass while the chart is in that epoch: what is not known beforehand is zero.
    pub fn emergency(patient: Address, epoch: u32, nonce: u64) -> Self {
        let (read, break_the_glass) = (1, 1 << 2);
        GrantTerms {
            patient,
            grantee: Address::default(),
            scope: Scope::EMERGENCY,
            rights: read,
            purposes: break_the_glass,
            expires_at: 0,
            epoch,
            nonce,
        }
    }

    /// EIP-712: `keccak256(0x1901 ‖ domain ‖ hashStruct)`.
    pub fn id(&self, domain: &Domain) -> GrantId {
        let fields = [
            keccak256(&[GRANT_TYPE]),
            word(&self.patient.0),
            word(&self.grantee.0),
            self.scope.0,
            word(&[self.rights]),
            word(&self.purposes.to_be_bytes()),
            word(&self.expires_at.to_be_bytes()),
            word(&self.epoch.to_be_bytes()),
            word(&self.nonce.to_be_bytes()),
        ];
        let hash = keccak256(&[fields.as_flattened()]);
        GrantId(keccak256(&[&[0x19, 0x01], &domain.separator(), &hash]))
    }

    /// What goes into `AccessGranted.sealedKey`: `u64 nonce ‖ seal of the seed to the grantee`, 1176 or 88 bytes.
    pub fn seal(
        &self,
        domain: &Domain,
        seed: &GrantSeed,
        grantee: &PublicKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, KeyError> {
        let sealed = grantee.seal(&Label::Grant { grant: self.id(domain) }, seed.expose(), rng)?;
        Ok([&self.nonce.to_be_bytes()[..], &sealed].concat())
    }

    /// The grantee's way back: `self.nonce` is replaced by the one in `sealed_key`.
    pub fn open(&self, domain: &Domain, sealed_key: &[u8], grantee: &AccountKey) -> Result<GrantSeed, KeyError> {
        let (nonce, sealed) = sealed_key.split_first_chunk().ok_or(KeyError::DoesNotOpen)?;
        let terms = GrantTerms { nonce: u64::from_be_bytes(*nonce), ..*self };
        let mut seed = grantee.open_32(&Label::Grant { grant: terms.id(domain) }, sealed)?;
        Ok(GrantSeed::from_bytes(&mut seed))
    }

    /// The nonce in an event's `sealedKey`; none if that is empty or not ours, and then nobody can have deposited
    /// shares for it.
    pub fn nonce_of(sealed_key: &[u8]) -> Option<u64> {
        sealed_key.first_chunk().map(|nonce| u64::from_be_bytes(*nonce))
    }
}

impl GrantSeed {
    /// `A`: the grantee's half of a key, `HKDF-SHA256(ikm = a_g, no salt, info = "chartkey/v1/share" ‖ 00 ‖ kind ‖
    /// digest)`.
    pub fn half(&self, key: KeyName) -> Half {
        let info: [&[u8]; 3] = [b"chartkey/v1/share\0", &[key.kind.byte()], &key.digest.0];
        Half::from_bytes(&mut hkdf(self.expose(), &[], &info))
    }

    /// `B = key ⊕ A`: what custodians share of `secret`, which is the record's content or title key.
    pub fn custody_half(&self, key: KeyName, secret: &[u8; 32]) -> Half {
        self.half(key).xor(secret)
    }

    /// `key = A ⊕ B`.
    pub(crate) fn join(&self, key: KeyName, custody: &Half) -> Half {
        self.half(key).xor(custody.expose())
    }
}

/// A value in an EIP-712 word: big-endian, to the right.
fn word(bytes: &[u8]) -> [u8; 32] {
    let mut word = [0; 32];
    word[32 - bytes.len()..].copy_from_slice(bytes);
    word
}
