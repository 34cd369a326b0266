//! `sealedMetadata`: what a grantee sees of a record before opening it.

use rand::CryptoRng;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use time::Date;
use zeroize::Zeroizing;

use crate::bytes::{Address, Digest, Malformed};
use crate::secret::TitleKey;

/// The longest that the contract takes, in bytes.
pub const MAX_SEALED: usize = 512;
/// Sealed titles have a multiple of this many bytes, so that a title's length does not show.
const STEP: usize = 128;
const OVERHEAD: usize = NONCE_LEN + 16;

time::serde::format_description!(iso_date, Date, "[year]-[month]-[day]");

/// A record's title, type and date. Unknown members of its JSON are ignored, so that a later writer may add some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title {
    /// What the record is called.
    pub title: String,
    /// Its media type (RFC 6838).
    pub mime: String,
    /// What kind of document it is: a LOINC code.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub document_type: Option<String>,
    /// The document's date; `YYYY-MM-DD` in JSON.
    #[serde(with = "iso_date::option", default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
}

/// Why a title cannot be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TitleError {
    /// All together it does not fit into 512 bytes.
    #[error("title, media type, type and date are {over} bytes too long for the chain")]
    TooLong { over: usize },
    /// Its length is none that a sealed title has.
    #[error("a sealed title of {0} bytes: expected 128, 256, 384 or 512")]
    WrongLength(usize),
    /// Another key's, another record's or patient's, or damaged.
    #[error("the sealed title does not open: it is of another key or record, or damaged")]
    DoesNotOpen,
    /// It opens, but is no title.
    #[error("the sealed title opens, but is no title: {0}")]
    Malformed(#[from] Malformed),
}

impl Title {
    /// Seals it for the event: `nonce[12] ‖ ciphertext ‖ tag[16]` by AES-256-GCM under TK, at most 512 bytes.
    pub fn seal(
        &self,
        key: &TitleKey,
        patient: Address,
        digest: Digest,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, TitleError> {
        let mut nonce = [0; NONCE_LEN];
        rng.fill_bytes(&mut nonce);
        let mut text = self.padded_json()?;
        let tag = cipher(key)
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad(patient, digest), &mut text)
            .map_err(|_| TitleError::TooLong { over: 0 })?;
        Ok([&nonce[..], &text, tag.as_ref()].concat())
    }

    /// Opens an event's.
    pub fn open(sealed: &[u8], key: &TitleKey, patient: Address, digest: Digest) -> Result<Self, TitleError> {
        let length = sealed.len();
        if length == 0 || length > MAX_SEALED || !length.is_multiple_of(STEP) {
            return Err(TitleError::WrongLength(length));
        }
        let (nonce, ciphertext) = sealed.split_first_chunk().ok_or(TitleError::WrongLength(length))?;
        let mut text = Zeroizing::new(ciphertext.to_vec());
        let json = cipher(key)
            .open_in_place(Nonce::assume_unique_for_key(*nonce), aad(patient, digest), &mut text)
            .map_err(|_| TitleError::DoesNotOpen)?;
        Ok(serde_json::from_slice(json).map_err(|error| Malformed(error.to_string()))?)
    }

    /// Its JSON with spaces behind, which JSON ignores.
    fn padded_json(&self) -> Result<Vec<u8>, TitleError> {
        let mut json = serde_json::to_vec(self).map_err(|error| Malformed(error.to_string()))?;
        let sealed = json.len() + OVERHEAD;
        if sealed > MAX_SEALED {
            return Err(TitleError::TooLong { over: sealed - MAX_SEALED });
        }
        json.resize(sealed.next_multiple_of(STEP) - OVERHEAD, b' ');
        Ok(json)
    }
}

fn cipher(key: &TitleKey) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.expose()).expect("AES-256 takes 32 bytes"))
}

fn aad(patient: Address, digest: Digest) -> Aad<Vec<u8>> {
    Aad::from([&b"chartkey/v1/title\0"[..], &patient.0, &digest.0].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system_rng;

    fn title(length: usize) -> Title {
        let date = Some(time::macros::date!(2026 - 11 - 22));
        Title { title: "x".repeat(length), mime: "image/png".into(), document_type: Some("36643-5".into()), date }
    }

    #[test]
    fn opens_with_its_key_for_its_record_only() {
        let key = TitleKey::random(&mut system_rng());
        let (patient, digest) = (Address([1; 20]), Digest([2; 32]));
        let mut sealed = title(20).seal(&key, patient, digest, &mut system_rng()).unwrap();
        assert_eq!(Title::open(&sealed, &key, patient, digest), Ok(title(20)));
        let other = TitleKey::random(&mut system_rng());
        assert_eq!(Title::open(&sealed, &other, patient, digest), Err(TitleError::DoesNotOpen));
        assert_eq!(Title::open(&sealed, &key, Address([2; 20]), digest), Err(TitleError::DoesNotOpen));
        assert_eq!(Title::open(&sealed, &key, patient, Digest([1; 32])), Err(TitleError::DoesNotOpen));
        sealed[40] ^= 1;
        assert_eq!(Title::open(&sealed, &key, patient, digest), Err(TitleError::DoesNotOpen));
        assert_eq!(Title::open(&sealed[1..], &key, patient, digest), Err(TitleError::WrongLength(127)));
    }

    #[test]
    fn fits_the_chain_and_hides_its_length() {
        let key = TitleKey::random(&mut system_rng());
        let sealed = |length| title(length).seal(&key, Address([1; 20]), Digest([2; 32]), &mut system_rng());
        let rest = serde_json::to_vec(&title(0)).unwrap().len() + OVERHEAD;
        for (length, expected) in [(1, 128), (128 - rest, 128), (129 - rest, 256), (512 - rest, 512)] {
            assert_eq!(sealed(length).unwrap().len(), expected, "{length}");
        }
        assert_eq!(sealed(513 - rest), Err(TitleError::TooLong { over: 1 }));
    }
}
