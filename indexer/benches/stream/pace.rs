//! When blocks come: on time, whatever becomes of those before. Who cannot keep up falls behind, and it shows.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::Result;

#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// A second.
    pub events: u64,
    /// A second.
    pub blocks: u64,
}

impl Pace {
    /// How many blocks there are in so long.
    pub fn blocks_in(&self, long: Duration) -> u64 {
        long.as_secs() * self.blocks
    }

    /// Events that there are to be once block number `nth` is there, counted from 0.
    pub fn due(&self, nth: u64) -> u64 {
        (nth + 1) * self.events / self.blocks
    }

    /// Has `bring` bring so many blocks, each at its time; it answers with the block's number, and when
    /// it was there.
    pub async fn keep<F: Future<Output = Result<(u64, Instant)>>>(
        &self,
        blocks: u64,
        mut bring: impl FnMut(u64) -> F,
    ) -> Result<Brought> {
        let started = Instant::now();
        let mut at = BTreeMap::new();
        let interval = Duration::from_secs(1) / u32::try_from(self.blocks)?;
        for nth in 0..blocks {
            tokio::time::sleep_until((started + interval * u32::try_from(nth)?).into()).await;
            let (block, there) = bring(nth).await?;
            at.insert(block, there);
        }
        // The last one has its time, too.
        tokio::time::sleep_until((started + interval * u32::try_from(blocks)?).into()).await;
        Ok(Brought { at, lasted: started.elapsed() })
    }
}

/// Which block was there when.
#[derive(Debug)]
pub struct Brought {
    pub at: BTreeMap<u64, Instant>,
    pub lasted: Duration,
}

impl Brought {
    /// Milliseconds from when a block was there.
    pub fn soon(&self, block: u64, at: Instant) -> f64 {
        let there = self.at.get(&block).copied().unwrap_or(at);
        at.saturating_duration_since(there).as_secs_f64() * 1e3
    }
}
