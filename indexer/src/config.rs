//! The command line and environment, parsed once into types.

mod deployment;
mod desk;
mod limits;
mod logging;
mod serving;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use reqwest::Url;

use crate::model::Address;

pub use deployment::Deployment;
pub use desk::{Api, Asked, Origin, Output, ReplayCommand, Span, WhichEvents, WhichRecord};
pub use limits::Limits;
pub use logging::{LogFormat, Logging};
pub use serving::Serving;

/// Follows the Chartkey contract's events into Postgres and serves the query API.
#[derive(Debug, clap::Parser)]
#[command(version)]
pub struct Cli {
    #[command(flatten)]
    pub logging: Logging,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Follow the chain and serve the API, until interrupted.
    Run {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        serving: Serving,
        #[command(flatten)]
        follow: Follow,
    },
    /// Serve the API alone, until interrupted: another process follows the chain.
    Serve {
        /// postgres://user:password@host:port/database. Sessions are written there.
        #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
        database_url: Secret<String>,
        /// HTTP JSON-RPC endpoints of nodes of the chain, separated by commas: to ask contract accounts that sign in.
        #[arg(long, env = "RPC_URL", hide_env_values = true, value_delimiter = ',')]
        rpc_url: Vec<Secret<Url>>,
        #[command(flatten)]
        serving: Serving,
    },
    /// Build everything that follows from the stored events anew, in one transaction. Nothing else may write meanwhile.
    Reindex {
        /// postgres://user:password@host:port/database
        #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
        database_url: Secret<String>,
        /// The first block whose events are taken anew. Unless given, the deployment's.
        #[arg(long)]
        from: Option<u64>,
    },
    /// Print the description of the query API (OpenAPI 3.1). Needs neither chain nor database.
    Openapi,
    /// Recompute every trail and compare it with the contract: from the database, or (--api) from the outside, by what an API tells.
    ///
    /// Exit codes: 0 verified; 1 something is wrong, and the first wrong link is named; 2 wrong arguments; 3 it could not be checked.
    Verify {
        #[command(flatten)]
        verify: ToVerify,
    },
    /// Replay the history at the auditor's desk: events, the state at any moment, who could see a record.
    ///
    /// From an API (--api) or a database. Every link is recomputed on the way; with --rpc and --deployment trails are compared with the
    /// contract's own. Exit codes are those of verify.
    Replay {
        #[command(subcommand)]
        what: ReplayCommand,
    },
}

/// Which chain, contract and database.
#[derive(Debug, clap::Args)]
pub struct Source {
    #[command(flatten)]
    pub node: Node,
    /// WebSocket endpoints to learn of new blocks from, separated by commas. Without any, those of RPC_URL are tried.
    #[arg(long, env = "WS_URL", hide_env_values = true, value_delimiter = ',', value_parser = socket_url)]
    pub ws_url: Vec<Secret<Url>>,
    /// postgres://user:password@host:port/database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret<String>,
}

/// Which chain and contract.
#[derive(Debug, clap::Args)]
pub struct Node {
    /// HTTP JSON-RPC endpoints of nodes of the chain, separated by commas.
    #[arg(
        long,
        visible_alias = "rpc",
        env = "RPC_URL",
        hide_env_values = true,
        value_delimiter = ',',
        required = true
    )]
    pub rpc_url: Vec<Secret<Url>>,
    /// JSON file that the deployment wrote: {chainId, contract, block, forwarder, …}.
    #[arg(long, env = "DEPLOYMENT")]
    pub deployment: PathBuf,
    /// The most blocks in one eth_getLogs. Limits that nodes tell are found out without it.
    #[arg(long, env = "MAX_BLOCK_RANGE", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub max_block_range: u64,
    /// Blocks after which one counts as final, on chains whose nodes do not know the `finalized` tag.
    #[arg(long, env = "CONFIRMATIONS", default_value_t = 64)]
    pub confirmations: u64,
}

/// What to verify: an API if one is given, else the database.
#[derive(Debug, clap::Args)]
pub struct ToVerify {
    #[command(flatten)]
    pub node: Node,
    #[command(flatten)]
    pub api: Api,
    /// postgres://user:password@host:port/database, where no --api is given.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, required_unless_present = "api")]
    pub database_url: Option<Secret<String>>,
    /// With --api: this patient's part alone, as far as the session may read it (theirs, a guardian's, an auditor's).
    #[arg(long, requires = "api")]
    pub patient: Option<Address>,
    /// With --api: blocks that it may be behind the chain's head. Further behind it may be hiding what happened since.
    #[arg(long, default_value_t = 10)]
    pub max_behind: u64,
}

/// How to follow the chain.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Follow {
    /// Milliseconds between questions for a new block, where no node tells of new blocks by itself.
    #[arg(long, env = "POLL_INTERVAL_MS", default_value = "500", value_parser = milliseconds)]
    pub poll_interval: Duration,
    /// Events written in one transaction while catching up, about.
    #[arg(long, env = "EVENTS_PER_STEP", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub events_per_step: u32,
    /// Compare every trail with the contract's again before answering; lifts a halt.
    #[arg(long)]
    pub recheck: bool,
}

/// A value that may hold a password or key: it does not print.
#[derive(Clone)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl FromStr for Secret<Url> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|e| format!("not a URL: {e}"))?;
        match url.scheme() {
            "http" | "https" => Ok(Secret(url)),
            other => Err(format!("{other}: is not supported, expected http: or https:")),
        }
    }
}

fn socket_url(text: &str) -> Result<Secret<Url>, String> {
    let url = Url::parse(text).map_err(|e| format!("not a URL: {e}"))?;
    match url.scheme() {
        "ws" | "wss" => Ok(Secret(url)),
        other => Err(format!("{other}: is not supported, expected ws: or wss:")),
    }
}

impl FromStr for Secret<String> {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Secret(text.into()))
    }
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(ms @ 10..=60_000) => Ok(Duration::from_millis(ms)),
        _ => Err("expected milliseconds from 10 to 60000".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn databases_are_not_printed() {
        let arguments =
            ["chartkey-indexer", "serve", "--database-url", "postgres://a", "--read-database-url", "postgres://b"];
        let cli = Cli::try_parse_from(arguments).unwrap();
        assert!(!format!("{cli:?}").contains("postgres"));
    }

    #[test]
    fn who_serves_says_where_sessions_are_written() {
        if std::env::var_os("DATABASE_URL").is_none() {
            let refused = Cli::try_parse_from(["chartkey-indexer", "serve", "--read-database-url", "postgres://b"]);
            assert!(refused.unwrap_err().to_string().contains("--database-url"));
        }
    }
}
