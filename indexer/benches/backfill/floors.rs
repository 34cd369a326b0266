//! What cannot be beaten: fetching without storing, and storing without anything else.

use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chartkey_devnet::postgres::DatabaseUrl;
use chartkey_devnet::scratch::Scratch;
use chartkey_indexer::chain::{Chain as _, Span};
use chartkey_indexer::store;
use futures_util::TryStreamExt as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::io::AsyncWriteExt as _;

use crate::shared::replay::Replay;

/// Logs kept for measuring the decoder.
const SAMPLE: u64 = 20_000;

pub struct Fetched {
    pub events: u64,
    pub seconds: f64,
    /// Spans from all over the chain, with some `SAMPLE` logs.
    pub sample: Vec<Span>,
}

/// Fetches and parses the events of all final blocks as the indexer does, and drops them.
pub async fn fetch(replay: &Replay) -> Result<Fetched> {
    let chain = replay.chain()?;
    let started = Instant::now();
    let finalized = chain.finalized(&chain.head().await?.block).await?;
    let mut spans = chain.history(replay.deployment.block..=finalized.number);
    let (mut events, mut kept, mut sample) = (0, 0, Vec::new());
    while let Some(span) = spans.try_next().await? {
        events += span.logs.len() as u64;
        if kept * replay.events <= SAMPLE * events {
            kept += span.logs.len() as u64;
            sample.push(span);
        }
    }
    Ok(Fetched { events, seconds: started.elapsed().as_secs_f64(), sample })
}

/// The rows of an indexed database, in files as `copy … (format binary)` gives them.
pub struct Rows {
    tables: Vec<Table>,
    pub events: u64,
    /// The first and the last block with events.
    blocks: (i64, i64),
    scratch: Scratch,
}

struct Table {
    name: String,
    /// As in SQL: those that are not computed from others.
    columns: String,
}

impl Rows {
    /// Takes them out. Events come in the chain's order, other rows in the order they lie in.
    pub async fn take(database: &DatabaseUrl) -> Result<Self> {
        let mut db = PgConnection::connect(database.expose()).await?;
        let found: Vec<(String, String)> = sqlx::query_as(
            "select c.relname::text, string_agg(quote_ident(a.attname), ', ' order by a.attnum)
             from pg_class c join pg_attribute a on a.attrelid = c.oid
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
               and c.relname not in ('_sqlx_migrations', 'progress')
               and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
             group by c.relname order by c.relname = 'event', c.relname",
        )
        .fetch_all(&mut db)
        .await?;
        let tables: Vec<Table> = found.into_iter().map(|(name, columns)| Table { name, columns }).collect();
        let counted = "select count(*), coalesce(min(block_number), 0), coalesce(max(block_number), 0) from event";
        let (events, first, last): (i64, i64, i64) = sqlx::query_as(counted).fetch_one(&mut db).await?;
        let scratch = Scratch::new()?;
        let rows = Rows { tables, events: events.cast_unsigned(), blocks: (first, last), scratch };
        for table in &rows.tables {
            rows.take_table(&mut db, table).await?;
        }
        db.close().await?;
        Ok(rows)
    }

    fn file(&self, table: &Table) -> PathBuf {
        self.scratch.path().join(&table.name)
    }

    async fn take_table(&self, db: &mut PgConnection, Table { name, columns }: &Table) -> Result<()> {
        let order = if name == "event" { "order by block_number, log_index" } else { "" };
        let statement = format!("copy (select {columns} from {name} {order}) to stdout (format binary)");
        let mut rows = db.copy_out_raw(&statement).await?;
        let file = tokio::fs::File::create(self.scratch.path().join(name)).await?;
        let mut file = tokio::io::BufWriter::with_capacity(1 << 20, file);
        while let Some(bytes) = rows.try_next().await? {
            file.write_all(&bytes).await?;
        }
        Ok(file.flush().await?)
    }

    /// Copies them into an empty database, with its indexes and constraints, one transaction a table, on one connection.
    pub async fn put(&self, database: &DatabaseUrl) -> Result<Duration> {
        let writer = store::connect_writer(database.expose()).await?.context("another process writes this database")?;
        writer.close().await?;
        let mut db = PgConnection::connect(database.expose()).await?;
        // As the indexer does, or the floor would lie lower than it has to.
        store::send_at_once(PgConnectOptions::from_str(database.expose())?.get_port());
        self.prepare(&mut db).await?;
        let started = Instant::now();
        for table in self.tables.iter().filter(|table| table.name != "deployment") {
            self.put_table(&mut db, table).await?;
        }
        let taken = started.elapsed();
        let events: i64 = sqlx::query_scalar("select count(*) from event").fetch_one(&mut db).await?;
        ensure!(events.cast_unsigned() == self.events, "{events} of {} events were copied", self.events);
        db.close().await?;
        Ok(taken)
    }

    /// The one row that partitions depend on, and the partitions.
    async fn prepare(&self, db: &mut PgConnection) -> Result<()> {
        for table in self.tables.iter().filter(|table| table.name == "deployment") {
            self.put_table(db, table).await?;
        }
        let (first, last) = self.blocks;
        let partitions = format!("select ensure_event_partitions({first}, {last})");
        db.execute(AssertSqlSafe(partitions)).await.context("cannot make the partitions of event")?;
        Ok(())
    }

    async fn put_table(&self, db: &mut PgConnection, table: &Table) -> Result<()> {
        let Table { name, columns } = table;
        let mut copy = db.copy_in_raw(&format!("copy {name} ({columns}) from stdin (format binary)")).await?;
        copy.read_from(tokio::fs::File::open(self.file(table)).await?).await?;
        copy.finish().await.with_context(|| format!("cannot copy into {name}"))?;
        Ok(())
    }
}
