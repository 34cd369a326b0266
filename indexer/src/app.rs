//! Wiring: which parts a command needs, started and stopped in order.

mod checks;
mod nodes;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_trait::async_trait;
use reqwest::Url;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::{error, info, warn};

pub use checks::exit_code;
use nodes::{check_chain, connect};

use crate::api::{self, SmartAccounts, Sources};
use crate::chain::{ChainError, Erc1271, RpcChain};
use crate::config::{Cli, Command, Deployment, Follow, Secret, Serving, Source};
use crate::files;
use crate::model::{Address, Hash};
use crate::reindex::reindex;
use crate::store::{self, Binding, Journal, Reader, Writer};
use crate::sync::{self, Bar, Halted, Patience};

/// How often to ask again: for a node or database that does not answer, and for the writer's place.
const RETRY: Duration = Duration::from_secs(1);

/// Runs a command until it is done or `stop` turns true.
pub async fn run(cli: Cli, bar: Bar, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    match cli.command {
        Command::Run { source, serving, follow } => {
            let deployment = Deployment::read(&source.node.deployment)?;
            let (listener, mut sources) = open_api(&serving, &source.database_url, &source.node.rpc_url).await?;
            sources.reader = sources.reader.only(deployment.domain());
            let recheck = AtomicBool::new(follow.recheck);
            let writing = Arc::clone(&sources.writing);
            let follower = Follower { source: &source, deployment, follow: &follow, bar, recheck, writing: &writing };
            // Both end when asked to stop. An error in one ends the process, which is what a supervisor acts on.
            let serve = async {
                api::serve(listener, sources, stop.clone()).await;
                Ok(())
            };
            tokio::try_join!(serve, follower.follow(stop.clone())).map(|_| ())
        }
        Command::Serve { database_url, rpc_url, serving } => {
            let (listener, sources) = open_api(&serving, &database_url, &rpc_url).await?;
            api::serve(listener, sources, stop).await;
            Ok(())
        }
        Command::Openapi => {
            print!("{}", api::description());
            Ok(())
        }
        Command::Verify { verify } => checks::verify(&verify).await,
        Command::Replay { what } => checks::replay(&what, bar).await,
        Command::Reindex { database_url, from } => reindex_database(database_url.expose(), from).await,
    }
}

/// Listens for the API, and prepares what it needs.
async fn open_api(
    serving: &Serving,
    database: &Secret<String>,
    nodes: &[Secret<Url>],
) -> anyhow::Result<(TcpListener, Sources)> {
    serving.check()?;
    files::allow_many(serving.limits.max_connections);
    let read = serving.read_database_url.as_ref().unwrap_or(database);
    let (reader, journal) = (Reader::new(read.expose())?, Journal::new(database.expose())?);
    let address = serving.listen;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: choose another address with --listen or LISTEN"))?;
    let options = serving.options(listener.local_addr()?);
    announce(&listener, &options)?;
    let accounts = smart_accounts(nodes)?;
    Ok((listener, Sources { reader, journal, writing: Arc::default(), accounts, options }))
}

fn smart_accounts(nodes: &[Secret<Url>]) -> Result<Option<Arc<dyn SmartAccounts>>, ChainError> {
    if nodes.is_empty() {
        return Ok(None);
    }
    let nodes = nodes.iter().map(|url| url.expose().clone()).collect();
    Ok(Some(Arc::new(Erc1271::new(nodes)?)))
}

#[async_trait]
impl SmartAccounts for Erc1271 {
    async fn accepts(&self, chain_id: u64, account: Address, hash: Hash, signature: &[u8]) -> Result<bool, String> {
        // What a node says of its refusal may name the account.
        self.accepts(chain_id, account, hash, signature).await.map_err(|error| match error {
            ChainError::Refused { endpoint, code, .. } => format!("{endpoint} refused (code {code})"),
            other => other.to_string(),
        })
    }
}

fn announce(listener: &TcpListener, options: &api::Options) -> anyhow::Result<()> {
    let (address, public) = (listener.local_addr()?, options.site.public());
    if options.open {
        info!("query API on http://{address}: open, so every read is public to this machine");
    } else {
        info!("query API on http://{address}: callers sign in at {public}");
    }
    if !options.site.is_private() {
        warn!("{public} is not https: who listens on the way to it reads charts and takes sessions over");
    }
    Ok(())
}

