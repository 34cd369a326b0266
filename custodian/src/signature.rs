//! Signatures of accounts: r ‖ s ‖ v over 32 bytes, low s, as the contract takes them (`Signatures.sol`).

use chartkey_vault::Address;
use chartkey_vault::bytes::keccak256;
use k256::ecdsa::{RecoveryId, Signature, SigningKey, VerifyingKey};

use crate::typed::Hash;

/// Whose signature of a hash it is. None: nobody's, or not in the one form that is taken.
pub fn signer(hash: Hash, signature: &[u8]) -> Option<Address> {
    let (rs, [v @ (27 | 28)]) = signature.split_first_chunk::<64>()? else { return None };
    let rs = Signature::from_slice(rs).ok()?;
    if rs.normalize_s().is_some() {
        return None;
    }
    let recovery = RecoveryId::from_byte(v - 27)?;
    VerifyingKey::recover_from_prehash(&hash, &rs, recovery).ok().map(|key| address(&key))
}

/// The account of a public key.
pub fn address(key: &VerifyingKey) -> Address {
    let point = key.to_encoded_point(false);
    let hash = keccak256(&[&point.as_bytes()[1..]]);
    let mut address = Address::default();
    address.0.copy_from_slice(&hash[12..]);
    address
}

/// Signs a hash. The same hash always gets the same signature (RFC 6979).
pub fn sign(key: &SigningKey, hash: Hash) -> [u8; 65] {
    let (signature, recovery) =
        key.sign_prehash_recoverable(&hash).expect("a hash has 32 bytes, which is all it needs");
    let mut bytes = [0; 65];
    bytes[..64].copy_from_slice(&signature.to_bytes());
    bytes[64] = 27 + recovery.to_byte();
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_slice(&[7; 32]).unwrap()
    }

    #[test]
    fn names_the_signer() {
        let signature = sign(&key(), [3; 32]);
        assert_eq!(signer([3; 32], &signature), Some(address(key().verifying_key())));
        assert_ne!(signer([4; 32], &signature), Some(address(key().verifying_key())));
    }

    #[test]
    fn takes_one_form_only() {
        let signature = sign(&key(), [3; 32]);
        assert_eq!(signer([3; 32], &signature[..64]), None);
        let mut other = signature;
        other[64] -= 27;
        assert_eq!(signer([3; 32], &other), None);
        let high = Signature::from_slice(&signature[..64]).unwrap();
        let high = Signature::from_scalars(*high.r(), -*high.s()).unwrap();
        let mut other = [0; 65];
        other[..64].copy_from_slice(&high.to_bytes());
        other[64] = 55 - signature[64];
        assert_eq!(signer([3; 32], &other), None);
    }
}
