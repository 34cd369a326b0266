//! Why a record is read, and what a grant permits: bit masks on chain, names here.

use std::str::FromStr;

use super::Malformed;
use super::bytes::deserialize_from_str;

/// Why a record is read: HL7 v3 PurposeOfUse, in the contract's order (Types.sol).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[repr(u8)]
pub enum Purpose {
    Treat,
    Etreat,
    Btg,
    Hpaymt,
    Hoperat,
    Hresch,
    Patrqt,
    Famrqt,
    Pubhlth,
    Hlegal,
}

impl Purpose {
    /// Every purpose, in the contract's order: an index here is the number on chain.
    pub const ALL: [(Purpose, &'static str); 10] = [
        (Purpose::Treat, "TREAT"),
        (Purpose::Etreat, "ETREAT"),
        (Purpose::Btg, "BTG"),
        (Purpose::Hpaymt, "HPAYMT"),
        (Purpose::Hoperat, "HOPERAT"),
        (Purpose::Hresch, "HRESCH"),
        (Purpose::Patrqt, "PATRQT"),
        (Purpose::Famrqt, "FAMRQT"),
        (Purpose::Pubhlth, "PUBHLTH"),
        (Purpose::Hlegal, "HLEGAL"),
    ];

    /// The code's name.
    pub fn name(self) -> &'static str {
        Purpose::ALL[usize::from(self.code())].1
    }

    /// The number on chain.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl TryFrom<u8> for Purpose {
    type Error = Malformed;

    fn try_from(code: u8) -> Result<Self, Malformed> {
        let found = Purpose::ALL.get(usize::from(code));
        found.map(|(purpose, _)| *purpose).ok_or_else(|| Malformed(format!("purpose {code} is none of the known ones")))
    }
}

impl FromStr for Purpose {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = Purpose::ALL.iter().find(|(_, name)| *name == text);
        found.map(|(purpose, _)| *purpose).ok_or_else(|| {
            let names: Vec<_> = Purpose::ALL.iter().map(|(_, name)| *name).collect();
            Malformed(format!("'{text}' is not a purpose: expected one of {}", names.join(", ")))
        })
    }
}

/// A grant's purposes: bit `1 << code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purposes(pub u16);

impl Purposes {
    /// This one alone.
    pub fn only(purpose: Purpose) -> Self {
        Purposes(1 << purpose.code())
    }

    pub fn contains(self, purpose: Purpose) -> bool {
        self.0 & (1 << purpose.code()) != 0
    }

    /// The purposes named, in the contract's order.
    pub fn names(self) -> Vec<Purpose> {
        Purpose::ALL.iter().map(|(purpose, _)| *purpose).filter(|purpose| self.contains(*purpose)).collect()
    }
}

/// What a grant lets its holder do: open records, add records, pass on at most as much as held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Right {
    Read,
    Write,
    Refer,
}

/// A grant's rights: bits READ 1, WRITE 2, REFER 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights(pub u8);

impl Rights {
    /// What breaking the glass gives.
    pub const READ: Rights = Rights(1);
    const NAMES: [(u8, Right); 3] = [(1, Right::Read), (2, Right::Write), (4, Right::Refer)];

    pub fn may_read(self) -> bool {
        self.0 & 1 != 0
    }

    /// The rights named.
    pub fn names(self) -> Vec<Right> {
        Rights::NAMES.iter().filter(|(bit, _)| self.0 & bit != 0).map(|(_, name)| *name).collect()
    }
}

deserialize_from_str!(Purpose);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree() {
        for (code, (purpose, name)) in Purpose::ALL.iter().enumerate() {
            assert_eq!(usize::from(purpose.code()), code);
            assert_eq!(name.parse(), Ok(*purpose));
            assert_eq!(serde_json::to_value(purpose).unwrap(), *name);
        }
        assert!(Purpose::try_from(10).is_err());
        assert!("treat".parse::<Purpose>().unwrap_err().0.contains("TREAT"));
    }
}
