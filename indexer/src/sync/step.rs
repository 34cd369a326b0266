//! One transaction's worth: from logs to rows, and the commit that moves the cursor with them.

use std::collections::{HashMap, HashSet};

use anyhow::Context as _;

use super::Pump;
use crate::decode::{ReadLog, link_logs, read_logs};
use crate::model::{Address, Block, Hash, RawLog, TrailDomain};
use crate::store::{self, Batch};

/// Blocks and their events, ready to be linked.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// In order: at least those that hold events, and the last one.
    pub blocks: Vec<Block>,
    pub logs: Vec<ReadLog>,
}

/// A step with its links, ready to be written.
pub(super) struct Linked {
    pub last: Block,
    pub first_block: u64,
    pub batch: Batch,
    pub events: usize,
    /// The last link of each subject that it touches.
    pub heads: HashMap<Address, Hash>,
}

impl Step {
    pub fn subjects(&self) -> Vec<Address> {
        let subjects: HashSet<Address> = self.logs.iter().map(|log| log.subject).collect();
        subjects.into_iter().collect()
    }

    /// Links and encodes, on another thread. `heads`: where the trails of its subjects stand before it; absent: at their start.
    pub async fn link(self, domain: TrailDomain, mut heads: HashMap<Address, Hash>) -> anyhow::Result<Linked> {
        let work = move || {
            let (Some(first), Some(last)) = (self.blocks.first(), self.blocks.last()) else {
                anyhow::bail!("a step without blocks");
            };
            let (first_block, last) = (first.number, *last);
            let events = link_logs(&domain, &self.blocks, &mut heads, self.logs).context(NOT_OURS)?;
            let batch = Batch::encode(&self.blocks, &events);
            Ok(Linked { last, first_block, batch, events: events.len(), heads })
        };
        tokio::task::spawn_blocking(work).await?
    }
}

/// Reads logs on another thread.
pub(super) async fn read(logs: Vec<RawLog>) -> anyhow::Result<Vec<ReadLog>> {
    if logs.is_empty() {
        return Ok(Vec::new());
    }
    tokio::task::spawn_blocking(move || read_logs(logs)).await?.context(NOT_OURS)
}

const NOT_OURS: &str = "is the deployment file for this contract, and this indexer as new as the contract?";

impl Pump<'_> {
    /// Remembers what a commit did.
    pub(super) fn committed(&mut self, last: Block, unchecked: bool) {
        if let Some(known) = &mut self.known {
            known.cursor = Some(last);
            if unchecked {
                known.unchecked = true;
                self.swept = None;
            }
        }
    }

    /// Where trails stand before a step that begins after everything that is stored.
    pub(super) async fn heads(&mut self, subjects: &[Address]) -> anyhow::Result<HashMap<Address, Hash>> {
        if subjects.is_empty() {
            return Ok(HashMap::new());
        }
        let mut tx = self.writer.begin().await?;
        Ok(store::trail_heads(&mut tx, subjects).await?)
    }
}
