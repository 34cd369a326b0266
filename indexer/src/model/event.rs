//! The contract's events, decoded, and where in the chain they stand.

use super::bytes::deserialize_from_str;
use super::{Address, Codec, Digest, Hash, Key, Malformed, Moment, Purpose, Purposes, Rights, Scope};

/// An event's place in the chain's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub block_number: u64,
    pub log_index: u32,
}

/// A block's header, as far as the index needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    pub number: u64,
    pub hash: Hash,
    pub parent_hash: Hash,
    pub timestamp: Moment,
}

/// A log of the contract as the node gave it. Every event of Chartkey has exactly four topics, the second its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawLog {
    pub position: Position,
    pub block_hash: Hash,
    pub transaction_hash: Hash,
    pub topics: [Hash; 4],
    pub data: Vec<u8>,
}

impl RawLog {
    /// Whose trail the event belongs to.
    pub fn subject(&self) -> Result<Address, Malformed> {
        let word = self.topics[1].0;
        if word[..12] != [0; 12] {
            return Err(Malformed(format!("topic 1 is {}, not an address", self.topics[1])));
        }
        Address::try_from(&word[12..])
    }
}

/// A log, what it says, and its subject's trail after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    pub log: RawLog,
    pub subject: Address,
    pub link: Hash,
    pub event: Event,
}

/// A practitioner's entry in the public directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    pub name: String,
    pub licence: String,
    pub specialty: String,
    pub organisation: String,
}

/// What happened; the fields are documented in contracts/interfaces. The subject is kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    PatientRegistered {
        patient: Address,
    },
    KeyPublished {
        account: Address,
        key_id: Hash,
        key: Key,
    },
    PractitionerRegistered {
        practitioner: Address,
        registrar: Address,
        valid_until: Moment,
        emergency_capable: bool,
        entry: DirectoryEntry,
    },
    PractitionerAmended {
        practitioner: Address,
        registrar: Address,
        entry: DirectoryEntry,
    },
    PractitionerRenewed {
        practitioner: Address,
        registrar: Address,
        valid_until: Moment,
        emergency_capable: bool,
    },
    PractitionerSuspended {
        practitioner: Address,
        registrar: Address,
    },
    PractitionerReinstated {
        practitioner: Address,
        registrar: Address,
    },
    RoleChanged {
        account: Address,
        actor: Address,
    },
    RecordAdded {
        digest: Digest,
        author: Address,
        codec: Codec,
        folder: u32,
        key_commit: Hash,
        sealed_metadata: Vec<u8>,
    },
    AccessGranted {
        grantee: Address,
        scope: Scope,
        actor: Address,
        rights: Rights,
        purposes: Purposes,
        expires_at: Moment,
        epoch: u32,
        sealed_key: Vec<u8>,
    },
    AccessRevoked {
        grantee: Address,
        scope: Scope,
        actor: Address,
    },
    AccessRenounced {
        grantee: Address,
        scope: Scope,
    },
    EveryoneRevoked {
        actor: Address,
    },
    RecordOpened {
        digest: Digest,
        reader: Address,
        via: Option<Address>,
        scope: Scope,
        purpose: Purpose,
    },
}

macro_rules! event_kinds {
    ($($name:ident),* $(,)?) => {
        /// The name of an event, as in the contract.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
        pub enum EventKind { $($name),* }

        impl EventKind {
            pub const ALL: &[EventKind] = &[$(EventKind::$name),*];

            pub fn name(self) -> &'static str {
                match self { $(EventKind::$name => stringify!($name)),* }
            }
        }

        impl Event {
            pub fn kind(&self) -> EventKind {
                match self { $(Event::$name { .. } => EventKind::$name),* }
            }
        }
    };
}

event_kinds!(
    PatientRegistered,
    KeyPublished,
    PractitionerRegistered,
    PractitionerAmended,
    PractitionerRenewed,
    PractitionerSuspended,
    PractitionerReinstated,
    RoleChanged,
    RecordAdded,
    AccessGranted,
    AccessRevoked,
    AccessRenounced,
    EveryoneRevoked,
    RecordOpened,
);

impl std::str::FromStr for EventKind {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = EventKind::ALL.iter().find(|kind| kind.name() == text);
        found.copied().ok_or_else(|| {
            let names: Vec<_> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
            Malformed(format!("'{text}' is not a kind of event: expected one of {}", names.join(", ")))
        })
    }
}

deserialize_from_str!(EventKind);

impl Event {
    /// Who did it.
    pub fn actor(&self) -> Address {
        match self {
            Event::PatientRegistered { patient: actor, .. }
            | Event::KeyPublished { account: actor, .. }
            | Event::PractitionerRegistered { registrar: actor, .. }
            | Event::PractitionerAmended { registrar: actor, .. }
            | Event::PractitionerRenewed { registrar: actor, .. }
            | Event::PractitionerSuspended { registrar: actor, .. }
            | Event::PractitionerReinstated { registrar: actor, .. }
            | Event::RoleChanged { actor, .. }
            | Event::RecordAdded { author: actor, .. }
            | Event::AccessGranted { actor, .. }
            | Event::AccessRevoked { actor, .. }
            | Event::AccessRenounced { grantee: actor, .. }
            | Event::EveryoneRevoked { actor }
            | Event::RecordOpened { reader: actor, .. } => *actor,
        }
    }

    /// The account it is about, if there is one besides the subject.
    pub fn party(&self) -> Option<Address> {
        match self {
            Event::PatientRegistered { patient: party, .. }
            | Event::KeyPublished { account: party, .. }
            | Event::PractitionerRegistered { practitioner: party, .. }
            | Event::PractitionerAmended { practitioner: party, .. }
            | Event::PractitionerRenewed { practitioner: party, .. }
            | Event::PractitionerSuspended { practitioner: party, .. }
            | Event::PractitionerReinstated { practitioner: party, .. }
            | Event::RoleChanged { account: party, .. }
            | Event::AccessGranted { grantee: party, .. }
            | Event::AccessRevoked { grantee: party, .. }
            | Event::AccessRenounced { grantee: party, .. }
            | Event::RecordOpened { reader: party, .. } => Some(*party),
            Event::RecordAdded { .. } | Event::EveryoneRevoked { .. } => None,
        }
    }

    /// The record it is about.
    pub fn digest(&self) -> Option<Digest> {
        match self {
            Event::RecordAdded { digest, .. } | Event::RecordOpened { digest, .. } => Some(*digest),
            _ => None,
        }
    }

    /// The scope of the grant it is about.
    pub fn scope(&self) -> Option<Scope> {
        match self {
            Event::AccessGranted { scope, .. }
            | Event::AccessRevoked { scope, .. }
            | Event::AccessRenounced { scope, .. }
            | Event::RecordOpened { scope, .. } => Some(*scope),
            _ => None,
        }
    }

    /// The team through which a record was opened.
    pub fn via(&self) -> Option<Address> {
        match self {
            Event::RecordOpened { via, .. } => *via,
            _ => None,
        }
    }

    /// What a record was opened for.
    pub fn purpose(&self) -> Option<Purpose> {
        match self {
            Event::RecordOpened { purpose, .. } => Some(*purpose),
            _ => None,
        }
    }
}
