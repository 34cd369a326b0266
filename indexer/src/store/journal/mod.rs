//! What the API itself writes: who is signed in, and what was asked about patients. Always to the database that is written, never to a standby of it, so that it counts
//! at once everywhere.

mod chain;
mod queries;
mod sessions;

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

pub use chain::{BrokenQuery, check_queries};
pub use queries::Query;
pub use sessions::{NonceUse, Session};

use super::StoreError;
use super::nagle;
use super::open::options;
use super::read::Load;

const CONNECTIONS: u32 = 8;
/// How long a request waits for a connection: while all are busy, or the database does not answer.
const ACQUIRE: Duration = Duration::from_secs(3);

/// Connections of the API to the database that is written. They take on `chartkey_api`, which may do what the API itself writes and
/// nothing else: no row that comes from the chain can be changed by it.
#[derive(Clone)]
pub struct Journal {
    pool: PgPool,
    recorder: queries::Recorder,
}

impl Journal {
    /// Prepares the pool; connects when first asked. A connection is tried before it is used again, so one that broke since is
    /// replaced unnoticed.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let options = options(url)?.application_name("chartkey-indexer journal").options([
            // As a setting of the connection it fails where there is no such role yet, instead of being tried again.
            ("role", "chartkey_api"),
            ("statement_timeout", "10s"),
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "60s"),
        ]);
        let port = options.get_port();
        let pool =
            PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE).after_connect(move |_, _| {
                nagle::send_at_once(port);
                Box::pin(async { Ok(()) })
            });
        let pool = pool.connect_lazy_with(options);
        Ok(Journal { recorder: queries::Recorder::new(pool.clone()), pool })
    }

    /// How busy its connections are; who waits, waits to be written down.
    pub fn load(&self) -> Load {
        let waiting = u32::try_from(self.recorder.waiting()).unwrap_or(u32::MAX);
        Load::of(&self.pool, CONNECTIONS, waiting)
    }
}
