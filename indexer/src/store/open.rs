//! Opening the database: as the one writer, or as a reader that can only select.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool, Postgres, Transaction};

use super::StoreError;

/// The advisory lock that elects the writer of a database: "chartkey" in ASCII.
const WRITER_LOCK: i64 = i64::from_be_bytes(*b"chartkey");
const READ_CONNECTIONS: u32 = 8;

/// The connection that writes. It holds the writer's lock: should it break, the lock and the right to write go together.
pub struct Writer {
    connection: PgConnection,
}

/// Connects, brings the schema up to date and asks to be the writer. `None`: another process writes this database.
pub async fn connect_writer(url: &str) -> Result<Option<Writer>, StoreError> {
    let mut connection = options(url)?.application_name("chartkey-indexer writer").connect().await?;
    let elected = sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "elected!""#, WRITER_LOCK);
    if !elected.fetch_one(&mut connection).await? {
        return Ok(None);
    }
    migrate(&mut connection).await?;
    Ok(Some(Writer { connection }))
}

async fn migrate(connection: &mut PgConnection) -> Result<(), StoreError> {
    match sqlx::migrate!("./migrations").run(connection).await {
        Err(MigrateError::VersionMissing(version)) => Err(StoreError::Refused(format!(
            "this database was set up by a newer version of chartkey-indexer (it has migration {version}): \
             use that version, or another database"
        ))),
        other => Ok(other?),
    }
}

impl Writer {
    /// A transaction to write in.
    pub async fn begin(&mut self) -> Result<Transaction<'_, Postgres>, StoreError> {
        Ok(self.connection.begin().await?)
    }

    /// Gives up the lock by closing the connection.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.connection.close().await?)
    }
}

/// Connects for `verify`, which only reads but sees every table as its owner does.
pub async fn connect_to_inspect(url: &str) -> Result<PgConnection, StoreError> {
    let options = options(url)?.application_name("chartkey-indexer verify");
    Ok(options.options([("default_transaction_read_only", "on")]).connect().await?)
}

/// Connections of the API. They select, in snapshots, as `chartkey_reader`, and cannot do anything else.
#[derive(Clone)]
pub struct Reader {
    pool: PgPool,
}

impl Reader {
    /// Prepares the pool; connects when first asked.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let options = options(url)?
            .application_name("chartkey-indexer api")
            .options([("default_transaction_read_only", "on"), ("statement_timeout", "30s")]);
        let pool = PgPoolOptions::new()
            .max_connections(READ_CONNECTIONS)
            .acquire_timeout(Duration::from_secs(5))
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::query("set role chartkey_reader").execute(connection).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(options);
        Ok(Reader { pool })
    }

    /// One snapshot of the database: everything read in it belongs to the same moment.
    pub async fn snapshot(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        Ok(self.pool.begin_with("begin isolation level repeatable read read only").await?)
    }
}

fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    // The error of a malformed URL may quote it, password and all.
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        StoreError::Refused(
            "DATABASE_URL is not a Postgres URL: expected postgres://user:password@host:port/database".into(),
        )
    })?;
    Ok(options.disable_statement_logging())
}
