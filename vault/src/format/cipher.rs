//! One segment at a time.

use rand::CryptoRng;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroize;

use super::{FormatError, HEADER, TAG};
use crate::kdf::hkdf;
use crate::{Address, ContentKey};

/// The first 40 bytes of a file: their number, the salt of its key, the prefix of its nonces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    salt: [u8; 32],
    prefix: [u8; 7],
}

impl Header {
    /// A fresh one, for one file.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let (mut salt, mut prefix) = ([0; 32], [0; 7]);
        rng.fill_bytes(&mut salt);
        rng.fill_bytes(&mut prefix);
        Header { salt, prefix }
    }

    /// As it stands in the file.
    pub fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[0] = 0x28; // HEADER
        bytes[1..33].copy_from_slice(&self.salt);
        bytes[33..].copy_from_slice(&self.prefix);
        bytes
    }

    /// From the first bytes of a file.
    pub fn from_bytes(bytes: &[u8; HEADER]) -> Result<Self, FormatError> {
        let [0x28, rest @ ..] = bytes else {
            return Err(FormatError::NotARecord(bytes[0]));
        };
        let (mut salt, mut prefix) = ([0; 32], [0; 7]);
        salt.copy_from_slice(&rest[..32]);
        prefix.copy_from_slice(&rest[32..]);
        Ok(Header { salt, prefix })
    }
}

/// What a file is bound to besides its key: `"chartkey/v1/file" ‖ 00 ‖ patient`. Tink calls it associated data.
pub fn file_aad(patient: Address) -> Vec<u8> {
    [&b"chartkey/v1/file\0"[..], &patient.0].concat()
}

/// The cipher of one file: AES-256-GCM under `HKDF-SHA256(ikm = CK, salt, info = aad)`, nonce `prefix ‖ u32 segment ‖
/// last`.
pub struct SegmentCipher {
    key: LessSafeKey,
    prefix: [u8; 7],
}

impl SegmentCipher {
    /// Of the file with that header. *Sealing* under a header that another file has used breaks both.
    pub fn new(header: &Header, key: &ContentKey, patient: Address) -> Self {
        let mut derived = hkdf(key.expose(), &header.salt, &[&file_aad(patient)]);
        let unbound = UnboundKey::new(&AES_256_GCM, &derived).expect("AES-256 takes 32 bytes");
        derived.zeroize();
        SegmentCipher { key: LessSafeKey::new(unbound), prefix: header.prefix }
    }

    fn nonce(&self, segment: u32, last: bool) -> Nonce {
        let mut nonce = [0; 12];
        nonce[..7].copy_from_slice(&self.prefix);
        nonce[7..11].copy_from_slice(&segment.to_be_bytes());
        nonce[11] = last.into();
        Nonce::assume_unique_for_key(nonce)
    }

    /// Turns a segment's plaintext into what stands in the file.
    pub fn seal(&self, segment: u32, last: bool, plaintext: &mut Vec<u8>) -> Result<(), FormatError> {
        let nonce = self.nonce(segment, last);
        // ring refuses more than 2^36 - 32 bytes only.
        self.key.seal_in_place_append_tag(nonce, Aad::empty(), plaintext).map_err(|_| FormatError::TooLong)
    }

    /// Turns what stands in the file into the plaintext, cutting the tag off. `sealed` is garbage after an error.
    pub fn open(&self, segment: u32, last: bool, sealed: &mut Vec<u8>) -> Result<(), FormatError> {
        let nonce = self.nonce(segment, last);
        let opened = self.key.open_in_place(nonce, Aad::empty(), sealed).map(|plaintext| plaintext.len());
        let length = opened.map_err(|_| match segment {
            0 => FormatError::WrongKey,
            segment => FormatError::Damaged { segment },
        })?;
        debug_assert_eq!(length + TAG, sealed.len());
        sealed.truncate(length);
        Ok(())
    }
}
