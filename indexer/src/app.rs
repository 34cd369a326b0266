//! Wiring: which parts a command needs, started and stopped in order.

use std::time::Duration;

use anyhow::{Context as _, bail};
use sqlx::Connection as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::{info, warn};

use crate::api;
use crate::chain::{ChainError, RpcChain};
use crate::config::{Cli, Command, Deployment, Loopback, Source};
use crate::decode::topics;
use crate::store::{self, Binding, Reader, Writer};
use crate::sync;
use crate::verify::{Verified, verify};

/// How often to ask again: for a node that does not answer at start, and for the writer's place.
const RETRY: Duration = Duration::from_secs(1);

/// Runs a command until it is done or `stop` turns true.
pub async fn run(cli: Cli, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    match cli.command {
        Command::Run { source, listen, poll_interval, blocks_per_step } => {
            let deployment = Deployment::read(&source.deployment)?;
            let options = sync::Options {
                domain: deployment.domain(),
                deployment_block: deployment.block,
                poll_interval,
                blocks_per_step,
            };
            serve_and_follow(&source, &deployment, listen, &options, stop).await
        }
        Command::Verify { source } => verify_database(&source).await,
    }
}

async fn serve_and_follow(
    source: &Source,
    deployment: &Deployment,
    listen: Loopback,
    options: &sync::Options,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen.0)
        .await
        .with_context(|| format!("cannot listen on {}: choose another address with --listen or LISTEN", listen.0))?;
    info!(
        "query API on http://{}: reachable from this machine only, because it has no sign-in yet",
        listener.local_addr()?
    );
    // The first to come sets the schema up, before anybody reads.
    let elected = store::connect_writer(source.database_url.expose()).await?;
    let reader = Reader::new(source.database_url.expose())?;
    let follow = follow(source, deployment, options, elected, stop.clone());
    // Both end when asked to stop. An error in one ends the process, which is what a supervisor acts on.
    tokio::try_join!(api::serve(listener, reader, stop.clone()), follow)?;
    Ok(())
}

async fn follow(
    source: &Source,
    deployment: &Deployment,
    options: &sync::Options,
    elected: Option<Writer>,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let ready = tokio::select! {
        ready = prepare(source, deployment, elected) => ready?,
        _ = stop.wait_for(|stop| *stop) => return Ok(()),
    };
    let (chain, mut writer) = ready;
    sync::follow(&chain, &mut writer, options, stop).await?;
    writer.close().await?;
    Ok(())
}

/// A node that is the right chain, and the right to write a database that is this deployment's.
async fn prepare(
    source: &Source,
    deployment: &Deployment,
    elected: Option<Writer>,
) -> anyhow::Result<(RpcChain, Writer)> {
    let mut writer = match elected {
        Some(writer) => writer,
        None => become_writer(source).await?,
    };
    let chain = connect(source, deployment)?;
    let genesis = loop {
        match check_chain(&chain, deployment).await {
            Ok(genesis) => break genesis,
            Err(error) if error.is::<ChainError>() => {
                warn!("waiting for the chain: {error}");
                tokio::time::sleep(RETRY).await;
            }
            Err(error) => return Err(error),
        }
    };
    let binding = Binding {
        chain_id: deployment.chain_id,
        contract: deployment.contract,
        deployment_block: deployment.block,
        genesis_hash: genesis,
    };
    let mut tx = writer.begin().await?;
    store::bind(&mut tx, &binding).await?;
    tx.commit().await?;
    Ok((chain, writer))
}

async fn become_writer(source: &Source) -> anyhow::Result<Writer> {
    info!("another indexer writes this database: serving reads, and taking over when it ends");
    loop {
        tokio::time::sleep(RETRY).await;
        if let Some(writer) = store::connect_writer(source.database_url.expose()).await? {
            info!("no indexer writes this database any more: taking over");
            return Ok(writer);
        }
    }
}

fn connect(source: &Source, deployment: &Deployment) -> Result<RpcChain, ChainError> {
    RpcChain::new(source.rpc_url.expose().clone(), deployment.contract, &topics(), source.confirmations)
}

/// Whether the node is on the chain that the deployment file names; returns its genesis block's hash.
async fn check_chain(chain: &RpcChain, deployment: &Deployment) -> anyhow::Result<crate::model::Hash> {
    let chain_id = chain.chain_id().await?;
    if chain_id != deployment.chain_id {
        bail!("the node is on chain {chain_id}, the deployment file on chain {}", deployment.chain_id);
    }
    if !chain.has_code().await? {
        bail!(
            "there is no contract at {} on chain {chain_id}: is the deployment file of this chain?",
            deployment.contract
        );
    }
    Ok(chain.block(0).await?.hash)
}

async fn verify_database(source: &Source) -> anyhow::Result<()> {
    let deployment = Deployment::read(&source.deployment)?;
    let chain = connect(source, &deployment)?;
    check_chain(&chain, &deployment).await?;
    let mut db = store::connect_to_inspect(source.database_url.expose()).await?;
    let mut said = std::time::Instant::now();
    let progress = |done, total| {
        if said.elapsed() >= Duration::from_secs(2) {
            said = std::time::Instant::now();
            eprintln!("compared {done} of {total} blocks");
        }
    };
    let outcome = verify(&chain, &mut db, &deployment.domain(), deployment.block, progress).await?;
    db.close().await?;
    match outcome {
        Ok(Verified { block, subjects, links }) => {
            println!(
                "verified at block {block}: {subjects} subjects, {links} links, each trail as the contract has it"
            );
            Ok(())
        }
        Err(wrong) => bail!("first wrong link: {wrong}"),
    }
}
