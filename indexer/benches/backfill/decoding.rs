//! What reading and linking logs costs one core, by itself.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::Result;
use chartkey_devnet::bench::Row;
use chartkey_indexer::chain::Span;
use chartkey_indexer::decode::{link_logs, read_logs};
use chartkey_indexer::model::{Block, RawLog, TrailDomain};

const REPEATS: usize = 20;

/// Microseconds an event, the best of some repeats: anything above it is the machine's other work.
pub fn measure(domain: &TrailDomain, sample: &[Span]) -> Result<Vec<Row>> {
    let blocks: Vec<Block> = sample.iter().flat_map(|span| span.blocks.iter().copied()).collect();
    let logs: Vec<RawLog> = sample.iter().flat_map(|span| span.logs.iter().cloned()).collect();
    #[expect(clippy::cast_precision_loss, reason = "a sample's size")]
    let per_event = 1e6 / logs.len() as f64;
    let (mut read, mut link) = (f64::MAX, f64::MAX);
    for _ in 0..REPEATS {
        let logs = logs.clone();
        let started = Instant::now();
        let logs = read_logs(logs)?;
        read = read.min(started.elapsed().as_secs_f64() * per_event);
        let started = Instant::now();
        link_logs(domain, &blocks, &mut HashMap::new(), logs)?;
        link = link.min(started.elapsed().as_secs_f64() * per_event);
    }
    Ok(vec![
        Row::new("decode.read", read, "µs/event").against(4.0, "the aim, one core").at_most(1.0),
        Row::new("decode.link", link, "µs/event").against(0.8, "the aim, one core").at_most(1.0),
    ])
}
