use cid::Cid;
use serde::{Serialize, Serializer};

use crate::store::Stat;

/// A file that is stored as the policy asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stored {
    /// Computed here, and confirmed by each of the stores.
    #[serde(serialize_with = "text")]
    pub root: Cid,
    /// Bytes of the file.
    pub length: u64,
    /// The stores that confirmed.
    pub confirmed: Vec<String>,
    /// Those that did not, and why: fewer copies than wanted if there are any, and [`repair`](super::Replicas::repair)
    /// makes up for it.
    pub failed: Vec<(String, String)>,
}

/// How one store keeps a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Every block is there and right.
    Whole,
    /// A block is there with another hash.
    Damaged,
    /// Some blocks are missing, and those there are right.
    Partial,
    /// It has none of the file.
    Absent,
    /// It did not answer, or not to all questions.
    Unreachable,
    /// It says whether it keeps the file, and cannot be read: a pinning service without a gateway.
    Unread,
}

/// What an audit found at one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreReport {
    /// Its name.
    pub store: String,
    /// All in one word.
    pub state: State,
    /// Whether it says that it keeps the file; none if it did not say.
    pub pinned: Option<bool>,
    /// Blocks that were read and are right.
    pub right: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blocks with another hash.
    #[serde(serialize_with = "texts")]
    pub damaged: Vec<Cid>,
    /// Blocks that it has not.
    #[serde(serialize_with = "texts")]
    pub missing: Vec<Cid>,
    /// Why it was not asked to the end.
    pub silent: Option<String>,
}

impl StoreReport {
    /// Whether it counts as a copy: whole, and kept.
    pub fn is_copy(&self) -> bool {
        match self.state {
            State::Whole => self.pinned != Some(false),
            State::Unread => self.pinned == Some(true),
            _ => false,
        }
    }
}

/// What an audit found about one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The file.
    #[serde(serialize_with = "text")]
    pub root: Cid,
    /// Its blocks, as far as its nodes could be read.
    pub blocks: u64,
    /// Copies that the policy asks for.
    pub wanted: usize,
    /// Stores that keep a whole copy.
    pub copies: usize,
    /// Blocks that no store has whole: with any, the file is lost until a store that has them answers.
    #[serde(serialize_with = "texts")]
    pub lost: Vec<Cid>,
    /// Store by store, in the order of the configuration.
    pub stores: Vec<StoreReport>,
}

impl Report {
    /// Whether there are as many copies as the policy asks for, and no store that is to keep it has damage.
    pub fn is_kept(&self) -> bool {
        let damaged = self.stores.iter().any(|store| store.pinned == Some(true) && !store.damaged.is_empty());
        self.copies >= self.wanted && self.lost.is_empty() && !damaged
    }
}

/// What a store says it holds, of all files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreStatus {
    /// Its name.
    pub store: String,
    /// Whether it keeps copies; gateways do not.
    pub keeps: bool,
    /// Why it gave no answer.
    pub silent: Option<String>,
    /// Files that it keeps, if it says so.
    pub pins: Option<usize>,
    /// How much it holds, if it says so.
    pub holds: Option<Stat>,
}

fn text<S: Serializer>(cid: &Cid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(cid)
}

fn texts<S: Serializer>(cids: &[Cid], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(cids.iter().map(ToString::to_string))
}
