//! Puts it together: the database, the chain, the API, and the tasks that run by themselves.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::net::TcpListener;
use tracing::{info, warn};

use crate::act::Custodian;
use crate::chain::Chain;
use crate::config::{Command, Run};
use crate::key::Keys;
use crate::{api, store};

/// Runs a command until it is done, or until `stop`.
pub async fn run(command: Command, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
    match command {
        Command::Keygen { out } => {
            let keys = Keys::random();
            keys.save(&out)?;
            println!("account {}\nkey id {}", keys.address(), keys.public().id());
            Ok(())
        }
        Command::Run(run) => serve(*run, stop).await,
    }
}

async fn serve(run: Run, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
    let (keys, deployment) = (run.keys()?, run.deployment()?);
    let chain = Chain::new(run.rpc_urls.clone(), deployment.domain(), run.finality)?;
    chain.check().await.context("the chain is not the deployment's")?;
    // No flag for it: command lines are readable by others.
    let url = std::env::var("DATABASE_URL").context("DATABASE_URL is not set: where this custodian keeps shares")?;
    let pool = store::connect(&url).await?;
    let before = chain.block(deployment.block.saturating_sub(1)).await?;
    store::bind(&mut *pool.acquire().await?, chain.domain(), &before).await?;
    let custodian = Arc::new(Custodian::new(keys, chain, pool, run.settings()));
    let listener = TcpListener::bind(run.listen).await.with_context(|| format!("cannot listen on {}", run.listen))?;
    info!(listen = %listener.local_addr()?, custodian = %custodian.address(), "serving");
    let serving = axum::serve(listener, api::router(Arc::clone(&custodian))).with_graceful_shutdown(stop);
    // A custodian that no longer deletes must not serve either.
    tokio::select! {
        served = serving => Ok(served?),
        () = follow(Arc::clone(&custodian), run.settings().poll) => bail!("it follows the chain no longer"),
        () = anchor(custodian, run.settings().anchor_every) => bail!("it anchors its log no longer"),
    }
}

/// Looks at the chain, deletes what has ended and sends what is to be logged, for ever. What fails is tried again.
async fn follow(custodian: Arc<Custodian>, poll: Duration) {
    loop {
        if let Ok(view) = custodian.look().await {
            match custodian.delete_ended(&view).await {
                Ok(0) => {}
                Ok(grants) => info!(grants, "deleted the shares of grants that have ended"),
                Err(error) => warn!(%error, "shares of grants that have ended are not deleted yet"),
            }
            if let Err(error) = custodian.send_relays(&view).await {
                warn!(%error, "opens are not sent yet");
            }
        }
        tokio::time::sleep(poll).await;
    }
}

async fn anchor(custodian: Arc<Custodian>, every: Duration) {
    if every.is_zero() {
        return std::future::pending().await;
    }
    loop {
        if let Err(error) = custodian.anchor().await {
            warn!(%error, "the log's head is not on chain yet");
        }
        tokio::time::sleep(every).await;
    }
}
