//! From mined to visible: how soon the API shows a new block of a chain with a block a second.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chartkey_devnet::bench::Row;
use chartkey_devnet::replay::{Replay, ReplayOptions};
use chartkey_devnet::rpc::http_client;
use chartkey_devnet::scratch::Scratch;
use serde_json::Value;

use crate::shared::indexer::{Indexer, Places};
use crate::shared::server::Server;

/// Events of the chain before the first block that is waited for.
const HISTORY: u64 = 20_000;
/// What happens in each of these blocks.
const ACTS: u32 = 4;
const BLOCK_TIME: Duration = Duration::from_secs(1);
/// Pause between two questions to the API. Times are as exact as this and an answer (about a millisecond) together.
const ASK: Duration = Duration::from_millis(1);
/// A block that is not shown by then never is.
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn measure(server: &Server, long: Duration) -> Result<Vec<Row>> {
    let replay = Replay::start(ReplayOptions { events: HISTORY, ..ReplayOptions::default() })?;
    let database = server.fresh("live").await?;
    let scratch = Scratch::new()?;
    let (file, log) = (scratch.path().join("deployment.json"), scratch.path().join("indexer.log"));
    replay.deployment().write(&file)?;
    let url = replay.url();
    let places = Places { rpc_url: &url, deployment: &file, database: &database, log: &log };
    let indexer = Indexer::start(&places).await?;
    indexer.ready(PATIENCE * 10).await?;
    // One connection, which is kept.
    let client = http_client();
    let mut delays = Vec::new();
    let until = Instant::now() + long;
    while Instant::now() < until {
        let mined = Instant::now();
        let block = replay.block_of(ACTS).number;
        delays.push(visible(&client, &indexer, block, mined).await?.as_secs_f64() * 1e3);
        tokio::time::sleep(BLOCK_TIME.saturating_sub(mined.elapsed())).await;
    }
    indexer.stop().await?;
    server.drop("live").await?;
    delays.sort_by(f64::total_cmp);
    let at = |percent: usize| delays[(delays.len() * percent).div_ceil(100).saturating_sub(1)];
    let blocks = format!("the bar ({} blocks)", delays.len());
    Ok(vec![
        Row::new("live.p50", at(50), "ms").against(50.0, &blocks).at_most(1.0),
        Row::new("live.p99", at(99), "ms").against(300.0, &blocks).at_most(1.0),
    ])
}

/// Asks until an answer speaks of the block.
async fn visible(client: &reqwest::Client, indexer: &Indexer, block: u64, mined: Instant) -> Result<Duration> {
    let url = format!("{}/v1/practitioners?limit=1", indexer.url);
    loop {
        let answer: Value = client.get(&url).send().await?.json().await?;
        let shown = mined.elapsed();
        let head = answer["asOf"]["blockNumber"].as_u64().with_context(|| format!("the API answers {answer}"))?;
        if head >= block {
            return Ok(shown);
        }
        ensure!(shown < PATIENCE, "block {block} is not shown after {PATIENCE:?}, but {head}");
        tokio::time::sleep(ASK).await;
    }
}
