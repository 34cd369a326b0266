//! The replayed chain, in a process of its own: this program again, so that what it costs counts for nobody.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chartkey_devnet::child::{Child, Signal};
use chartkey_devnet::replay::{Replay as Generated, ReplayOptions};
use chartkey_devnet::scratch::Scratch;
use chartkey_devnet::wait;
use chartkey_indexer::chain::{RpcChain, RpcOptions};
use chartkey_indexer::config::Deployment;
use chartkey_indexer::decode::topics;

/// Making four million events takes a minute.
const START: Duration = Duration::from_secs(600);

pub struct Replay {
    pub url: String,
    /// The deployment file.
    pub file: PathBuf,
    pub deployment: Deployment,
    /// How many there are, or a few more.
    pub events: u64,
    _child: Child,
    _scratch: Scratch,
}

impl Replay {
    /// Starts the process and waits until it serves a chain of so many events.
    pub async fn start(events: u64) -> Result<Self> {
        let scratch = Scratch::new()?;
        let (file, log) = (scratch.path().join("deployment.json"), scratch.path().join("replay.log"));
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--events", &events.to_string(), "--replay"]).arg(&file);
        let child = Child::spawn("the replayed chain", command, &log, Signal::SIGKILL)?;
        let url = wait::until("the replayed chain", START, || async {
            ensure!(child.try_wait()?.is_none(), "the replayed chain ended: {}", child.last_lines(3).join(" "));
            let log = std::fs::read_to_string(&log)?;
            Ok(log.strip_suffix('\n').map(str::to_owned))
        })
        .await?;
        let deployment = Deployment::read(&file)?;
        Ok(Replay { url, file, deployment, events, _child: child, _scratch: scratch })
    }

    /// A client as the indexer's.
    pub fn chain(&self) -> Result<RpcChain> {
        Ok(RpcChain::new(RpcOptions::new(vec![self.url.parse()?], self.deployment.contract, topics()))?)
    }
}

/// What that process does: serves the chain until it is killed. Says its URL when it is there.
pub async fn serve(events: u64, file: &Path) -> Result<()> {
    let generated = Generated::start(ReplayOptions { events, ..ReplayOptions::default() })?;
    generated.deployment().write(file).context("cannot write the deployment")?;
    println!("{}", generated.url());
    std::future::pending().await
}
