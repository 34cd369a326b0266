//! Postgres. What is on chain gets here by final blocks only (`follow`), in one transaction with the cursor; what is not final is
//! asked for each time, except ends of grants that were seen once (`sighting`). Whoever appends to the log, deposits or
//! deletes holds the one row of `log`: so a share that is handed over has its leaf in the same transaction, and is not
//! deleted meanwhile. Functions take a connection, never a pool. Tables: migrations/.

mod deletion;
mod deposit;
mod follow;
mod grant;
mod log;
mod open;
mod relay;
mod release;

use std::fmt;

use sqlx::{PgConnection, Postgres};

pub use deletion::{Due, Kept, delete, deletion_of, due, erase, sweepable};
pub use deposit::{Put, holding, put, receipt_time};
pub use follow::{apply, cursor, forget_sightings, sight};
pub use grant::{Standing, standing};
pub use log::{Log, anchored, append, last_anchor, leaf, lock, log_size, read_proof, write_anchor};
pub use open::{bind, connect};
pub use relay::{Waiting, done, enqueue, relays_waiting, sent};
pub use release::{Share, answer, key_of, opened_at, owner_copies, shares};

pub type Connection = PgConnection;
pub type Transaction<'c> = sqlx::Transaction<'c, Postgres>;

/// Why a grant's shares are no longer handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum End {
    Revoked = 1,
    Renounced = 2,
    /// Granted anew.
    Replaced = 3,
    EveryoneRevoked = 4,
    Expired = 5,
    /// Deposited for, and never seen on chain.
    Unclaimed = 6,
}

impl End {
    const ALL: [End; 6] =
        [End::Revoked, End::Renounced, End::Replaced, End::EveryoneRevoked, End::Expired, End::Unclaimed];

    pub fn byte(self) -> u8 {
        self as u8
    }

    pub(crate) fn of_number(number: i16) -> Self {
        End::ALL.into_iter().find(|end| i16::from(end.byte()) == number).unwrap_or(End::Revoked)
    }

    pub fn name(self) -> &'static str {
        match self {
            End::Revoked => "revoked",
            End::Renounced => "renounced",
            End::Replaced => "replaced",
            End::EveryoneRevoked => "everyone revoked",
            End::Expired => "expired",
            End::Unclaimed => "never claimed",
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A number as Postgres has it. Heights and times are far below 2^63.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// And back.
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Bytes of a column that a constraint holds to this length.
pub(crate) fn fixed<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N], sqlx::Error> {
    bytes.try_into().map_err(|_| sqlx::Error::Decode("bytes of another length than their column's".into()))
}
