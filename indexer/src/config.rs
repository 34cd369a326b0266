//! The command line and environment, parsed once into types.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::Url;
use serde::Deserialize;

use crate::model::{Address, TrailDomain};

/// Follows the Chartkey contract's events into Postgres and serves the query API.
#[derive(Debug, clap::Parser)]
#[command(version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Follow the chain and serve the API, until interrupted.
    Run {
        #[command(flatten)]
        source: Source,
        /// Where to serve the API. Until sign-in exists, a loopback address only.
        #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8080")]
        listen: Loopback,
        /// Milliseconds between questions for a new block.
        #[arg(long, env = "POLL_INTERVAL_MS", default_value = "500", value_parser = milliseconds)]
        poll_interval: Duration,
        /// Blocks fetched and committed together while catching up.
        #[arg(long, env = "BLOCKS_PER_STEP", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=10_000))]
        blocks_per_step: u64,
    },
    /// Recompute every trail from the database and compare it with the contract. Exit code 1 and the first wrong link if
    /// something differs.
    Verify {
        #[command(flatten)]
        source: Source,
    },
}

/// Which chain, contract and database.
#[derive(Debug, clap::Args)]
pub struct Source {
    /// HTTP JSON-RPC endpoint of a node.
    #[arg(long, env = "RPC_URL", hide_env_values = true)]
    pub rpc_url: Secret<Url>,
    /// postgres://user:password@host:port/database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret<String>,
    /// JSON file {chainId, contract, block, forwarder} that the deployment wrote.
    #[arg(long, env = "DEPLOYMENT")]
    pub deployment: PathBuf,
    /// Blocks after which one counts as final, on chains whose nodes do not know the `finalized` tag.
    #[arg(long, env = "CONFIRMATIONS", default_value_t = 64)]
    pub confirmations: u64,
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

impl FromStr for Secret<String> {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Secret(text.into()))
    }
}

/// An address only this machine can reach.
#[derive(Debug, Clone, Copy)]
pub struct Loopback(pub SocketAddr);

impl FromStr for Loopback {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address: SocketAddr = text.parse().map_err(|_| "expected an address and port like 127.0.0.1:8080")?;
        if address.ip().is_loopback() {
            return Ok(Loopback(address));
        }
        Err("the API has no sign-in yet, so it is served to this machine only: expected 127.0.0.1 or [::1]".into())
    }
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(ms @ 10..=60_000) => Ok(Duration::from_millis(ms)),
        _ => Err("expected milliseconds from 10 to 60000".into()),
    }
}

/// Where the contract is: what deploying it wrote.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deployment {
    /// EIP-155 chain id.
    pub chain_id: u64,
    pub contract: Address,
    /// The block it was deployed in.
    pub block: u64,
    /// The forwarder it trusts to say who signed; for those who act, the indexer has no use for it.
    pub forwarder: Option<Address>,
}

impl Deployment {
    /// Reads the file. Errors name it.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the deployment file {name}"))?;
        let deployment: Deployment = serde_json::from_str(&text).with_context(|| {
            format!("{name} is not a deployment file: expected {{\"chainId\", \"contract\", \"block\", \"forwarder\"}}")
        })?;
        if deployment.chain_id == 0 || i64::try_from(deployment.chain_id.max(deployment.block)).is_err() {
            bail!("{name}: chainId must be at least 1, and it and block less than 2^63");
        }
        Ok(deployment)
    }

    pub fn domain(&self) -> TrailDomain {
        TrailDomain { chain_id: self.chain_id, contract: self.contract }
    }
}
