//! Hexadecimal as nodes write it, read from the JSON text itself.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected, Visitor};

const BAD: u8 = 0x80;
const DIGITS: [u8; 256] = digits();

const fn digits() -> [u8; 256] {
    let mut table = [BAD; 256];
    let mut value: u8 = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value as usize] as usize] = value;
        table[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    table
}

/// Fills `out` from pairs of digits; `false` if something else is among them. `out` must be half as long.
fn unhex(text: &[u8], out: &mut [u8]) -> bool {
    let mut seen = 0;
    for (pair, byte) in text.chunks_exact(2).zip(out) {
        let (high, low) = (DIGITS[usize::from(pair[0])], DIGITS[usize::from(pair[1])]);
        seen |= high | low;
        *byte = high << 4 | low & 0xf;
    }
    seen & BAD == 0
}

/// Exactly `N` bytes in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hex<const N: usize>(pub [u8; N]);

/// Any number of bytes in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data(pub Vec<u8>);

/// A number, in hexadecimal without leading zeros or, from a few nodes, as a JSON number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity(pub u64);

struct Fixed<const N: usize>;

impl<const N: usize> Visitor<'_> for Fixed<N> {
    type Value = Hex<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x and {} hexadecimal digits", 2 * N)
    }

    fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<Hex<N>, E> {
        let mut out = [0; N];
        match text.strip_prefix(b"0x") {
            Some(digits) if digits.len() == 2 * N && unhex(digits, &mut out) => Ok(Hex(out)),
            _ => Err(E::invalid_value(Unexpected::Other("other text"), &self)),
        }
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_bytes(Fixed)
    }
}

struct Any;

impl Visitor<'_> for Any {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x and pairs of hexadecimal digits")
    }

    fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<Data, E> {
        let wrong = || E::invalid_value(Unexpected::Other("other text"), &self);
        let digits = text.strip_prefix(b"0x").filter(|digits| digits.len() % 2 == 0).ok_or_else(wrong)?;
        let mut out = vec![0; digits.len() / 2];
        if unhex(digits, &mut out) { Ok(Data(out)) } else { Err(wrong()) }
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_bytes(Any)
    }
}

struct Number;

impl Visitor<'_> for Number {
    type Value = Quantity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x and at most 16 hexadecimal digits")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Quantity, E> {
        let digits = text.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
        digits.map(Quantity).ok_or_else(|| E::invalid_value(Unexpected::Other("other text"), &self))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Quantity, E> {
        Ok(Quantity(number))
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_what_nodes_write_is_read() {
        assert_eq!(serde_json::from_str::<Hex<2>>("\"0x0aFf\"").unwrap(), Hex([0x0a, 0xff]));
        assert_eq!(serde_json::from_str::<Data>("\"0x\"").unwrap(), Data(vec![]));
        assert_eq!(serde_json::from_str::<Data>("\"0x00ab\"").unwrap(), Data(vec![0, 0xab]));
        for (text, number) in [("\"0x0\"", 0), ("\"0xffffffffffffffff\"", u64::MAX), ("17", 17)] {
            assert_eq!(serde_json::from_str::<Quantity>(text).unwrap(), Quantity(number));
        }
        for wrong in ["\"0x0a\"", "\"0x0aff00\"", "\"0aff\"", "\"0x0afg\"", "\"0x0a f\"", "7", "null"] {
            assert!(serde_json::from_str::<Hex<2>>(wrong).is_err(), "{wrong}");
        }
        for wrong in ["\"0x0\"", "\"0xzz\"", "\"00\"", "[]"] {
            assert!(serde_json::from_str::<Data>(wrong).is_err(), "{wrong}");
        }
        for wrong in ["\"0x\"", "\"0x10000000000000000\"", "\"12\"", "-1", "\"0x-1\""] {
            assert!(serde_json::from_str::<Quantity>(wrong).is_err(), "{wrong}");
        }
    }
}
