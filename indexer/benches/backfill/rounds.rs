//! Backfill, fetching and copying, in turn on the same machine in the same minutes.

use std::time::Duration;

use anyhow::{Result, ensure};
use chartkey_devnet::bench::Row;
use chartkey_devnet::scratch::Scratch;
use chartkey_indexer::chain::Span;
use sqlx::{Connection as _, PgConnection};

use crate::floors::{self, Rows};
use crate::shared::indexer::{Indexer, Places};
use crate::shared::replay::Replay;
use crate::shared::server::Server;

/// A backfill that takes longer than this is broken.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// Events per CPU second of the fastest peer, which stores raw rows alone.
const RINDEXER: &str = "the bar (rindexer, raw rows alone: 40 000)";

/// A backfill of the whole process, from its start until it is ready (`Indexer::ready`).
pub struct Backfill {
    pub events: u64,
    pub seconds: f64,
    pub indexer_cpu: f64,
    pub postgres_cpu: f64,
    /// MiB.
    pub memory: f64,
}

impl Backfill {
    fn rate(&self) -> f64 {
        as_f64(self.events) / self.seconds
    }

    fn per_cpu_second(&self) -> f64 {
        as_f64(self.events) / (self.indexer_cpu + self.postgres_cpu)
    }
}

/// Indexes the chain into the database `indexed`, which stays.
pub async fn backfill(server: &Server, replay: &Replay) -> Result<Backfill> {
    let database = server.fresh("indexed").await?;
    let scratch = Scratch::new()?;
    let log = scratch.path().join("indexer.log");
    let postgres_before = server.cpu()?;
    let places = Places { rpc_url: &replay.url, deployment: &replay.file, database: &database, log: &log };
    let indexer = Indexer::start(&places).await?;
    let seconds = indexer.ready(PATIENCE).await?.as_secs_f64();
    let indexer_cpu = indexer.cpu()?.as_secs_f64();
    let postgres_cpu = server.cpu()?.saturating_sub(postgres_before).as_secs_f64();
    let memory = indexer.peak_memory()?;
    indexer.stop().await?;
    let mut db = PgConnection::connect(database.expose()).await?;
    let events: i64 = sqlx::query_scalar("select count(*) from event").fetch_one(&mut db).await?;
    db.close().await?;
    let measured = Backfill { events: events.cast_unsigned(), seconds, indexer_cpu, postgres_cpu, memory };
    eprintln!(
        "  backfill: {:.0} events/s, CPU {indexer_cpu:.1} s indexer + {postgres_cpu:.1} s Postgres, {memory:.0} MiB",
        measured.rate()
    );
    Ok(measured)
}

/// One of each.
pub struct Round {
    backfill: Backfill,
    /// Events/s.
    fetch: f64,
    /// Events/s.
    copy: f64,
    /// CPU seconds of Postgres.
    copy_cpu: f64,
    /// Some of what was fetched.
    pub sample: Vec<Span>,
}

impl Round {
    pub async fn measure(server: &Server, replay: &Replay) -> Result<Self> {
        let backfill = backfill(server, replay).await?;
        let fetched = floors::fetch(replay).await?;
        // The chain's last blocks are not final yet: no part of its history, but of the index.
        ensure!(
            fetched.events <= backfill.events && fetched.events * 100 >= backfill.events * 95,
            "{} events were indexed, {} fetched: not the same chain",
            backfill.events,
            fetched.events
        );
        let fetch = as_f64(fetched.events) / fetched.seconds;
        eprintln!("  fetching without storing: {fetch:.0} events/s");
        let (copy, copy_cpu) = copy(server).await?;
        eprintln!("  copying without the rest: {copy:.0} events/s, CPU {copy_cpu:.1} s Postgres");
        Ok(Round { backfill, fetch, copy, copy_cpu, sample: fetched.sample })
    }
}

async fn copy(server: &Server) -> Result<(f64, f64)> {
    let database = server.database("indexed");
    let rows = Rows::take(&database).await?;
    server.drop("indexed").await?;
    let database = server.fresh("copied").await?;
    let before = server.cpu()?;
    let seconds = rows.put(&database).await?.as_secs_f64();
    let cpu = server.cpu()?.saturating_sub(before).as_secs_f64();
    server.drop("copied").await?;
    Ok((as_f64(rows.events) / seconds, cpu))
}

/// The rows of the table: medians of the rounds, and how the long run compares.
pub fn rows(rounds: &[Round], long: &Backfill) -> Vec<Row> {
    let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    let (fetch, copy) = (of(|round| round.fetch), of(|round| round.copy));
    let slower =
        if fetch < copy { (fetch, "floor.fetch, the slower floor") } else { (copy, "floor.copy, the slower floor") };
    let memory = of(|round| round.backfill.memory);
    let per_event = |backfill: &Backfill| backfill.seconds / as_f64(backfill.events);
    let linear = per_event(long) / of(|round| round.backfill.seconds / as_f64(round.backfill.events));
    vec![
        Row::new("backfill", of(|round| round.backfill.rate()), "events/s").against(slower.0, slower.1).at_least(0.6),
        Row::new("backfill.cpu", of(|round| round.backfill.per_cpu_second()), "events/CPU s")
            .against(30_000.0, RINDEXER)
            .at_least(1.0),
        Row::new("backfill.cpu.indexer", of(|round| round.backfill.indexer_cpu), "CPU s")
            .note("decoding and the API included"),
        Row::new("backfill.cpu.postgres", of(|round| round.backfill.postgres_cpu), "CPU s")
            .against(of(|round| round.copy_cpu), "of floor.copy"),
        Row::new("backfill.memory", memory, "MiB").against(300.0, "the bar").at_most(1.0),
        Row::new("backfill.memory.4x", long.memory, "MiB").against(300.0, "the bar").at_most(1.0),
        Row::new("backfill.memory.growth", long.memory / memory, "×").against(1.0, "no growth").at_most(1.1),
        Row::new("backfill.linear", linear, "×").against(1.0, "4 times the time for 4 times the events").at_most(1.1),
        Row::new("floor.fetch", fetch, "events/s").note("fetch and parse the same answers, store nothing"),
        Row::new("floor.copy", copy, "events/s").note("binary COPY of the same rows, all tables, same indexes"),
    ]
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
