//! The live stream under load: listeners who are signed in and a chain that brings so many events a second, beside a bare fan-out of
//! the same frames to as many listeners, which has no database and decides nothing. Fails if a listener is told anything but exactly
//! its own events, in order. One table, and the same rows in `target/bench.json`. `make bench`.

mod figures;
mod floor;
mod listener;
mod pace;
mod people;
#[path = "../shared/mod.rs"]
mod shared;
mod stage;
mod truth;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use chartkey_devnet::bench;
use chartkey_devnet::toolchain::Toolchain;
use clap::Parser as _;

use floor::Floor;
use pace::Pace;
use shared::server::Server;
use stage::Stage;

/// Measures the live stream.
#[derive(Debug, Clone, clap::Parser)]
struct Arguments {
    /// Listeners at once, each another account: patients and practitioners, and one auditor, who is told everything.
    #[arg(long, default_value_t = 2_000)]
    listeners: usize,
    /// Events a second.
    #[arg(long, default_value_t = 1_000)]
    rate: u64,
    /// Blocks a second that hold them.
    #[arg(long, default_value_t = 4)]
    blocks: u64,
    /// Seconds that it goes on.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// 15 s.
    #[arg(long)]
    quick: bool,
    /// Only serves the bare fan-out of what this file holds.
    #[arg(long, hide = true)]
    floor: Option<PathBuf>,
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

async fn measure(arguments: Arguments) -> Result<()> {
    if let Some(file) = &arguments.floor {
        return floor::serve(file).await;
    }
    let long = Duration::from_secs(if arguments.quick { 15 } else { arguments.seconds });
    let pace = Pace { events: arguments.rate, blocks: arguments.blocks };
    listener::allow_many()?;
    let server = Server::start(&Toolchain::find()?).await?;
    let stage = Stage::start(&server, arguments.listeners).await?;
    eprintln!("{} events/s without listeners for {} s", pace.events, long.as_secs() / 2);
    let idle = stage.unheard(&pace, long / 2).await?;
    eprintln!("{} events/s to {} listeners for {} s", pace.events, arguments.listeners, long.as_secs());
    let (ours, script) = stage.heard(&pace, long).await?;
    stage.stop().await?;
    eprintln!("The same {} deliveries by a bare fan-out", ours.deliveries());
    let floor = Floor::start(&script).await?.measure(&pace).await?;
    let rows = figures::rows(&idle, &ours, &floor);
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/bench.json");
    bench::merge(&file, &rows)?;
    print!("{}", bench::table(&rows));
    Ok(())
}
