//! Who is in the story: development accounts, always the same.

use anyhow::{Result, bail};
use ethers::{types::Address, utils::keccak256};

use crate::{
    contract::{At, Contract, bindings::TeamAddressCall},
    records::Subject,
};

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
    EmergencyDoctor,
    Nurse,
    Dora,
    Gateway,
    /// A care team: nobody's account.
    Ward,
}

/// Everybody, in the order of their accounts; the care team last.
pub(super) const EVERYBODY: [Who; 14] = [
    Who::Admin,
    Who::Registrar,
    Who::Auditor,
    Who::Cardiologist,
    Who::Radiologist,
    Who::FamilyDoctor,
    Who::Ada,
    Who::Bruno,
    Who::Chiara,
    Who::EmergencyDoctor,
    Who::Nurse,
    Who::Dora,
    Who::Gateway,
    Who::Ward,
];

/// A practitioner's entry in the public directory.
pub(super) struct Entry {
    pub name: &'static str,
    pub licence: &'static str,
    pub specialty: &'static str,
    pub organisation: &'static str,
}

pub(super) const WARD: &str = "Ward 3, cardiology";
pub(super) const NORTHGATE: &str = "Northgate Hospital (invented)";
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
            Self::EmergencyDoctor => "emergency-doctor",
            Self::Nurse => "nurse",
            Self::Dora => "dora",
            Self::Gateway => "gateway",
            Self::Ward => "ward",
        }
    }

    /// A name and what they are, for people.
    pub fn about(self) -> String {
        if let Some(entry) = self.entry() {
            return format!("{}, {}, {}", entry.name, entry.specialty, entry.organisation);
        }
        if let Some(subject) = self.subject() {
            let child = if self == Self::Chiara { ", a child" } else { "" };
            return format!("{} {}, patient{child}", subject.given, subject.family);
        }
        match self {
            Self::Ward => return format!("{WARD}, {NORTHGATE}: a care team, nobody's account"),
            Self::Dora => "Dora Invented, Chiara's mother and guardian",
            Self::Gateway => "sends what others signed, and pays the gas",
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
            Self::EmergencyDoctor => ("Dr. Omar Invented", "INV-1003", "emergency medicine", NORTHGATE),
            Self::Nurse => ("Mina Invented", "INV-1004", "cardiology nursing", NORTHGATE),
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

/// What the registrar derives the ward's address from.
pub(super) fn ward_salt() -> [u8; 32] {
    keccak256("chartkey demo: the ward")
}

/// Everybody's address.
pub(super) struct Cast(Vec<Address>);

impl Cast {
    /// Everybody who is somebody, from a chain's unlocked accounts, and the ward.
    pub async fn new(accounts: &[Address], contract: &Contract) -> Result<Self> {
        let people = EVERYBODY.len() - 1;
        if accounts.len() < people {
            bail!("the demo needs a chain with {people} unlocked accounts");
        }
        let registrar = accounts[Who::Registrar as usize];
        let ward = contract.call_at(TeamAddressCall { registrar, salt: ward_salt() }, At::Latest).await?;
        Ok(Self([&accounts[..people], &[ward]].concat()))
    }

    pub fn address(&self, who: Who) -> Address {
        self.0[who as usize]
    }
}
