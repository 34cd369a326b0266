//! Postgres. The scheme, in one paragraph: a `Batch` lays out blocks, their events and what follows from them, purely;
//! `append` writes it and `withdraw` takes blocks back from a number on, both inside one transaction of the caller's, cursor
//! included: the cursor is the greatest row of `block`. `reindex` rebuilds what follows from the stored events; `read` answers
//! the API's questions inside a read-only snapshot, as a role that can only select; `history` hands the stored chain back, for
//! finding forks and for `verify`. `Journal` is what the API itself writes. Functions take a connection, never a pool. The tables are
//! documented in migrations/, with a dictionary in migrations/README.md.

mod batch;
mod copy;
mod error;
mod history;
mod journal;
mod nagle;
mod open;
mod progress;
mod project;
pub mod read;
mod reindex;
mod trail;
mod types;
mod withdrawn;
mod write;

pub use batch::{Batch, append};
pub use error::{StoreError, is_contradiction, is_passing};
pub use history::{StoredEvent, blocks_between, cursor, events_after, events_between};
pub use journal::{BrokenQuery, Journal, NonceUse, Query, Session, check_queries};
pub use nagle::send_at_once;
pub use open::{Writer, connect_to_inspect, connect_writer};
pub use progress::{archived_before, fill_headers, finalized, halt, halted, headers_to, write_progress};
pub use read::Reader;
pub use reindex::reindex;
pub use trail::{mark_checked, mark_unchecked, recheck, trail_heads, trails_after, unchecked_from};
pub use write::{Binding, bind, deployment_block, withdraw};

/// A connection, for the functions here.
pub type Connection = sqlx::PgConnection;

/// A transaction: a snapshot to read in, or a change to commit whole. Rolled back when dropped.
pub type Transaction<'c> = sqlx::Transaction<'c, sqlx::Postgres>;
