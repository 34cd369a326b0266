//! A private chain: anvil.

mod snapshot;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    child::{Child, Signal},
    port,
    rpc::Rpc,
    scratch::Scratch,
    toolchain::Toolchain,
    wait,
};
use snapshot::{Kept, Snapshots};

/// How long anvil may take until it answers.
const START: Duration = Duration::from_secs(60);
/// How long anvil may take to end.
const STOP: Duration = Duration::from_secs(5);

/// Where anvil puts past states that no longer fit its memory. Worthless once it ended.
const CACHE: &str = "anvil-cache";

/// How to start a chain.
#[derive(Clone, Debug)]
pub struct AnvilOptions {
    /// Port on 127.0.0.1; `None`: any free one.
    pub port: Option<u16>,
    /// Unix seconds of block 0, and the clock starts there too; `None`: now. A kept chain keeps its own.
    pub genesis_timestamp: Option<u64>,
    /// Folder that keeps the chain (created if missing); `None`: the chain is gone with the process.
    pub state: Option<PathBuf>,
    /// How many unlocked accounts with money there are, the same ones every time.
    pub accounts: u32,
    /// The most gas a block may use.
    pub block_gas_limit: u64,
    /// At how many past blocks calls are answered, at least, newest first. Each takes disk space that grows with the
    /// length of the chain: about 200 bytes a block.
    pub past_states: u32,
}

impl Default for AnvilOptions {
    fn default() -> Self {
        Self {
            port: None,
            genesis_timestamp: None,
            state: None,
            accounts: 20,
            block_gas_limit: 30_000_000,
            past_states: 3600,
        }
    }
}

/// A running chain that mines each transaction at once. Dropping it kills it.
#[derive(Debug)]
pub struct Anvil {
    // Tasks first: fields are dropped in order, and they talk to the process.
    heartbeat: Option<Task>,
    keeper: Option<Task>,
    child: Child,
    rpc: Rpc,
    port: u16,
    // Last: the process writes into it.
    home: Home,
}

/// The folder a chain lives in.
#[derive(Debug)]
struct Home {
    folder: PathBuf,
    /// There if the chain is kept.
    snapshots: Option<Snapshots>,
    /// There if it is not: the folder goes with the chain.
    _scratch: Option<Scratch>,
}

impl Home {
    fn new(options: &AnvilOptions) -> Result<Self> {
        let Some(folder) = &options.state else {
            let scratch = Scratch::new()?;
            return Ok(Self { folder: scratch.path().to_owned(), snapshots: None, _scratch: Some(scratch) });
        };
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let cache = folder.join(CACHE);
        if cache.exists() {
            fs::remove_dir_all(&cache).with_context(|| format!("cannot delete {}", cache.display()))?;
        }
        Ok(Self { folder: folder.clone(), snapshots: Some(Snapshots::new(folder)), _scratch: None })
    }
}

impl Anvil {
    /// Starts a chain, or continues the one kept in `options.state`.
    ///
    /// # Errors
    /// When anvil is missing, the port is taken, the kept state is not readable, or anvil does not answer.
    pub async fn start(tools: &Toolchain, options: AnvilOptions) -> Result<Self> {
        if let Some(port) = options.port {
            port::ensure_free(port, "the chain", "the chain's port")?;
        }
        let home = Home::new(&options)?;
        let kept = home.snapshots.as_ref().map(Snapshots::prepare).transpose()?.flatten();
        let command = command(tools, &options, &home.folder, kept.as_ref())?;
        let child = Child::spawn("anvil", command, &home.folder.join("anvil.log"), Signal::SIGKILL)?;
        let port = listening(&child).await?;
        if let Some(kept) = &kept {
            fs::remove_file(&kept.file)?;
        }
        let rpc = Rpc::new(&format!("http://127.0.0.1:{port}"));
        let mut anvil = Self { heartbeat: None, keeper: None, child, rpc, port, home };
        if kept.is_some() {
            // Loaded, its clock stands at block 0.
            anvil.set_clock_to_now().await?;
        }
        anvil.keeper = anvil.home.snapshots.clone().map(|snapshots| Task::spawn(snapshots.keep(anvil.rpc.clone())));
        Ok(anvil)
    }

