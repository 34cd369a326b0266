//! How many answers a second, and how soon: the API's and the database's own, in turn on the same machine in the same minutes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use chartkey_devnet::bench::Row;
use chartkey_devnet::postgres::DatabaseUrl;
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::load::{self, Times};
use crate::pgbench::Pgbench;
use crate::samples::{QUESTIONS, Question};
use crate::script::Script;

/// Things that are asked about, of each question.
const SAMPLES: u32 = 10_000;
const SEED: u64 = 5;

/// What is measured on.
pub struct Stage {
    pub pgbench: Pgbench,
    pub database: DatabaseUrl,
    /// Of the API.
    pub address: SocketAddr,
    /// Of the database server.
    pub log: PathBuf,
}

/// The rows of all questions, and all that was asked.
pub async fn measure(stage: &Stage, rounds: u64, long: Duration) -> Result<(Vec<Row>, Vec<String>)> {
    let mut db = PgConnection::connect(stage.database.expose()).await?;
    // As it is some minutes after a backfill: nothing is vacuumed in the midst of it.
    db.execute("vacuum analyze").await?;
    let (mut rows, mut paths) = (Vec::new(), Vec::new());
    for question in &QUESTIONS {
        let samples = question.draw(&mut db, SAMPLES, 0.5).await?;
        let script = Script::of(question, &samples, stage.address, &mut db, &stage.log).await?;
        eprintln!("{}: {} statements", question.name, script.statements);
        let mut pairs = Vec::new();
        for round in 0..rounds.max(1) {
            let ours = load::ask(stage.address, &samples.paths, SEED + round, long).await?;
            let floor = stage.pgbench.run(&stage.database, &script, long)?;
            eprintln!(
                "  {:.0} requests/s, p50 {:.1} ms, p99 {:.1} ms; pgbench {:.0}/s, p50 {:.1} ms, p99 {:.1} ms",
                ours.rate(),
                ours.percentile(50),
                ours.percentile(99),
                floor.rate(),
                floor.percentile(50),
                floor.percentile(99)
            );
            pairs.push((ours, floor));
        }
        rows.extend(compare(question, &pairs));
        paths.extend(samples.paths);
    }
    db.close().await?;
    Ok((rows, paths))
}

fn compare(question: &Question, pairs: &[(Times, Times)]) -> [Row; 2] {
    let of = |figure: fn(&Times) -> f64| {
        let ours = median(pairs.iter().map(|(ours, _)| figure(ours)).collect());
        (ours, median(pairs.iter().map(|(_, floor)| figure(floor)).collect()))
    };
    let (rate, floor) = of(Times::rate);
    let (p99, floor_p99) = of(|times| times.percentile(99));
    [
        Row::new(&format!("api.{}", question.name), rate, "requests/s")
            .against(floor, "transactions/s of pgbench, same statements")
            .at_least(0.5),
        Row::new(&format!("api.{}.p99", question.name), p99, "ms").against(floor_p99, "of pgbench").at_most(3.0),
    ]
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
