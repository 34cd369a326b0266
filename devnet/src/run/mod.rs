//! `devnet run`: everything on one machine, until Ctrl-C.

mod api;
mod report;
mod start;
mod terminal;

use std::{
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use tokio::signal::unix::{Signal as Incoming, SignalKind, signal};

use crate::{
    chain::Anvil,
    child::{Child, Signal},
    port,
    postgres::Postgres,
    state::State,
    toolchain::Toolchain,
};
pub(crate) use start::indexer_program;
use terminal::say;

/// How long the indexer may take to end.
const STOP_INDEXER: Duration = Duration::from_secs(10);

/// Where things are to be.
pub(crate) struct RunOptions {
    pub state: PathBuf,
    pub api_port: u16,
    pub chain_port: u16,
}

/// What is running, in the order it is started.
#[derive(Default)]
struct Running {
    postgres: Option<Postgres>,
    anvil: Option<Anvil>,
    indexer: Option<Child>,
}

/// Why we stop.
enum End {
    Asked,
    Died { name: String, status: ExitStatus, said: String, log: PathBuf },
}

/// Starts everything, waits for Ctrl-C or SIGTERM, and stops everything.
///
/// # Errors
/// When something cannot be started, or ends by itself. Everything else is stopped then too.
pub(crate) async fn run(tools: &Toolchain, options: &RunOptions) -> Result<()> {
    let mut signals = Signals::listen()?;
    let state = State::take(&options.state)?;
    port::ensure_free(options.api_port, "the query API", "API_PORT (or --api-port)")?;
    port::ensure_free(options.chain_port, "the chain", "CHAIN_PORT (or --chain-port)")?;
    let mut running = Running::default();
    let ended = tokio::select! {
        ended = start_and_watch(tools, options, &state, &mut running) => ended,
        () = signals.any() => Ok(End::Asked),
    };
    let stopped = running.stop().await;
    match ended? {
        End::Asked => stopped,
        died @ End::Died { .. } => Err(died.explain(&options.state)),
    }
}

async fn start_and_watch(tools: &Toolchain, options: &RunOptions, state: &State, running: &mut Running) -> Result<End> {
    let summary = start::everything(tools, options, state, running).await?;
    report::print(options, state, &summary);
    running.watch().await
}

impl Running {
    fn children(&self) -> impl Iterator<Item = &Child> {
        let postgres = self.postgres.as_ref().map(Postgres::child);
        let anvil = self.anvil.as_ref().map(Anvil::child);
        [self.indexer.as_ref(), anvil, postgres].into_iter().flatten()
    }

    /// Waits until one of them ends.
    async fn watch(&self) -> Result<End> {
        loop {
            for child in self.children() {
                if let Some(status) = child.try_wait()? {
                    return Ok(End::died(child, status));
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Stops what runs, the last started first.
    async fn stop(self) -> Result<()> {
        let mut first_error = Ok(());
        if let Some(indexer) = self.indexer {
            first_error = first_error.and(told("indexer", indexer.stop(Signal::SIGTERM, STOP_INDEXER).await));
        }
        if let Some(anvil) = self.anvil {
            first_error = first_error.and(told("chain", anvil.stop().await));
        }
        if let Some(postgres) = self.postgres {
            first_error = first_error.and(told("database", postgres.stop().await));
        }
        first_error
    }
}

fn told(what: &str, stopped: Result<()>) -> Result<()> {
    match &stopped {
        Ok(()) => say(&format!("{what} stopped")),
        Err(error) => say(&format!("{what}: {error:#}")),
    }
    stopped
}

impl End {
    fn died(child: &Child, status: ExitStatus) -> Self {
        let said = child.last_lines(1).pop().unwrap_or_else(|| "nothing".to_owned());
        Self::Died { name: child.name().to_owned(), status, said, log: child.log().to_owned() }
    }

    fn explain(self, state: &Path) -> anyhow::Error {
        let Self::Died { name, status, said, log } = self else { return anyhow!("stopped") };
        anyhow!(
            "{name} ended by itself ({status}), so everything was stopped. Its last words: \"{said}\" (log: {}). `make run` \
             continues from what is kept in {}; if it ends again, `make reset` starts from nothing",
            log.display(),
            state.display()
        )
    }
}

struct Signals {
    interrupt: Incoming,
    terminate: Incoming,
}

impl Signals {
    fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => say("\nCtrl-C: stopping"),
            _ = self.terminate.recv() => say("SIGTERM: stopping"),
        }
    }
}
