use std::io;

use cid::Cid;

/// Why a store did not do what was asked, or why a DAG is not read.
///
/// Texts name CIDs: they are for whoever asked, never for a service's log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store answered, and has no such block.
    #[error("block {0} is not there")]
    Missing(Cid),
    /// What the store gave does not have that hash.
    #[error("block {0} is damaged: what came has another hash")]
    Damaged(Cid),
    /// No connection, no answer in time, or an answer that says the store itself is in trouble.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// The store answered, and will not: a token, a quota, a rule.
    #[error("refused ({status}): {message}")]
    Refused {
        /// HTTP's status code.
        status: u16,
        /// What the store says, cut to 300 bytes.
        message: String,
    },
    /// An answer that its protocol does not allow.
    #[error("a wrong answer: {0}")]
    Protocol(String),
    /// The store's CID for what was sent is not the one that was computed here.
    #[error("the CID here is {computed}, and the store says {answered}")]
    OtherCid {
        /// Computed here.
        computed: Cid,
        /// What the store answered.
        answered: Box<str>,
    },
    /// A CID that is not one of a record's blocks: CIDv1 or CIDv0, sha2-256, raw or dag-pb.
    #[error("not a CID of a record's block: {0}")]
    BadCid(String),
    /// A CAR that is not one, or not within the limits.
    #[error("not a CAR of a record: {0}")]
    BadCar(String),
    /// A block whose hash is right and whose content is no node of a file, or not the one its parent promised.
    #[error("not a file's DAG at {cid}: {reason}")]
    BadDag {
        /// The block that is wrong.
        cid: Cid,
        /// What is wrong with it.
        reason: Box<str>,
    },
    /// A block, a DAG or an answer beyond what is read.
    #[error("too large: {what} may be {limit} at most")]
    TooLarge {
        /// Which limit.
        what: &'static str,
        /// In bytes, links or levels, by `what`.
        limit: u64,
    },
    /// There is no such byte or leaf.
    #[error("{asked} was asked for, and there are {there}")]
    OutOfRange {
        /// Byte or leaf.
        asked: u64,
        /// How many there are.
        there: u64,
    },
    /// This kind of store cannot do that.
    #[error("this kind of store cannot {0}")]
    Unsupported(&'static str),
    /// No store gave the block. What each of them said is in the reader's findings.
    #[error("none of the stores gave block {0}")]
    Nowhere(Cid),
    /// Fewer stores confirmed than the policy asks for.
    #[error("{confirmed} stores confirmed, and {needed} must: {reasons}")]
    TooFewCopies {
        /// How many did.
        confirmed: usize,
        /// How many the policy asks for.
        needed: usize,
        /// By store, why not.
        reasons: String,
    },
    /// A policy that no set of stores could keep.
    #[error("the policy cannot be kept: {0}")]
    BadPolicy(String),
    /// Another process has the folder.
    #[error("another process uses {0}")]
    InUse(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl StoreError {
    pub(super) fn bad_dag(cid: &Cid, reason: impl Into<Box<str>>) -> Self {
        StoreError::BadDag { cid: *cid, reason: reason.into() }
    }

    /// Whether the same question to another store, or later, may be answered: everything but a fault of what was asked.
    pub fn is_the_stores(&self) -> bool {
        !matches!(
            self,
            StoreError::BadCid(_)
                | StoreError::BadDag { .. }
                | StoreError::OutOfRange { .. }
                | StoreError::BadPolicy(_)
        )
    }
}
