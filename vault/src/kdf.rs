//! HKDF-SHA256 (RFC 5869), the only derivation of keys here apart from HPKE's own.

use hkdf::Hkdf;
use sha2::Sha256;

/// 32 bytes from `ikm`. An empty salt is RFC 5869's 32 zero bytes.
pub(crate) fn hkdf(ikm: &[u8], salt: &[u8], info: &[&[u8]]) -> [u8; 32] {
    let mut out = [0; 32];
    Hkdf::<Sha256>::new(Some(salt), ikm)
        .expand_multi_info(info, &mut out)
        .expect("32 bytes are fewer than the 8160 that HKDF-SHA256 gives");
    out
}
