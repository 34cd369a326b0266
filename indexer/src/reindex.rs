//! `chartkey-indexer reindex`: makes everything that follows from events anew, from the stored events alone. One transaction: whoever
//! reads meanwhile sees what was there before, and an interrupted run changes nothing.

use anyhow::Context as _;

use crate::decode::decode;
use crate::model::LoggedEvent;
use crate::store::{self, StoredEvent, Writer};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reindexed {
    /// From this block on.
    pub from: u64,
    pub events: u64,
}

/// Makes the facts anew that follow from the events of block `from` on (unless given, the deployment's); facts that began before stay, and what ended them from
/// there on is found again. `progress` is told how many events are done, and of how many.
pub async fn reindex(
    writer: &mut Writer,
    from: Option<u64>,
    mut progress: impl FnMut(u64, u64),
) -> anyhow::Result<Reindexed> {
    let mut tx = writer.begin_bulk().await?;
    let read = |events: Vec<StoredEvent>| events.into_iter().map(logged).collect::<anyhow::Result<Vec<_>>>();
    let from = match from {
        Some(from) => from,
        None => store::deployment_block(&mut tx).await?.context("the database is empty: run the indexer first")?,
    };
    let mut events = 0;
    let count = |done, total| {
        events = done;
        progress(done, total);
    };
    store::reindex(&mut tx, from, read, count).await?;
    tx.commit().await.context("nothing was changed")?;
    Ok(Reindexed { from, events })
}

fn logged(stored: StoredEvent) -> anyhow::Result<LoggedEvent> {
    let event = decode(&stored.log)?;
    Ok(LoggedEvent { log: stored.log, subject: stored.subject, link: stored.link, event })
}
