//! The two ciphersuites, each HPKE in base mode, one message per seal.

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::{X25519HkdfSha256, XWing};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal_with_rng};
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::KeyError;
use super::x25519::is_low_order;

/// How a key seals. Numbers are the contract's (`Types.sol`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Suite {
    /// X-Wing (KEM 0x647a: ML-KEM-768 and X25519), HKDF-SHA256, AES-256-GCM. The default: holds against quantum
    /// computers.
    XWing = 1,
    /// DHKEM(X25519) (KEM 0x0020), HKDF-SHA256, AES-256-GCM: where gas matters more.
    X25519 = 2,
}

impl Suite {
    /// Both.
    pub const ALL: [Suite; 2] = [Suite::XWing, Suite::X25519];

    /// The byte that stands for it.
    pub fn byte(self) -> u8 {
        self as u8
    }

    /// Bytes of a public key: 1216 or 32.
    pub fn public_length(self) -> usize {
        match self {
            Suite::XWing => 1216,
            Suite::X25519 => 32,
        }
    }

    /// Bytes of the encapsulated key that begins a seal: 1120 or 32.
    fn encapsulated_length(self) -> usize {
        match self {
            Suite::XWing => 1120,
            Suite::X25519 => 32,
        }
    }

    /// Bytes of a sealed payload of `payload` bytes.
    pub fn sealed_length(self, payload: usize) -> usize {
        self.encapsulated_length() + payload + 16
    }

    /// The public key of a seed, which *is* the private key: HPKE's DeriveKeyPair is never called, libraries disagree
    /// on it.
    pub(super) fn public_of(self, seed: &[u8; 32]) -> Vec<u8> {
        match self {
            Suite::XWing => public_of::<XWing>(seed),
            Suite::X25519 => public_of::<X25519HkdfSha256>(seed),
        }
    }

    /// Refuses what is unsafe to seal to.
    pub(super) fn check_public(self, public: &[u8]) -> Result<(), KeyError> {
        // X-Wing's X25519 half is its last 32 bytes, in keys and in encapsulated keys.
        let (_, x25519) = public.split_last_chunk::<32>().ok_or(KeyError::UnknownKeyLength(public.len()))?;
        if is_low_order(x25519) {
            return Err(KeyError::UnsafeKey);
        }
        let parsed = match self {
            Suite::XWing => parse::<<XWing as Kem>::PublicKey>(public).map(drop),
            Suite::X25519 => parse::<<X25519HkdfSha256 as Kem>::PublicKey>(public).map(drop),
        };
        parsed.map_err(|_| KeyError::UnsafeKey)
    }

    pub(super) fn seal(
        self,
        public: &[u8],
        info: &[u8],
        payload: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, KeyError> {
        match self {
            Suite::XWing => seal::<XWing>(public, info, payload, rng),
            Suite::X25519 => seal::<X25519HkdfSha256>(public, info, payload, rng),
        }
    }

    pub(super) fn open(self, seed: &[u8; 32], info: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (encapsulated, ciphertext) =
            sealed.split_at_checked(self.encapsulated_length()).ok_or(KeyError::DoesNotOpen)?;
        // The hpke crate refuses this for X25519 only; every client has to open the same seals.
        let (_, x25519) = encapsulated.split_last_chunk().ok_or(KeyError::DoesNotOpen)?;
        if is_low_order(x25519) {
            return Err(KeyError::DoesNotOpen);
        }
        match self {
            Suite::XWing => open::<XWing>(seed, info, encapsulated, ciphertext),
            Suite::X25519 => open::<X25519HkdfSha256>(seed, info, encapsulated, ciphertext),
        }
    }
}

fn parse<T: Deserializable>(bytes: &[u8]) -> Result<T, KeyError> {
    T::from_bytes(bytes).map_err(|_| KeyError::DoesNotOpen)
}

fn public_of<K: Kem>(seed: &[u8; 32]) -> Vec<u8> {
    let private = K::PrivateKey::from_bytes(seed).expect("any 32 bytes are a private key of both suites");
    K::sk_to_pk(&private).to_bytes().to_vec()
}

fn seal<K: Kem>(public: &[u8], info: &[u8], payload: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, KeyError> {
    let public = K::PublicKey::from_bytes(public).map_err(|_| KeyError::UnsafeKey)?;
    let sealed =
        single_shot_seal_with_rng::<AesGcm256, HkdfSha256, K>(&OpModeS::Base, &public, info, payload, &[], rng);
    let (encapsulated, ciphertext) = sealed.map_err(|_| KeyError::UnsafeKey)?;
    Ok([&encapsulated.to_bytes()[..], &ciphertext].concat())
}

fn open<K: Kem>(
    seed: &[u8; 32],
    info: &[u8],
    encapsulated: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let private = parse::<K::PrivateKey>(seed)?;
    let encapsulated = parse::<K::EncappedKey>(encapsulated)?;
    single_shot_open::<AesGcm256, HkdfSha256, K>(&OpModeR::Base, &private, &encapsulated, info, ciphertext, &[])
        .map(Zeroizing::new)
        .map_err(|_| KeyError::DoesNotOpen)
}
