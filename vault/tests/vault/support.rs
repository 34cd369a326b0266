//! What the tests share.

use std::convert::Infallible;
use std::path::PathBuf;

use chartkey_vault::format::{Decryptor, Encryptor, FormatError};
use chartkey_vault::{Address, ContentKey};
use rand::rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest as _, Sha256};

/// Numbers that are the same in every run and in every version of every library: SHA-256(seed ‖ u64 counter), one after
/// the other.
pub struct Fixed {
    seed: String,
    counter: u64,
    rest: Vec<u8>,
}

impl Fixed {
    pub fn new(seed: &str) -> Self {
        Fixed { seed: seed.to_owned(), counter: 0, rest: Vec::new() }
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.try_fill_bytes(&mut bytes).unwrap();
        bytes
    }
}

impl TryRng for Fixed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        while self.rest.len() < out.len() {
            let hash = Sha256::new().chain_update(&self.seed).chain_update(self.counter.to_be_bytes());
            self.rest.extend(hash.finalize());
            self.counter += 1;
        }
        out.copy_from_slice(&self.rest[..out.len()]);
        self.rest.drain(..out.len());
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}

/// The plaintexts of the vectors: byte i is the top byte of i * 2654435761 modulo 2^32 (as in cids.json).
pub fn pattern(length: usize) -> Vec<u8> {
    let byte = |i: u32| i.wrapping_mul(2_654_435_761).to_be_bytes()[0];
    (0..u32::try_from(length).unwrap()).map(byte).collect()
}

pub fn encrypt(plaintext: &[u8], key: &ContentKey, patient: Address, rng: &mut impl rand::CryptoRng) -> Vec<u8> {
    let mut file = Encryptor::new(Vec::new(), key, patient, rng).unwrap();
    std::io::copy(&mut &plaintext[..], &mut file).unwrap();
    file.finish().unwrap()
}

pub fn decrypt(file: &[u8], key: &ContentKey, patient: Address) -> Result<Vec<u8>, FormatError> {
    let mut plaintext = Vec::new();
    let mut reader = Decryptor::new(file, key, patient)?;
    std::io::copy(&mut reader, &mut plaintext).map_err(|error| error.downcast::<FormatError>().unwrap())?;
    assert!(reader.is_complete());
    Ok(plaintext)
}

pub fn content_key(byte: u8) -> ContentKey {
    ContentKey::from_bytes(&mut [byte; 32])
}

pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where the published vectors are.
pub fn vectors() -> PathBuf {
    repository().join("test/vectors")
}
