//! What is signed, by EIP-712 in the contract's own domain. README.md has the types; each `hash` here is
//! `keccak256(0x1901 ‖ domain ‖ hashStruct)`.

use chartkey_vault::bytes::keccak256;
use chartkey_vault::{Address, Digest, Domain, GrantId, KeyId};
use serde::{Deserialize, Serialize};

use crate::text;

/// The hash of something that was signed.
pub type Hash = [u8; 32];

/// What a custodian keeps and hands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum What {
    /// A share of the custodians' half of a title key.
    Title = 1,
    /// A share of the custodians' half of a content key.
    Content = 2,
    /// A share of an emergency grant's seed.
    Seed = 3,
    /// An owner's copy of a record's keys.
    Owner = 4,
}

impl What {
    /// The byte that stands for it.
    pub fn byte(self) -> u8 {
        self as u8
    }

    /// What a byte stands for.
    pub fn of_byte(byte: u8) -> Option<Self> {
        [What::Title, What::Content, What::Seed, What::Owner].into_iter().find(|what| what.byte() == byte)
    }
}

/// One thing of a deposit. What it is sealed to and with is in README.md.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub kind: What,
    /// Zero for a share of an emergency grant's seed, which is of no record.
    #[serde(with = "text::own")]
    pub digest: Digest,
    /// The share's; 0 for an owner's copy.
    pub index: u8,
    #[serde(with = "text::bytes")]
    pub sealed: Vec<u8>,
}

/// What a depositor signs: keep these for this grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposit {
    pub custodian: Address,
    pub patient: Address,
    /// Zero if all are owner's copies.
    pub grant: GrantId,
    pub items: Vec<Item>,
    pub depositor: Address,
    pub issued_at: u64,
}

/// What a reader signs: hand these over to me.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseRequest {
    #[serde(with = "text::own")]
    pub patient: Address,
    /// Zero for owner's copies.
    #[serde(with = "text::own")]
    pub grant_id: GrantId,
    pub kind: What,
    /// Which records.
    #[serde(with = "text::owns")]
    pub digests: Vec<Digest>,
    #[serde(with = "text::own")]
    pub reader: Address,
    /// Through whom, as in an open.
    #[serde(with = "text::own")]
    pub via: Address,
    pub purpose: u8,
    /// The reader's published key that the answer is to be sealed to.
    #[serde(with = "text::own")]
    pub key_id: KeyId,
    /// Of content: the nonce of the signed open; 0: of the reader's own transaction.
    #[serde(with = "text::bytes")]
    pub open: [u8; 32],
    /// Any that this reader has not used.
    #[serde(with = "text::bytes")]
    pub nonce: [u8; 32],
    /// Unix seconds.
    pub issued_at: u64,
}

/// What the contract takes in `logOpens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenRequest {
    #[serde(with = "text::own")]
    pub patient: Address,
    #[serde(with = "text::own")]
    pub digest: Digest,
    #[serde(with = "text::own")]
    pub reader: Address,
    #[serde(with = "text::own")]
    pub via: Address,
    pub purpose: u8,
    #[serde(with = "text::bytes")]
    pub nonce: [u8; 32],
    /// Unix seconds.
    pub deadline: u64,
}

/// What a patient or guardian signs: forget these records, whatever grants there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Erasure {
    #[serde(with = "text::own")]
    pub custodian: Address,
    #[serde(with = "text::own")]
    pub patient: Address,
    #[serde(with = "text::owns")]
    pub digests: Vec<Digest>,
    #[serde(with = "text::own")]
    pub actor: Address,
    /// Unix seconds.
    pub issued_at: u64,
}

/// What a custodian signs: this deposit is on my disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DepositReceipt {
    pub custodian: Address,
    /// The deposit's hash.
    pub deposit: Hash,
    pub stored_at: u64,
}

/// What a custodian signs: what I kept for this grant is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletionReceipt {
    pub custodian: Address,
    pub grant: GrantId,
    /// Why ([`crate::store::End`]).
    pub reason: u8,
    /// The block that ended it.
    pub block: u64,
    pub shares: u64,
    pub deleted_at: u64,
}

/// What a custodian signs: my log has so many leaves and this root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    pub custodian: Address,
    pub size: u64,
    pub root: Hash,
    pub signed_at: u64,
}

