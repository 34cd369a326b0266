//! The query API under load, beside pgbench, which has the same database do the same for it and answers nobody. One table, and the
//! same rows in `target/bench.json`. `make bench`.

mod load;
mod memory;
mod pgbench;
mod questions;
mod refusals;
mod samples;
mod script;
#[path = "../shared/mod.rs"]
mod shared;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use chartkey_devnet::bench;
use chartkey_devnet::scratch::Scratch;
use chartkey_devnet::toolchain::Toolchain;
use clap::Parser as _;

use pgbench::Pgbench;
use questions::Stage;
use shared::indexer::{Indexer, Places};
use shared::replay::{self, Replay};
use shared::server::Server;

/// An index that is not complete by then never is.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// Measures the query API.
#[derive(Debug, clap::Parser)]
struct Arguments {
    /// Events of the replayed chain.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// How often each question is asked of the API and of the database, in turn. The medians count.
    #[arg(long, default_value_t = 3)]
    rounds: u64,
    /// Seconds of each.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// One round of 5 s each, 1 minute of memory; as many events.
    #[arg(long)]
    quick: bool,
    /// Only serves the chain, and writes where the contract is into this file.
    #[arg(long, hide = true)]
    replay: Option<PathBuf>,
    /// cargo says this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match measure(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(mut arguments: Arguments) -> Result<()> {
    if let Some(file) = &arguments.replay {
        return replay::serve(arguments.events, file).await;
    }
    if arguments.quick {
        (arguments.rounds, arguments.seconds) = (1, 5);
    }
    let pgbench = Pgbench::find()?;
    let server = Server::start(&Toolchain::find()?).await?;
    eprintln!("A chain of {} events", arguments.events);
    let replay = Replay::start(arguments.events).await?;
    let database = server.fresh("api").await?;
    let scratch = Scratch::new()?;
    let log = scratch.path().join("indexer.log");
    let places = Places { rpc_url: &replay.url, deployment: &replay.file, database: &database, log: &log };
    let indexer = Indexer::start(&places).await?;
    indexer.ready(PATIENCE).await?;
    let stage =
        Stage { pgbench, database: database.clone(), address: indexer.address()?, log: server.log().to_owned() };
    let (mut rows, paths) =
        questions::measure(&stage, arguments.rounds, Duration::from_secs(arguments.seconds)).await?;
    let long = Duration::from_secs(if arguments.quick { 60 } else { 600 });
    rows.push(memory::measure(&indexer, &paths, long).await?);
    indexer.stop().await?;
    rows.extend(refusals::measure(&places).await?);
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/bench.json");
    bench::merge(&file, &rows)?;
    print!("{}", bench::table(&rows));
    Ok(())
}
