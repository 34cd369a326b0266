//! The URL of a database, which is a secret.

use std::fmt::{self, Debug, Formatter};

/// The user every private server has.
pub(super) const USER: &str = "chartkey";

/// A `postgres://` URL with its password. It does not print itself.
#[derive(Clone)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    pub(super) fn new(password: &str, port: u16, database: &str) -> Self {
        Self(format!("postgres://{USER}:{password}@127.0.0.1:{port}/{database}"))
    }

    /// The URL, for whoever connects.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("DatabaseUrl(…)")
    }
}