    /// `http://127.0.0.1:<port>`
    #[must_use]
    pub fn url(&self) -> &str {
        self.rpc.url()
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A client of this chain.
    #[must_use]
    pub fn rpc(&self) -> &Rpc {
        &self.rpc
    }

    /// The process.
    #[must_use]
    pub fn child(&self) -> &Child {
        &self.child
    }

    /// Mines a block every `interval`, besides those of transactions, so that heads keep coming.
    pub fn mine_every(&mut self, interval: Duration) {
        let rpc = self.rpc.clone();
        self.heartbeat = Some(Task::spawn(async move {
            let mut ticks = tokio::time::interval(interval);
            loop {
                ticks.tick().await;
                // A chain that is gone is its supervisor's matter.
                let _ = rpc.call::<Value>("evm_mine", json!([])).await;
            }
        }));
    }

    /// From here on blocks carry the time of the machine's clock.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn set_clock_to_now(&self) -> Result<()> {
        set_clock_to_now(&self.rpc).await
    }

    /// Saves the chain now, and with it the state at every block so far, so that calls at those blocks can be
    /// answered in later runs too. (The regular saves skip that: it grows with the square of the blocks.)
    ///
    /// # Errors
    /// When the chain keeps no state, or it cannot be saved.
    pub async fn save_with_history(&self) -> Result<()> {
        let snapshots = self.home.snapshots.as_ref().context("this chain keeps no state")?;
        snapshots.save_history(&self.rpc).await?;
        snapshots.save(&self.rpc).await
    }

    /// Saves the chain if it is kept, and stops it.
    ///
    /// # Errors
    /// When it could not be saved, or had to be killed.
    pub async fn stop(mut self) -> Result<()> {
        self.heartbeat = None;
        self.keeper = None;
        let saved = match &self.home.snapshots {
            Some(snapshots) if self.child.try_wait()?.is_none() => snapshots.save(&self.rpc).await,
            _ => Ok(()),
        };
        self.child.stop(Signal::SIGTERM, STOP).await?;
        saved
    }

    /// Kills it at once, as a crash would. What was saved last stays.
    pub fn kill(self) {
        self.child.kill();
    }
}

fn command(tools: &Toolchain, options: &AnvilOptions, folder: &Path, kept: Option<&Kept>) -> Result<Command> {
    let mut command = Command::new(tools.anvil()?);
    // In its own folder: anvil writes states that no longer fit its memory below the home folder otherwise.
    command.arg("--cache-path").arg(folder.join(CACHE));
    command.args(["--max-persisted-states", &options.past_states.to_string()]);
    command.args(["--host", "127.0.0.1", "--port", &options.port.unwrap_or(0).to_string()]);
    command.args(["--accounts", &options.accounts.to_string()]);
    command.args(["--gas-limit", &options.block_gas_limit.to_string()]);
    command.args(["--color", "never", "--preserve-historical-states"]);
    if let Some(kept) = kept {
        command.arg("--load-state").arg(&kept.file);
    }
    if let Some(timestamp) = kept.map(|kept| kept.genesis_timestamp).or(options.genesis_timestamp) {
        command.args(["--timestamp", &timestamp.to_string()]);
    }
    Ok(command)
}

/// Waits until anvil says where it listens.
async fn listening(child: &Child) -> Result<u16> {
    wait::until("anvil to answer", START, || async {
        let log = fs::read_to_string(child.log()).unwrap_or_default();
        let port = log.lines().find_map(|line| line.strip_prefix("Listening on 127.0.0.1:"));
        if let Some(Ok(port)) = port.map(str::parse) {
            return Ok(Some(port));
        }
        if child.try_wait()?.is_some() {
            bail!("anvil ended at once: {}", child.last_lines(2).join(" "));
        }
        Ok(None)
    })
    .await
}

/// From here on the chain's blocks carry the time of the machine's clock.
pub(crate) async fn set_clock_to_now(rpc: &Rpc) -> Result<()> {
    rpc.call::<Value>("evm_setTime", json!([now()])).await?;
    Ok(())
}

/// The machine's clock, in Unix seconds.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

/// A background task that ends with its owner.
#[derive(Debug)]
struct Task(JoinHandle<()>);

impl Task {
    fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(task))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
