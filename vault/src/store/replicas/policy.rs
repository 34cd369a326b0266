use cid::Cid;
use serde::{Deserialize, Serialize};

use crate::store::StoreError;

/// How many copies of a record there are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Stores that keep it: the first so many that can, of those configured. At least 1.
    pub copies: usize,
    /// Stores that must have confirmed before the record counts as stored, and its CID goes on chain: 1 to `copies`.
    pub confirm: usize,
}

impl Default for Policy {
    /// Three copies, of which two are confirmed: one store may be down while a record is added.
    fn default() -> Self {
        Policy { copies: 3, confirm: 2 }
    }
}

impl Policy {
    pub(super) fn check(self, stores: usize) -> Result<(), StoreError> {
        let Policy { copies, confirm } = self;
        if copies > stores {
            return Err(StoreError::BadPolicy(format!("{copies} copies, and {stores} stores that keep any")));
        }
        if confirm == 0 || confirm > copies {
            return Err(StoreError::BadPolicy(format!("{confirm} of {copies} copies confirmed")));
        }
        Ok(())
    }
}

/// What is going on. Bytes are those of blocks, and added up: the sum of all events is where things are.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Read from the file and hashed.
    Read { bytes: u64 },
    /// Taken by a store.
    Sent { store: &'a str, bytes: u64 },
    /// Not sent: the store had it.
    Skipped { store: &'a str, bytes: u64 },
    /// A store confirmed that it keeps the whole file.
    Kept { store: &'a str },
    /// A store will not be asked again in this upload or repair.
    GaveUp { store: &'a str, reason: &'a StoreError },
    /// Read from a store and found right.
    Checked { store: &'a str, bytes: u64 },
    /// A damaged or missing block was put in its place.
    Repaired { store: &'a str, cid: &'a Cid },
}

/// Is told what is going on, from several tasks: for progress bars.
pub trait Progress: Send + Sync {
    /// Must return at once.
    fn on(&self, event: &Event<'_>);
}

impl<F: Fn(&Event<'_>) + Send + Sync> Progress for F {
    fn on(&self, event: &Event<'_>) {
        self(event);
    }
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn on(&self, _event: &Event<'_>) {}
}
