//! The indexer's own process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chartkey_devnet::child::{Child, Signal};
use chartkey_devnet::postgres::DatabaseUrl;
use chartkey_devnet::rpc::http_client;
use chartkey_devnet::wait;
use serde_json::Value;

use super::process;

const START: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(30);
/// How often it is asked whether it is done: asking costs it little, and times of seconds are measured.
const ASK: Duration = Duration::from_millis(100);

pub struct Indexer {
    child: Child,
    pub url: String,
    started: Instant,
}

/// Where it finds what.
pub struct Places<'a> {
    pub rpc_url: &'a str,
    pub deployment: &'a Path,
    pub database: &'a DatabaseUrl,
    pub log: &'a Path,
}

impl Indexer {
    /// Starts it, with the options it has if nobody sets any.
    pub async fn start(places: &Places<'_>) -> Result<Self> {
        Self::start_with(places, &[("OPEN", "true")]).await
    }

    /// As [`Indexer::start`], with more in its environment.
    pub async fn start_with(places: &Places<'_>, settings: &[(&str, &str)]) -> Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chartkey-indexer"));
        command.arg("run").env("RPC_URL", places.rpc_url).env("DATABASE_URL", places.database.expose());
        command.env("DEPLOYMENT", places.deployment).env("LISTEN", "127.0.0.1:0").env("NO_PROXY", "127.0.0.1");
        command.env("RATE_LIMIT", "0").env("RUST_LOG", "info").envs(settings.iter().copied());
        let started = Instant::now();
        let child = Child::spawn("chartkey-indexer", command, places.log, Signal::SIGKILL)?;
        let url = wait::until("the indexer to listen", START, || async {
            let log = std::fs::read_to_string(places.log)?;
            ensure!(child.try_wait()?.is_none(), "the indexer ended: {log}");
            let url = log.split_once("query API on ").and_then(|(_, rest)| rest.split_once(": "));
            Ok(url.map(|(url, _)| url.to_owned()))
        })
        .await?;
        Ok(Indexer { child, url, started })
    }

    /// Waits until it is ready: all final blocks indexed and their trails compared with the contract's, and the rest up to the
    /// chain's head. Gives the time since the process was started.
    pub async fn ready(&self, within: Duration) -> Result<Duration> {
        let client = http_client();
        let mut said = Instant::now();
        loop {
            let answer = client.get(format!("{}/ready", self.url)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(self.started.elapsed());
            }
            let log = self.child.last_lines(3).join("\n");
            ensure!(self.child.try_wait()?.is_none(), "the indexer ended: {log}");
            ensure!(self.started.elapsed() < within, "the indexer is not ready after {within:?}: {log}");
            if said.elapsed() > Duration::from_secs(10) {
                said = Instant::now();
                let status: Value = client.get(format!("{}/status", self.url)).send().await?.json().await?;
                let (indexed, head) = (&status["data"]["indexedBlock"], &status["data"]["headBlock"]);
                eprintln!("    block {indexed} of {head} after {:.0} s", self.started.elapsed().as_secs_f64());
            }
            tokio::time::sleep(ASK).await;
        }
    }

    pub fn cpu(&self) -> Result<Duration> {
        process::cpu(self.child.id())
    }

    /// MiB, now.
    pub fn memory(&self) -> Result<f64> {
        process::memory(self.child.id())
    }

    /// MiB.
    pub fn peak_memory(&self) -> Result<f64> {
        process::peak_memory(self.child.id())
    }

    /// Where the API listens.
    pub fn address(&self) -> Result<SocketAddr> {
        let address = self.url.strip_prefix("http://").context("the API listens by another scheme")?;
        Ok(address.parse()?)
    }

    pub async fn stop(self) -> Result<()> {
        self.child.stop(Signal::SIGTERM, STOP).await.context("the indexer did not end when asked to")
    }
}
