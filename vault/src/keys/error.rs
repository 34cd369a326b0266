use super::Suite;
use crate::{Address, KeyId};

/// Why a key, a seal or a signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A suite is neither 1 nor 2.
    #[error("suite 0x{0:02x} is unknown: expected 0x01 (X-Wing) or 0x02 (X25519)")]
    UnknownSuite(u8),
    /// A public key's length is no suite's.
    #[error("a public key of {0} bytes is of no suite: X-Wing's have 1216, X25519's 32")]
    UnknownKeyLength(usize),
    /// A public key's X25519 half is of low order, or its ML-KEM half is not in canonical form (FIPS 203, 7.2).
    #[error("the public key is unsafe: nothing sealed to it would be secret")]
    UnsafeKey,
    /// A sealed payload's length is not what its label and suite say.
    #[error("a sealed payload of {found} bytes: expected {expected} for suite {suite:?}")]
    WrongLength { suite: Suite, expected: usize, found: usize },
    /// It was sealed to another key or for another purpose, or is damaged; which, cannot be told.
    #[error("the seal does not open: it is for another key or purpose, or damaged")]
    DoesNotOpen,
    /// A signature is not r ‖ s ‖ v with v of 0, 1, 27 or 28: the account is a contract, or its wallet does otherwise.
    #[error("not a wallet's signature: expected 65 bytes, r ‖ s ‖ v, with v 0, 1, 27 or 28")]
    NotASignature,
    /// Somebody else's, or of another message.
    #[error("the signature is not {expected}'s over this message: it is {found}'s over it")]
    WrongSigner { expected: Address, found: Address },
    /// Two signatures of the same message differ.
    #[error("the wallet signs the same message differently each time: no key can be derived from it")]
    NotDeterministic,
    /// A domain is not a host name with an optional port.
    #[error("'{0}' is not a domain: expected a host name, with a port if it has one")]
    BadDomain(String),
    /// A recovery kit's text has no key, several, or one with a typing error.
    #[error("the recovery kit is not readable: {0}")]
    BadKit(&'static str),
    /// A recovery kit's key is not the one that it says it is.
    #[error("the recovery kit says key {expected}, and holds key {found}")]
    WrongKit { expected: KeyId, found: KeyId },
}
