//! Fixed-size byte strings, each its own type: a digest cannot be passed for a block hash.

use std::fmt;
use std::str::FromStr;

use sha3::{Digest as _, Keccak256};

/// Text that is not what it should be: says what was wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// keccak256 as Ethereum uses it (the original Keccak padding, not FIPS 202's).
pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    keccak256_of([bytes])
}

/// keccak256 of the parts one after the other, without copying them together.
pub(super) fn keccak256_of<const N: usize>(parts: [&[u8]; N]) -> [u8; 32] {
    let mut hasher = Keccak256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Reads a type from text wherever serde reads it, with the errors of its `FromStr`.
macro_rules! deserialize_from_str {
    ($name:ty) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(super) use deserialize_from_str;

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

        impl TryFrom<&[u8]> for $name {
            type Error = Malformed;

            fn try_from(bytes: &[u8]) -> Result<Self, Malformed> {
                bytes.try_into().map($name).map_err(|_| {
                    Malformed(format!(concat!(stringify!($name), " of {} bytes, not ", $len), bytes.len()))
                })
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        deserialize_from_str!($name);
    };
}

macro_rules! hash_bytes {
    ($(#[$doc:meta])* $name:ident) => {
        fixed_bytes!($(#[$doc])* $name, 32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(f, &self.0)
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                parse_hex(text, "a hash").map($name)
            }
        }
    };
}

hash_bytes!(
    /// A block hash, transaction hash, trail link or event topic.
    Hash
);
hash_bytes!(
    /// The sha2-256 digest inside a record's CID.
    Digest
);
fixed_bytes!(
    /// An account. Written with its EIP-55 checksum; read in any case, but a wrong checksum is refused.
    Address, 20
);

/// The registry's place among the subjects of trails: no account has this address.
pub const REGISTRY: Address = Address([0; 20]);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lower = hex(&self.0);
        let hash = keccak256(lower.as_bytes());
        f.write_str("0x")?;
        for (i, c) in lower.chars().enumerate() {
            let nibble = (hash[i / 2] >> (if i % 2 == 0 { 4 } else { 0 })) & 0xf;
            write!(f, "{}", if nibble >= 8 { c.to_ascii_uppercase() } else { c })?;
        }
        Ok(())
    }
}

impl FromStr for Address {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let address = Address(parse_hex(text, "an address")?);
        let digits = &text[2..];
        let mixed = digits.bytes().any(|b| b.is_ascii_lowercase()) && digits.bytes().any(|b| b.is_ascii_uppercase());
        let written = address.to_string();
        if mixed && written[2..] != *digits {
            return Err(Malformed(format!(
                "'{text}' has a wrong EIP-55 checksum: one of its letters is mistyped (all lower case is accepted as it is)"
            )));
        }
        Ok(address)
    }
}

/// A public encryption key, as published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key {
    /// 1: X-Wing, 2: X25519 (Types.sol).
    pub suite: u8,
    /// 1216 or 32 bytes.
    pub bytes: Vec<u8>,
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    write!(f, "0x{}", hex(bytes))
}

fn parse_hex<const N: usize>(text: &str, what: &str) -> Result<[u8; N], Malformed> {
    let wrong = || Malformed(format!("'{text}' is not {what}: expected 0x and {} hexadecimal digits", N * 2));
    let digits = text.strip_prefix("0x").ok_or_else(wrong)?;
    if digits.len() != N * 2 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let mut out = [0; N];
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[i * 2..i * 2 + 2], 16).map_err(|_| wrong())?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From EIP-55's own list of test cases.
    const EIP55: [&str; 4] = [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ];

    #[test]
    fn addresses_carry_their_checksum() {
        for text in EIP55 {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
            assert_eq!(text.to_lowercase().parse(), Ok(address));
            assert_eq!(format!("0x{}", text[2..].to_uppercase()).parse(), Ok(address));
        }
    }

    #[test]
    fn a_wrong_checksum_or_shape_is_refused_and_named() {
        let wrong = EIP55[0].replace("aAeb", "AAeb");
        assert!(wrong.parse::<Address>().unwrap_err().0.contains("checksum"));
        for text in ["", "0x", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aAeb6", "0xzz", "0x€€€€€€€€€€€€€"]
        {
            assert!(text.parse::<Address>().unwrap_err().0.contains("40 hexadecimal digits"), "{text}");
        }
    }
}
