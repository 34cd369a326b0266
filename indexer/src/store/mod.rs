//! Postgres. The scheme, in one paragraph: `write` appends blocks, their events and what follows from them, or withdraws
//! blocks from a number on, inside the caller's transaction; `read` answers the API's questions inside a read-only snapshot,
//! as a role that can only select;
//! `history` hands the stored chain back, for finding forks and for `verify`. Functions take a connection, never a pool. The tables are
//! documented in migrations/, with a dictionary in migrations/README.md.

mod history;
mod open;
mod project;
pub mod read;
mod types;
mod write;

pub use history::{StoredEvent, blocks_between, cursor, events_between};
pub use open::{Reader, Writer, connect_to_inspect, connect_writer};
pub use write::{Binding, append, bind, finalized, trail_heads, withdraw, write_progress};

/// What goes wrong between us and the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("database schema: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The database is about another deployment, or was migrated by a newer version.
    #[error("{0}")]
    Refused(String),
}
