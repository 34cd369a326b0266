//! The contract's events, decoded, and where in the chain they stand.

use super::{Address, Codec, Digest, Hash, Key, Malformed, Moment, Purpose, Purposes, Rights, Scope};

/// An event's place in the chain's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub block_number: u64,
    pub log_index: u32,
}

impl Position {
    /// Greater than any log's index; fits the database's integer.
    pub const BEYOND_LOGS: u32 = i32::MAX.cast_unsigned();

    /// After every event of a block, and before those of the next.
    pub fn end_of(block_number: u64) -> Self {
        Position { block_number, log_index: Self::BEYOND_LOGS }
    }

    /// Before every event of a block, and after those of the one before. `None`: nothing is before block 0.
    pub fn before(block_number: u64) -> Option<Self> {
        block_number.checked_sub(1).map(Self::end_of)
    }
}

/// A block, as far as the index keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    pub number: u64,
    pub hash: Hash,
    pub timestamp: Moment,
}

/// A block's header, as far as following it needs more than the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub block: Block,
    /// Hash of the block before.
    pub parent: Hash,
    /// Whether the header's bloom allows for events of the contract. `false`: there are none.
    pub may_hold_events: bool,
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

/// What happened; the fields are documented in contracts/interfaces. The subject is kept beside it, and what nothing
/// here asks for (hashes of notes and reasons, nonces) only in the log's bytes.
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
        /// keccak256 of the role's name; zero: the admin's (`model::Role`).
        role: Hash,
        /// Given, or taken.
        held: bool,
        actor: Address,
    },
    AdminChangePending {
        new_admin: Option<Address>,
        actor: Address,
    },
    TeamCreated {
        team: Address,
        registrar: Address,
        name: String,
        organisation: String,
    },
    TeamMemberSet {
        team: Address,
        member: Address,
        registrar: Address,
        until: Moment,
    },
    TeamMemberRemoved {
        team: Address,
        member: Address,
        actor: Address,
    },
    GuardianSet {
        guardian: Address,
        actor: Address,
        until: Moment,
    },
    GuardianRemoved {
        guardian: Address,
        actor: Address,
    },
    RecordAdded {
        digest: Digest,
        author: Address,
        codec: Codec,
        folder: u32,
        via: Option<Address>,
        scope: Scope,
        key_commit: Hash,
        sealed_metadata: Vec<u8>,
    },
    RecordSuperseded {
        digest: Digest,
        successor: Digest,
        author: Address,
    },
    RecordRetracted {
        digest: Digest,
        author: Address,
        via: Option<Address>,
        scope: Scope,
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
    AccessReferred {
        grantee: Address,
        scope: Scope,
        referrer: Address,
        parent: Scope,
        rights: Rights,
        purposes: Purposes,
        expires_at: Moment,
        sealed_key: Vec<u8>,
    },
    ReferralEnded {
        grantee: Address,
        scope: Scope,
        referrer: Address,
        actor: Address,
    },
    AccessRequested {
        practitioner: Address,
        scope: Scope,
        purposes: Purposes,
        note_hash: Hash,
    },
    EmergencyPolicySet {
        actor: Address,
        /// Seconds; 0: nobody may break the glass.
        duration: u32,
    },
    GlassBroken {
        practitioner: Address,
        expires_at: Moment,
        epoch: u32,
    },
    EmergencyReviewed {
        practitioner: Address,
        auditor: Address,
    },
    RecordOpened {
        digest: Digest,
        reader: Address,
        via: Option<Address>,
        scope: Scope,
        purpose: Purpose,
    },
    OpenSkipped {
        reader: Address,
        relayer: Address,
        digest: Digest,
    },
    NoncesCancelled {
        account: Address,
    },
}