/// One instance's part in writing: at most one of all instances on a database follows the chain, and the others wait.
struct Follower<'a> {
    source: &'a Source,
    deployment: Deployment,
    follow: &'a Follow,
    bar: Bar,
    /// Whether all trails are to be compared again; once.
    recheck: AtomicBool,
    /// Whether this is the one; shown in the metrics.
    writing: &'a AtomicBool,
}

impl Follower<'_> {
    /// Until asked to stop, or until writing on would be wrong. A database that is gone, full or read-only is waited for.
    async fn follow(&self, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
        let mut patience = Patience::new("the database");
        loop {
            let turn = self.turn(&mut patience, stop.clone());
            let ended = tokio::select! {
                ended = turn => ended,
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
            };
            self.writing.store(false, Ordering::Relaxed);
            match ended {
                Ok(()) => return Ok(()),
                Err(error) if store::is_passing(&error) => {
                    patience.note(&format!("{error:#}"));
                    tokio::time::sleep(RETRY).await;
                }
                Err(error) if error.is::<Halted>() => {
                    error!("not following the chain: {error}; see \"The history does not verify\" in docs/RUNBOOK.md");
                    let _ = stop.wait_for(|stop| *stop).await;
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits to be elected, and writes.
    async fn turn(&self, patience: &mut Patience, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
        let mut writer = self.become_writer(patience).await?;
        let chain = self.connect()?;
        self.bind(&chain, &mut writer).await?;
        self.writing.store(true, Ordering::Relaxed);
        let options = sync::Options {
            domain: self.deployment.domain(),
            deployment_block: self.deployment.block,
            events_per_step: usize::try_from(self.follow.events_per_step)?,
            bar: self.bar.clone(),
        };
        sync::follow(&chain, &mut writer, &options, stop).await?;
        Ok(writer.close().await?)
    }

    async fn become_writer(&self, patience: &mut Patience) -> anyhow::Result<Writer> {
        let mut waiting = false;
        loop {
            let elected = store::connect_writer(self.source.database_url.expose()).await?;
            patience.end();
            match elected {
                Some(writer) if waiting => {
                    info!("no indexer writes this database any more: taking over");
                    return Ok(writer);
                }
                Some(writer) => return Ok(writer),
                None if !waiting => {
                    info!("another indexer writes this database: serving reads, and taking over when it ends");
                    waiting = true;
                }
                None => {}
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    fn connect(&self) -> Result<RpcChain, ChainError> {
        connect(&self.source.node, &self.source.ws_url, &self.deployment, self.follow.poll_interval)
    }

    /// A node that is the right chain, and a database that is this deployment's.
    async fn bind(&self, chain: &RpcChain, writer: &mut Writer) -> anyhow::Result<()> {
        let mut patience = Patience::new("the chain");
        let genesis = loop {
            match check_chain(chain, &self.deployment).await {
                Ok(genesis) => break genesis,
                Err(error) if error.is::<ChainError>() => {
                    patience.note(&error);
                    tokio::time::sleep(RETRY).await;
                }
                Err(error) => return Err(error),
            }
        };
        patience.end();
        let binding = Binding {
            chain_id: self.deployment.chain_id,
            contract: self.deployment.contract,
            deployment_block: self.deployment.block,
            genesis_hash: genesis,
        };
        let mut tx = writer.begin().await?;
        store::bind(&mut tx, &binding).await?;
        if self.recheck.load(Ordering::Relaxed) {
            store::recheck(&mut tx, self.deployment.block).await?;
        }
        tx.commit().await?;
        self.recheck.store(false, Ordering::Relaxed);
        Ok(())
    }
}

async fn reindex_database(url: &str, from: Option<u64>) -> anyhow::Result<()> {
    let writer = store::connect_writer(url).await?;
    let mut writer = writer.context(
        "another indexer writes this database: stop every `chartkey-indexer run` on it first (`chartkey-indexer serve` may go on)",
    )?;
    let done = reindex(&mut writer, from, every_two_seconds("made anew what follows from", "events")).await?;
    writer.close().await?;
    println!("made anew what follows from {} events, from block {} on", done.events, done.from);
    Ok(())
}

/// Says how far something long is.
fn every_two_seconds(done: &'static str, things: &'static str) -> impl FnMut(u64, u64) {
    let mut said = Instant::now();
    move |count, total| {
        if said.elapsed() >= Duration::from_secs(2) {
            said = Instant::now();
            eprintln!("{done} {count} of {total} {things}");
        }
    }
}
