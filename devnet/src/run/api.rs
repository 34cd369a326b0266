//! The indexer's API, as far as starting it goes.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;

use super::terminal::Progress;
use crate::{child::Child, rpc::http_client};

/// How often the API is asked.
const ASK: Duration = Duration::from_millis(100);

/// Waits until the index follows the chain, showing how far it is.
pub(super) async fn ready(indexer: &Child, port: u16) -> Result<()> {
    let (client, base) = (http_client(), format!("http://127.0.0.1:{port}"));
    let progress = Progress::new("indexed blocks");
    loop {
        if let Some(status) = indexer.try_wait()? {
            let (said, log) = (indexer.last_lines(1).join(" "), indexer.log().display());
            bail!("the indexer ended at once ({status}): {said} (log: {log})");
        }
        if let Ok(answer) = client.get(format!("{base}/ready")).send().await
            && answer.status().is_success()
        {
            return Ok(());
        }
        if let Ok(answer) = client.get(format!("{base}/status")).send().await
            && let Ok(status) = answer.json::<Value>().await
        {
            show(&progress, &status["data"]);
        }
        tokio::time::sleep(ASK).await;
    }
}

fn show(progress: &Progress, status: &Value) {
    if let (Some(indexed), Some(head)) = (status["indexedBlock"].as_u64(), status["headBlock"].as_u64()) {
        progress.at(indexed, head, "");
    }
}
