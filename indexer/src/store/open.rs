//! Opening the database as the one writer, or to inspect it.

use std::str::FromStr as _;

use sqlx::migrate::MigrateError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, Postgres, Transaction};

use super::{StoreError, nagle};

/// The advisory lock that elects the writer of a database: "chartkey" in ASCII.
const WRITER_LOCK: i64 = i64::from_be_bytes(*b"chartkey");

/// How the writer's connection works.
const WRITER_SETTINGS: [(&str, &str); 13] = [
    // The server takes a writer that vanished (its machine, its network) for gone within five seconds, and the lock with it:
    // while it waits for the writer, while it answers, and while it runs a statement.
    ("tcp_keepalives_idle", "1"),
    ("tcp_keepalives_interval", "1"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "4s"),
    ("client_connection_check_interval", "1s"),
    // A writer that hangs in a transaction would hold its locks.
    ("idle_in_transaction_session_timeout", "10s"),
    ("lock_timeout", "30s"),
    // No statement of a step takes nearly as long.
    ("statement_timeout", "60s"),
    // Each statement finds its rows by key, for the rows of a batch. Plans must be so whatever the statistics say, which lag
    // behind while tables grow; and planning each time again would cost more than it finds.
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_seqscan", "off"),
    ("jit", "off"),
];

/// The connection that writes. It holds the writer's lock: should it break, the lock and the right to write go together.
pub struct Writer {
    connection: PgConnection,
}

/// Connects, brings the schema up to date and asks to be the writer. `None`: another process writes this database.
pub async fn connect_writer(url: &str) -> Result<Option<Writer>, StoreError> {
    let options = options(url)?.application_name("chartkey-indexer writer").options(WRITER_SETTINGS);
    let mut connection = options.connect().await?;
    nagle::send_at_once(options.get_port());
    let elected = sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "elected!""#, WRITER_LOCK);
    if !elected.fetch_one(&mut connection).await? {
        end_frozen_writer(&mut connection).await?;
        return Ok(None);
    }
    migrate(&mut connection).await?;
    Ok(Some(Writer { connection }))
}

/// Ends a writer that is frozen in the middle of a COPY (its process was stopped, its container paused): no time-out of the server
/// does, because it heeds nothing but its end while it reads rows. A writer that works is never waited for nearly as long.
async fn end_frozen_writer(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!(
        "select pg_terminate_backend(a.pid)
         from pg_locks l join pg_stat_activity a on a.pid = l.pid
         where l.locktype = 'advisory' and l.granted and l.objsubid = 1
             and l.database = (select oid from pg_database where datname = current_database())
             and (l.classid::bigint << 32 | l.objid::bigint) = $1
             and a.state = 'active' and a.wait_event = 'ClientRead' and a.query_start < now() - interval '30 seconds'",
        WRITER_LOCK
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

async fn migrate(connection: &mut PgConnection) -> Result<(), StoreError> {
    // A migration may take as long as it needs.
    sqlx::query("set statement_timeout = 0").execute(&mut *connection).await?;
    match sqlx::migrate!("./migrations").run(&mut *connection).await {
        Err(MigrateError::VersionMissing(version)) => {
            return Err(StoreError::Refused(format!(
                "this database was set up by a newer version of chartkey-indexer (it has migration {version}): \
                 use that version, or another database"
            )));
        }
        other => other?,
    }
    sqlx::query("reset statement_timeout").execute(connection).await?;
    Ok(())
}

impl Writer {
    /// A transaction to write in.
    pub async fn begin(&mut self) -> Result<Transaction<'_, Postgres>, StoreError> {
        Ok(self.connection.begin().await?)
    }

    /// A transaction to write much in: its commit does not wait for the disk. After a crash of the server it may be gone, whole:
    /// its rows and the cursor with them, so nothing is missing from between.
    pub async fn begin_bulk(&mut self) -> Result<Transaction<'_, Postgres>, StoreError> {
        let mut transaction = self.connection.begin().await?;
        sqlx::query("set local synchronous_commit = off").execute(&mut *transaction).await?;
        Ok(transaction)
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

pub(super) fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    // The error of a malformed URL may quote it, password and all.
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        StoreError::Refused(
            "a database's URL (DATABASE_URL, READ_DATABASE_URL) is not a Postgres URL: expected \
             postgres://user:password@host:port/database"
                .into(),
        )
    })?;
    Ok(options.disable_statement_logging())
}
