//! Connections of the API.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::status::status;
use super::stream::{Tip, tip};
use crate::model::TrailDomain;
use crate::model::view::Status;
use crate::store::nagle;
use crate::store::open::options;
use crate::store::{StoreError, Transaction};

const CONNECTIONS: u32 = 8;
/// How long a request waits for a connection: while all are busy, or the database does not answer.
const ACQUIRE: Duration = Duration::from_secs(3);

/// Connections of the API, to the database that is written or to a standby of it. They select, in snapshots, as
/// `chartkey_reader`, and cannot do anything else.
#[derive(Clone)]
pub struct Reader {
    pool: PgPool,
    domain: Option<TrailDomain>,
}

impl Reader {
    /// Prepares the pool; connects when first asked. A connection is tried before it is used again, so one that broke
    /// since is replaced unnoticed.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let options = options(url)?.application_name("chartkey-indexer api").options([
            // As a setting of the connection it fails where there is no such role yet, instead of being tried again.
            ("role", "chartkey_reader"),
            ("default_transaction_read_only", "on"),
            ("statement_timeout", "30s"),
            // Who takes a stream and does not read it gives the connection back.
            ("idle_in_transaction_session_timeout", "60s"),
        ]);
        let port = options.get_port();
        let pool =
            PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE).after_connect(move |_, _| {
                nagle::send_at_once(port);
                Box::pin(async { Ok(()) })
            });
        let pool = pool.connect_lazy_with(options);
        Ok(Reader { pool, domain: None })
    }

    /// Refuses to read an index of another contract: for who knows which it should be.
    #[must_use]
    pub fn only(self, domain: TrailDomain) -> Self {
        Reader { domain: Some(domain), ..self }
    }

    /// One snapshot of the database, and how far the index is in it: everything read in it belongs to the same moment. On a
    /// standby that is the moment it has come to.
    ///
    /// A connection that breaks meanwhile is replaced once, because nothing was answered from it yet.
    pub async fn snapshot(&self) -> Result<(Transaction<'static>, Option<Status>), StoreError> {
        match self.open().await {
            Err(error) if error.is_lost_connection() => self.open().await,
            opened => opened,
        }
    }

    /// The indexed head, in one statement of its own: cheap enough to be asked many times a second.
    pub async fn tip(&self) -> Result<Option<Tip>, StoreError> {
        tip(&mut *self.pool.acquire().await?).await
    }

    async fn open(&self) -> Result<(Transaction<'static>, Option<Status>), StoreError> {
        let mut tx = self.pool.begin_with("begin isolation level repeatable read read only").await?;
        let status = status(&mut tx).await?;
        let found = status.as_ref().map(|status| (status.chain_id, status.contract));
        if let (Some(found), Some(TrailDomain { chain_id, contract })) = (found, self.domain)
            && found != (chain_id, contract)
        {
            return Err(StoreError::Refused(format!(
                "the database to read (READ_DATABASE_URL) holds the index of contract {} on chain {}, not of {contract} on \
                 chain {chain_id}",
                found.1, found.0
            )));
        }
        Ok((tx, status))
    }
}
