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

/// A connection, for the functions here.
pub type Connection = sqlx::PgConnection;

/// A transaction: a snapshot to read in, or a change to commit whole. Rolled back when dropped.
pub type Transaction<'c> = sqlx::Transaction<'c, sqlx::Postgres>;

/// What goes wrong between us and the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("database: {0}")]
    Database(#[source] sqlx::Error),
    /// No writer has set this database up yet.
    #[error("the database is empty: the indexer has not started to write it yet")]
    NotSetUp,
    #[error("database schema: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The database is about another deployment, or was migrated by a newer version.
    #[error("{0}")]
    Refused(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // Undefined table, or the role to read as does not exist.
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        match code.as_deref() {
            Some("42P01" | "22023") => StoreError::NotSetUp,
            _ => StoreError::Database(error),
        }
    }
}
