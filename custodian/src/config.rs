//! Arguments and environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};
use reqwest::Url;
use serde::Deserialize;

use chartkey_vault::{Address, Domain};

use crate::act::Settings;
use crate::chain::Finality;
use crate::key::Keys;
use crate::text;

/// Keeps one share of records' keys, and hands it over only with a trace and while the grant lasts.
#[derive(Debug, Parser)]
#[command(name = "chartkey-custodian", version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a custodian's keys, in a new file that nobody else can read; prints their account and key id
    Keygen {
        /// Where to
        #[arg(long)]
        out: PathBuf,
    },
    /// Serves depositors and readers
    Run(Box<Run>),
}

#[derive(Debug, Args)]
pub struct Run {
    /// Where to listen; TLS is for what stands in front
    #[arg(long, env = "CUSTODIAN_LISTEN", default_value = "127.0.0.1:8600")]
    pub listen: SocketAddr,
    /// A node of the custodian's own, HTTP. Several: what allows a release must be said by every one of them
    #[arg(long = "rpc-url", env = "CUSTODIAN_RPC_URL", value_delimiter = ',', required = true)]
    pub rpc_urls: Vec<Url>,
    /// The deployment's file: chainId, contract, block
    #[arg(long, env = "DEPLOYMENT")]
    pub deployment: PathBuf,
    /// The file with the custodian's keys; none: their text is in CUSTODIAN_KEY
    #[arg(long, env = "CUSTODIAN_KEY_FILE")]
    pub key_file: Option<PathBuf>,
    /// When a block is final: finalized, safe, or so many blocks below the latest
    #[arg(long, default_value = "finalized")]
    pub finality: Finality,
    /// Blocks on top of the one with an open, or with a broken glass
    #[arg(long, default_value_t = 1)]
    pub open_confirmations: u64,
    /// For how long after an open its content key is handed over, in seconds
    #[arg(long, default_value_t = 3600)]
    pub open_valid: u64,
    /// A latest block that is older, in seconds, is not believed: nothing is released
    #[arg(long, default_value_t = 300)]
    pub max_head_age: u64,
    /// For how long shares wait for their grant to be on chain, in seconds
    #[arg(long, default_value_t = 7 * 24 * 3600)]
    pub unclaimed_after: u64,
    /// How often the log's head goes on chain, in seconds; 0: never
    #[arg(long, default_value_t = 3600)]
    pub anchor_every: u64,
    /// How often the chain is looked at when nobody asks, in milliseconds
    #[arg(long, default_value_t = 1000)]
    pub poll: u64,
    /// The most blocks in one eth_getLogs
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u64).range(1..))]
    pub max_block_range: u64,
}

/// What is used of a deployment's file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    pub chain_id: u64,
    #[serde(with = "text::own")]
    pub contract: Address,
    /// The block that deployed it.
    pub block: u64,
}

impl Deployment {
    pub fn domain(&self) -> Domain {
        Domain { chain_id: self.chain_id, contract: self.contract }
    }
}

impl Run {
    pub fn settings(&self) -> Settings {
        Settings {
            open_confirmations: self.open_confirmations,
            open_valid: self.open_valid,
            max_head_age: self.max_head_age,
            unclaimed_after: self.unclaimed_after,
            anchor_every: Duration::from_secs(self.anchor_every),
            poll: Duration::from_millis(self.poll),
            max_block_range: self.max_block_range,
        }
    }

    pub fn deployment(&self) -> Result<Deployment> {
        let named = || format!("the deployment's file {}", self.deployment.display());
        let text = std::fs::read_to_string(&self.deployment).with_context(named)?;
        serde_json::from_str(&text).with_context(named)
    }

    /// From the file, or from the environment.
    pub fn keys(&self) -> Result<Keys> {
        match &self.key_file {
            Some(path) => Keys::load(path),
            None => {
                let text = std::env::var("CUSTODIAN_KEY").context("neither --key-file nor CUSTODIAN_KEY is given")?;
                Keys::parse(&zeroize::Zeroizing::new(text))
            }
        }
    }
}
