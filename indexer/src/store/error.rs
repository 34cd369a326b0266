//! What goes wrong between us and the database, and what that means to whoever waits for it.

use std::borrow::Cow;

use sqlx::migrate::MigrateError;

/// What goes wrong between us and the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("database: {}", shown(.0))]
    Database(sqlx::Error),
    /// No writer of this version has set this database up yet.
    #[error("the database is not set up: no indexer of this version has started to write it yet")]
    NotSetUp,
    #[error("database schema: {0}")]
    Migrate(#[from] MigrateError),
    /// The database is about another deployment, or was migrated by a newer version.
    #[error("{0}")]
    Refused(String),
    /// What was asked could not be written down, together with what others asked.
    #[error("what was asked could not be written down: {cause}")]
    NotWrittenDown { cause: String, passing: bool },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // Undefined table, column or function, or the role to read as does not exist.
        match code(&error).as_deref() {
            Some("42P01" | "42703" | "42883" | "22023") => StoreError::NotSetUp,
            _ => StoreError::Database(error),
        }
    }
}

impl StoreError {
    /// Whether the database took longer than it is given for one statement.
    pub fn is_timeout(&self) -> bool {
        matches!(self, StoreError::Database(error) if code(error).as_deref() == Some("57014"))
    }

    /// Whether time may cure it: the server is gone, starting, full, read-only or busy, or a standby that must go on replaying
    /// what its readers hold up. A refusal or a broken constraint does not go by itself.
    pub fn is_passing(&self) -> bool {
        match self {
            StoreError::Database(error) => passes(error),
            StoreError::Migrate(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
                passes(error)
            }
            StoreError::NotWrittenDown { passing, .. } => *passing,
            StoreError::NotSetUp | StoreError::Migrate(_) | StoreError::Refused(_) => false,
        }
    }

    /// Whether a new connection may do better at once: this one broke, or was ended by the server.
    pub fn is_lost_connection(&self) -> bool {
        let StoreError::Database(error) = self else { return false };
        is_lost(error) || code(error).is_some_and(|code| is_ended(&code))
    }
}

/// Whether time may cure what went wrong in a step of work: see [`StoreError::is_passing`].
pub fn is_passing(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| match cause.downcast_ref::<StoreError>() {
        Some(error) => error.is_passing(),
        None => cause.downcast_ref().is_some_and(passes),
    })
}

/// Whether rows contradict those that are stored (SQLSTATE class 23): an event speaks of something that none before it made.
pub fn is_contradiction(error: &anyhow::Error) -> bool {
    let contradicts = |error: &sqlx::Error| code(error).is_some_and(|code| code.starts_with("23"));
    error.chain().any(|cause| match cause.downcast_ref::<StoreError>() {
        Some(StoreError::Database(error)) => contradicts(error),
        Some(_) => false,
        None => cause.downcast_ref().is_some_and(contradicts),
    })
}

fn code(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code)
}

/// What the database says, without what it quotes: names of constraints, but values as well. Its own log has all of it.
fn shown(error: &sqlx::Error) -> String {
    let Some(said) = error.as_database_error() else { return error.to_string() };
    let constraint = said.constraint().map(|name| format!(", constraint {name}")).unwrap_or_default();
    format!("{} (SQLSTATE {}{constraint})", unquoted(said.message()), said.code().unwrap_or_default())
}

fn unquoted(message: &str) -> String {
    let parts = message.split('"').enumerate();
    parts.map(|(number, part)| if number % 2 == 0 { part } else { "…" }).collect()
}

fn is_lost(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed)
}

fn passes(error: &sqlx::Error) -> bool {
    is_lost(error) || matches!(error, sqlx::Error::PoolTimedOut) || code(error).is_some_and(|code| code_passes(&code))
}

/// Conflict with what a standby replays, and ends of connections: by an administrator, in a crash, by a failover. By
/// SQLSTATE (appendix "PostgreSQL Error Codes").
fn is_ended(code: &str) -> bool {
    matches!(code, "40001" | "57P01" | "57P02" | "57P04" | "57P05" | "25P03") || code.starts_with("08")
}

fn code_passes(code: &str) -> bool {
    const PASSING: [&str; 7] = [
        "25006", // read-only: a standby, or for now
        "25P04", // a transaction that took too long
        "40P01", // deadlock
        "55P03", // lock timeout
        "57014", // cancelled
        "57P03", // starting or shutting down
        "58030", // the server cannot read or write its files
    ];
    // Class 53: out of disk, memory or connections.
    is_ended(code) || code.starts_with("53") || PASSING.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_cures_a_lost_server_but_no_refusal() {
        let lost = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        assert!(StoreError::from(sqlx::Error::Io(lost)).is_passing());
        for code in ["57P01", "57P02", "57P03", "53100", "53300", "25006", "40001", "40P01", "55P03", "08006"] {
            assert!(code_passes(code), "{code}");
        }
        // A unique key, a check, a syntax error, a missing right.
        for code in ["23505", "23514", "42601", "42501"] {
            assert!(!code_passes(code), "{code}");
        }
        assert!(!StoreError::Refused("another chain".into()).is_passing());
    }

    #[test]
    fn a_passing_error_is_seen_below_what_was_being_done() {
        use anyhow::Context as _;
        let failed: Result<(), _> = Err(StoreError::from(sqlx::Error::PoolTimedOut));
        assert!(is_passing(&failed.context("writing").unwrap_err()));
        assert!(is_passing(&anyhow::Error::from(sqlx::Error::WorkerCrashed)));
        assert!(!is_passing(&anyhow::anyhow!("something else")));
    }

    #[test]
    fn what_the_database_quotes_is_not_repeated() {
        let lost = StoreError::from(sqlx::Error::PoolTimedOut);
        assert!(lost.to_string().starts_with("database: pool timed out"), "{lost}");
        assert_eq!(
            unquoted("invalid input syntax for type bytea: \"0xc7c7\""),
            "invalid input syntax for type bytea: …"
        );
        assert_eq!(unquoted("permission denied for table record"), "permission denied for table record");
        assert_eq!(unquoted("\"a\" and \"b"), "… and …");
    }
}