const ITEM: &[u8] = b"Item(uint8 kind,bytes32 digest,uint8 index,bytes sealed)";
const DEPOSIT: &[u8] = b"Deposit(address custodian,address patient,bytes32 grantId,Item[] items,address depositor,\
uint256 issuedAt)Item(uint8 kind,bytes32 digest,uint8 index,bytes sealed)";
const RELEASE: &[u8] = b"ReleaseRequest(address patient,bytes32 grantId,uint8 kind,bytes32[] digests,address reader,\
address via,uint8 purpose,bytes32 keyId,uint256 open,uint256 nonce,uint256 issuedAt)";
const OPEN: &[u8] =
    b"OpenRequest(address patient,bytes32 digest,address reader,address via,uint8 purpose,uint256 nonce,uint256 deadline)";
const ERASURE: &[u8] = b"Erasure(address custodian,address patient,bytes32[] digests,address actor,uint256 issuedAt)";
const DEPOSIT_RECEIPT: &[u8] = b"DepositReceipt(address custodian,bytes32 deposit,uint256 storedAt)";
const DELETION_RECEIPT: &[u8] = b"DeletionReceipt(address custodian,bytes32 grantId,uint8 reason,uint256 block,\
uint256 shares,uint256 deletedAt)";
const TREE_HEAD: &[u8] = b"TreeHead(address custodian,uint256 size,bytes32 root,uint256 signedAt)";

impl Item {
    fn hash(&self) -> Hash {
        let fields = [
            keccak256(&[ITEM]),
            word(&[self.kind.byte()]),
            self.digest.0,
            word(&[self.index]),
            keccak256(&[&self.sealed]),
        ];
        keccak256(&[fields.as_flattened()])
    }
}

impl Deposit {
    pub fn hash(&self, domain: &Domain) -> Hash {
        let items: Vec<Hash> = self.items.iter().map(Item::hash).collect();
        let fields = [
            word(&self.custodian.0),
            word(&self.patient.0),
            self.grant.0,
            keccak256(&[items.as_flattened()]),
            word(&self.depositor.0),
            number(self.issued_at),
        ];
        sign_hash(domain, DEPOSIT, &fields)
    }
}

impl ReleaseRequest {
    pub fn hash(&self, domain: &Domain) -> Hash {
        let fields = [
            word(&self.patient.0),
            self.grant_id.0,
            word(&[self.kind.byte()]),
            list(&self.digests),
            word(&self.reader.0),
            word(&self.via.0),
            word(&[self.purpose]),
            self.key_id.0,
            self.open,
            self.nonce,
            number(self.issued_at),
        ];
        sign_hash(domain, RELEASE, &fields)
    }
}

impl OpenRequest {
    /// The contract's own hash of it.
    pub fn hash(&self, domain: &Domain) -> Hash {
        let fields = [
            word(&self.patient.0),
            self.digest.0,
            word(&self.reader.0),
            word(&self.via.0),
            word(&[self.purpose]),
            self.nonce,
            number(self.deadline),
        ];
        sign_hash(domain, OPEN, &fields)
    }
}

impl Erasure {
    pub fn hash(&self, domain: &Domain) -> Hash {
        let fields = [
            word(&self.custodian.0),
            word(&self.patient.0),
            list(&self.digests),
            word(&self.actor.0),
            number(self.issued_at),
        ];
        sign_hash(domain, ERASURE, &fields)
    }
}

impl DepositReceipt {
    pub fn hash(&self, domain: &Domain) -> Hash {
        let fields = [word(&self.custodian.0), self.deposit, number(self.stored_at)];
        sign_hash(domain, DEPOSIT_RECEIPT, &fields)
    }
}

impl DeletionReceipt {
    pub fn hash(&self, domain: &Domain) -> Hash {
        let fields = [
            word(&self.custodian.0),
            self.grant.0,
            word(&[self.reason]),
            number(self.block),
            number(self.shares),
            number(self.deleted_at),
        ];
        sign_hash(domain, DELETION_RECEIPT, &fields)
    }
}

impl TreeHead {
    pub fn hash(&self, domain: &Domain) -> Hash {
        let fields = [word(&self.custodian.0), number(self.size), self.root, number(self.signed_at)];
        sign_hash(domain, TREE_HEAD, &fields)
    }
}

fn sign_hash(domain: &Domain, kind: &[u8], fields: &[Hash]) -> Hash {
    let content = keccak256(&[&keccak256(&[kind]), fields.as_flattened()]);
    keccak256(&[&[0x19, 0x01], &domain.separator(), &content])
}

fn list(digests: &[Digest]) -> Hash {
    let words: Vec<Hash> = digests.iter().map(|digest| digest.0).collect();
    keccak256(&[words.as_flattened()])
}

/// A number in an EIP-712 word.
pub(crate) fn number(value: u64) -> Hash {
    word(&value.to_be_bytes())
}

fn word(bytes: &[u8]) -> Hash {
    let mut word = [0; 32];
    word[32 - bytes.len()..].copy_from_slice(bytes);
    word
}
