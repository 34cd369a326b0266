//! Who is in the story: development accounts, always the same.

use anyhow::{Result, bail};
use ethers::{types::Address, utils::keccak256};

use crate::records::Subject;

/// Key suite X25519 (contracts/types/Types.sol).
pub(super) const SUITE_X25519: u8 = 2;

/// A part in the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Admin,
    Registrar,
    Auditor,
    Cardiologist,
    Radiologist,
    FamilyDoctor,
    Ada,
    Bruno,
    Chiara,
}

/// Everybody, in the order of their accounts.
pub(super) const EVERYBODY: [Who; 9] = [
    Who::Admin,
    Who::Registrar,
    Who::Auditor,
    Who::Cardiologist,
    Who::Radiologist,
    Who::FamilyDoctor,
    Who::Ada,
    Who::Bruno,
    Who::Chiara,
];

/// A practitioner's entry in the public directory.
pub(super) struct Entry {
    pub name: &'static str,
    pub licence: &'static str,
    pub specialty: &'static str,
    pub organisation: &'static str,
}

const NORTHGATE: &str = "Northgate Hospital (invented)";
const LAKESIDE: &str = "Lakeside Hospital (invented)";

impl Who {
    /// A short name for files and programs.
    pub fn key(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Registrar => "registrar",
            Self::Auditor => "auditor",
            Self::Cardiologist => "cardiologist",
            Self::Radiologist => "radiologist",
            Self::FamilyDoctor => "family-doctor",
            Self::Ada => "ada",
            Self::Bruno => "bruno",
            Self::Chiara => "chiara",
        }
    }

    /// A name and what they are, for people.
    pub fn about(self) -> String {
        if let Some(entry) = self.entry() {
            return format!("{}, {}, {}", entry.name, entry.specialty, entry.organisation);
        }
        if let Some(subject) = self.subject() {
            return format!("{} {}, patient", subject.given, subject.family);
        }
        match self {
            Self::Registrar => "health administration, vouches for the doctors",
            Self::Auditor => "data protection officer, reads histories",
            _ => "gives and takes roles, can do nothing else",
        }
        .to_owned()
    }

    /// What the public directory says of a practitioner.
    pub fn entry(self) -> Option<Entry> {
        let (name, licence, specialty, organisation) = match self {
            Self::Cardiologist => ("Dr. Hana Invented", "INV-1001", "cardiology", NORTHGATE),
            Self::Radiologist => ("Dr. Ravi Invented", "INV-1002", "radiology", NORTHGATE),
            Self::FamilyDoctor => ("Dr. Lena Invented", "INV-2001", "family medicine", LAKESIDE),
            _ => return None,
        };
        Some(Entry { name, licence, specialty, organisation })
    }

    /// Whom a patient's files are about. Never on chain.
    pub fn subject(self) -> Option<Subject> {
        let (given, number) = match self {
            Self::Ada => ("Ada", "CK-0001"),
            Self::Bruno => ("Bruno", "CK-0002"),
            Self::Chiara => ("Chiara", "CK-0003"),
            _ => return None,
        };
        Some(Subject { given, family: "Invented", number })
    }

    /// A public key: random-looking bytes whose secret half nobody has.
    pub fn key_bytes(self, version: u8) -> [u8; 32] {
        keccak256(format!("chartkey demo public key {version} of {}", self.key()))
    }
}

/// Everybody's address.
pub(super) struct Cast(Vec<Address>);

impl Cast {
    pub fn new(accounts: &[Address]) -> Result<Self> {
        if accounts.len() < EVERYBODY.len() {
            bail!("the demo needs a chain with {} unlocked accounts", EVERYBODY.len());
        }
        Ok(Self(accounts[..EVERYBODY.len()].to_vec()))
    }

    pub fn address(&self, who: Who) -> Address {
        self.0[who as usize]
    }
}
