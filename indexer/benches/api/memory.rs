//! Whether memory grows while the API is asked.

use std::time::Duration;

use anyhow::Result;
use chartkey_devnet::bench::Row;

use crate::load;
use crate::shared::indexer::Indexer;

/// Until connections are open, statements prepared, and buffers as large as they get.
const WARM_UP: Duration = Duration::from_secs(20);
const SEED: u64 = 99;

/// Asks everything in turn for so long. What is resident then, against what was after the warm-up.
pub async fn measure(indexer: &Indexer, paths: &[String], long: Duration) -> Result<Row> {
    eprintln!("Memory under load for {} s", long.as_secs());
    let address = indexer.address()?;
    load::ask(address, paths, SEED, WARM_UP).await?;
    let before = indexer.memory()?;
    let asked = load::ask(address, paths, SEED + 1, long).await?;
    let after = indexer.memory()?;
    eprintln!("  {before:.0} MiB before, {after:.0} MiB after {:.0} requests", asked.rate() * asked.lasted);
    Ok(Row::new("api.memory.growth", after, "MiB")
        .against(before, &format!("MiB, {} s of requests before", long.as_secs()))
        .at_most(1.1))
}
