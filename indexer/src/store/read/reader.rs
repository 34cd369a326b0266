//! Connections of the API.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection as _, PgPool};

use super::status::status;
use super::stream::{Tip, tip};
use crate::model::TrailDomain;
use crate::model::view::Status;
use crate::store::nagle;
use crate::store::open::options;
use crate::store::{StoreError, Transaction};

const CONNECTIONS: u32 = 8;
/// A connection that was used this recently is taken for alive.
const FRESH: Duration = Duration::from_secs(1);
/// How long a request waits for a connection: while all are busy, or the database does not answer.
const ACQUIRE: Duration = Duration::from_secs(3);

/// Connections of the API, to the database that is written or to a standby of it. They select, in snapshots, as
/// `chartkey_reader`, and cannot do anything else.
#[derive(Clone)]
pub struct Reader {
    pool: PgPool,
    waiting: Arc<AtomicU32>,
    domain: Option<TrailDomain>,
}

/// How busy connections to the database are.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub in_use: u32,
    /// The most there may be.
    pub limit: u32,
    /// Requests that wait for one.
    pub waiting: u32,
}

impl Load {
    pub(in crate::store) fn of(pool: &PgPool, limit: u32, waiting: u32) -> Self {
        let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
        Load { in_use: pool.size().saturating_sub(idle), limit, waiting }
    }
}

/// One that waits for a connection.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn among(waiting: &'a AtomicU32) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Reader {
    /// How the API's connections work.
    pub const SETTINGS: [(&'static str, &'static str); 11] = [
        // As a setting of the connection it fails where there is no such role yet, instead of being tried again.
        ("role", "chartkey_reader"),
        ("default_transaction_read_only", "on"),
        ("statement_timeout", "30s"),
        // Who takes a stream and does not read it gives the connection back.
        ("idle_in_transaction_session_timeout", "60s"),
        // Each question finds a page of rows by key, in the order they are listed in. Its plan must be so whatever it is asked about
        // and whatever the statistics say, which lag behind while tables grow; and most questions take less time than a plan does.
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
        ("enable_seqscan", "off"),
        // Looks rows up one by one, instead of keeping all of a table that is small for now.
        ("enable_material", "off"),
        ("max_parallel_workers_per_gather", "0"),
        ("jit", "off"),
    ];

    /// Prepares the pool; connects when first asked. A connection is tried before it is used again, unless it was in use a
    /// moment ago, so one that broke since is replaced unnoticed.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let options = options(url)?.application_name("chartkey-indexer api").options(Self::SETTINGS);
        let port = options.get_port();
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE);
        let pool = pool.test_before_acquire(false).before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > FRESH {
                    connection.ping().await?;
                }
                Ok(true)
            })
        });
        let pool = pool.after_connect(move |_, _| {
            nagle::send_at_once(port);
            Box::pin(async { Ok(()) })
        });
        Ok(Reader { pool: pool.connect_lazy_with(options), waiting: Arc::default(), domain: None })
    }

    /// Refuses to read an index of another contract: for who knows which it should be.
    #[must_use]
    pub fn only(self, domain: TrailDomain) -> Self {
        Reader { domain: Some(domain), ..self }
    }

    /// One snapshot of the database, and how far the index is in it: everything read in it belongs to the same moment. On a
    /// standby that is the moment it has come to.
    ///
    /// Connections that broke meanwhile are replaced, because nothing was answered from them yet.
    pub async fn snapshot(&self) -> Result<(Transaction<'static>, Option<Status>), StoreError> {
        for _ in 0..CONNECTIONS {
            match self.open().await {
                Err(error) if error.is_lost_connection() => {}
                opened => return opened,
            }
        }
        self.open().await
    }

    /// How busy its connections are.
    pub fn load(&self) -> Load {
        Load::of(&self.pool, CONNECTIONS, self.waiting.load(Ordering::Relaxed))
    }

    /// The indexed head, in one statement of its own: cheap enough to be asked many times a second.
    pub async fn tip(&self) -> Result<Option<Tip>, StoreError> {
        tip(&mut *self.pool.acquire().await?).await
    }

    async fn open(&self) -> Result<(Transaction<'static>, Option<Status>), StoreError> {
        let waiting = Waiting::among(&self.waiting);
        let mut tx = self.pool.begin_with("begin isolation level repeatable read read only").await?;
        drop(waiting);
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
