//! Fixed-size public byte strings, each its own type, and how they are written.
//!
//! Not the indexer's `model`: depending on it would bring 550 crates, a database driver and a web server into what
//! decrypts.

use std::fmt;
use std::str::FromStr;

use sha3::{Digest as _, Keccak256};

/// Text that is not what it should be: says what was wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// keccak256 as Ethereum uses it (the original Keccak padding, not FIPS 202's) of the parts one after the other.
pub fn keccak256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Keccak256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Lower-case hexadecimal digits, without `0x`.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that an even number of hexadecimal digits of either case, without `0x`, stand for.
pub fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let digits = digits.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)).collect()
}

macro_rules! fixed_bytes {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub [u8; $len]);

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                let bytes = text.strip_prefix("0x").and_then(from_hex).and_then(|bytes| bytes.try_into().ok());
                let bytes = bytes.ok_or_else(|| {
                    let digits = $len * 2;
                    Malformed(format!("'{text}' is not {}: expected 0x and {digits} hexadecimal digits", $name::WHAT))
                })?;
                $name(bytes).checked(text)
            }
        }
    };
}

macro_rules! hash_bytes {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        fixed_bytes!($(#[$doc])* $name, 32);

        impl $name {
            const WHAT: &str = $what;

            #[allow(clippy::unnecessary_wraps)] // an address's may fail
            fn checked(self, _: &str) -> Result<Self, Malformed> {
                Ok(self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "0x{}", hex(&self.0))
            }
        }
    };
}

hash_bytes!(
    /// The sha2-256 digest inside a record's CID: the record's key in a chart.
    Digest, "a digest"
);
hash_bytes!(
    /// The EIP-712 hash of a grant's terms ([`GrantTerms`](crate::GrantTerms)).
    GrantId, "a grant's id"
);
hash_bytes!(
    /// keccak256(suite ‖ public key): names a published key (`KeyPublished`).
    KeyId, "a key's id"
);
hash_bytes!(
    /// A commitment to a content key ([`commit`](crate::commit)).
    KeyCommit, "a commitment"
);
hash_bytes!(
    /// What a grant covers: the contract's word (`Types.sol`).
    Scope, "a scope"
);
fixed_bytes!(
    /// An account. Written with its EIP-55 checksum; read in any case, but a wrong checksum is refused.
    Address, 20
);

impl Scope {
    /// The whole chart.
    pub const CHART: Scope = Scope([0; 32]);
    /// The whole chart, to whoever breaks the glass.
    pub const EMERGENCY: Scope = Scope([0xff; 32]);

    /// One folder, by its number, which is not 0.
    pub fn folder(number: u32) -> Self {
        let mut word = [0; 32];
        word[28..].copy_from_slice(&number.to_be_bytes());
        Scope(word)
    }

    /// One record.
    pub fn record(digest: Digest) -> Self {
        Scope(digest.0)
    }
}

impl Address {
    const WHAT: &str = "an address";

    fn checked(self, text: &str) -> Result<Self, Malformed> {
        let digits = &text[2..];
        let mixed = digits.bytes().any(|b| b.is_ascii_lowercase()) && digits.bytes().any(|b| b.is_ascii_uppercase());
        if mixed && self.to_string()[2..] != *digits {
            return Err(Malformed(format!("'{text}' has a wrong EIP-55 checksum: one of its letters is mistyped")));
        }
        Ok(self)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lower = hex(&self.0);
        let hash = hex(&keccak256(&[lower.as_bytes()]));
        let written = lower.chars().zip(hash.bytes()).map(|(c, h)| if h >= b'8' { c.to_ascii_uppercase() } else { c });
        write!(f, "0x{}", written.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From EIP-55's own list of test cases.
    const EIP55: [&str; 3] = [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    ];

    #[test]
    fn addresses_carry_their_checksum() {
        for text in EIP55 {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
            assert_eq!(text.to_lowercase().parse(), Ok(address));
        }
        let wrong = EIP55[0].replace("aAeb", "AAeb");
        assert!(wrong.parse::<Address>().unwrap_err().0.contains("checksum"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "0x", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aAeb6", "0xzz", "0x€€€€€€€€€€€€€"]
        {
            assert!(text.parse::<Address>().unwrap_err().0.contains("40 hexadecimal digits"), "{text}");
        }
    }
}
