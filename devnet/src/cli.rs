//! The command line.

use std::{
    ffi::OsString,
    path::PathBuf,
    process::{self, ExitCode},
};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::{
    database, postgres,
    replay::{self, ReplayOptions},
    run::{self, RunOptions},
    state::{Sources, State},
    toolchain::Toolchain,
};

/// Runs Chartkey on this machine, for development: everything listens on 127.0.0.1 and all data are invented.
#[derive(Debug, Parser)]
#[command(name = "devnet")]
struct Cli {
    /// Folder that keeps everything between runs [default: .devnet in the checkout].
    #[arg(long, env = "DEVNET_STATE", global = true)]
    state: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts a chain, a database, the demo and the indexer, until Ctrl-C. A later run continues.
    Run {
        /// Where the query API listens on 127.0.0.1.
        #[arg(long, env = "API_PORT", default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..))]
        api_port: u16,
        /// Where the chain listens on 127.0.0.1.
        #[arg(long, env = "CHAIN_PORT", default_value_t = 8545, value_parser = clap::value_parser!(u16).range(1..))]
        chain_port: u16,
    },
    /// Recomputes every trail from the database of a run that is going on, and compares it with the contract.
    Verify,
    /// Forgets what earlier runs kept.
    Reset,
    /// Generates a chain of any size and serves it from memory by JSON-RPC, until Ctrl-C or SIGTERM.
    Replay(ReplayArguments),
    /// Runs a command with DATABASE_URL set to an empty database that is gone afterwards.
    Database {
        /// Folder of migrations to apply first.
        #[arg(long)]
        migrations: Option<PathBuf>,
        /// The command and its arguments, after `--`.
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
}

#[derive(Debug, Args)]
struct ReplayArguments {
    /// How many events, at least.
    #[arg(long)]
    events: u64,
    /// The same seed gives the same chain.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Events of a block on average.
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..))]
    events_per_block: u32,
    /// Where it listens on 127.0.0.1 [default: any free port].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// File to write, for the indexer: where the contract is.
    #[arg(long)]
    deployment: Option<PathBuf>,
    /// How many blocks behind the head `finalized` is.
    #[arg(long, default_value_t = 64)]
    finalized_distance: u64,
}

impl ReplayArguments {
    fn options(&self) -> ReplayOptions {
        ReplayOptions {
            seed: self.seed,
            events: self.events,
            events_per_block: self.events_per_block,
            finalized_distance: Some(self.finalized_distance),
            port: self.port,
            ..ReplayOptions::default()
        }
    }
}

/// Does what the command line says.
pub async fn main() -> ExitCode {
    match act(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("devnet: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn act(cli: Cli) -> Result<ExitCode> {
    let tools = Toolchain::find()?;
    let of_checkout = cli.state.is_none();
    let state = cli.state.unwrap_or_else(|| tools.root().join(".devnet"));
    match cli.command {
        Command::Run { api_port, chain_port } => {
            run::run(&tools, &RunOptions { state, api_port, chain_port }).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Verify => {
            let mut verify = process::Command::new(run::indexer_program()?);
            let status = verify.arg("verify").envs(Sources::of_run(&state)?.environment()).status()?;
            Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Replay(arguments) => {
            replay::run(arguments.options(), arguments.deployment).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Reset => {
            State::erase(&tools, &state)?;
            if of_checkout {
                postgres::erase_programs(&tools)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Database { migrations, command } => database::with(&tools, migrations.as_deref(), &command).await,
    }
}
