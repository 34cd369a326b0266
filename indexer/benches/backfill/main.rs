//! The indexer's whole process over a replayed chain, beside what cannot be beaten on this machine. One table, and the same
//! rows in `target/bench.json`. `make bench`.

mod decoding;
mod floors;
mod live;
mod rounds;
#[path = "../shared/mod.rs"]
mod shared;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use chartkey_devnet::bench::{self, Row};
use chartkey_devnet::toolchain::Toolchain;
use clap::Parser as _;

use rounds::Round;
use shared::replay::{self, Replay};
use shared::server::Server;

/// Measures the indexer's backfill, and how soon it shows a new block.
#[derive(Debug, clap::Parser)]
struct Arguments {
    /// Events of the replayed chain. The run that shows how time and memory grow has four times as many.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// How often each of backfill, fetching and copying is measured, in turn. The medians count.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// 100 000 events, one round, 20 s of new blocks.
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
        (arguments.events, arguments.rounds) = (100_000, 1);
    }
    let live_for = Duration::from_secs(if arguments.quick { 20 } else { 150 });
    let tools = Toolchain::find()?;
    let server = Server::start(&tools).await?;
    let mut rows = backfill(&server, &arguments).await?;
    eprintln!("New blocks, one a second, for {} s", live_for.as_secs());
    rows.extend(live::measure(&server, live_for).await?);
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/bench.json");
    bench::merge(&file, &rows)?;
    print!("{}", bench::table(&rows));
    Ok(())
}

async fn backfill(server: &Server, arguments: &Arguments) -> Result<Vec<Row>> {
    let events = arguments.events;
    eprintln!("A chain of {events} events");
    let replay = Replay::start(events).await?;
    let mut measured = Vec::new();
    for number in 1..=arguments.rounds.max(1) {
        eprintln!("Round {number} of {}", arguments.rounds);
        measured.push(Round::measure(server, &replay).await?);
    }
    drop(replay);
    eprintln!("A chain of {} events", 4 * events);
    let replay = Replay::start(4 * events).await?;
    let long = rounds::backfill(server, &replay).await?;
    let mut rows = rounds::rows(&measured, &long);
    rows.extend(decoding::measure(&replay.deployment.domain(), &measured[0].sample)?);
    Ok(rows)
}
