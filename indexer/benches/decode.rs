//! Reading logs and linking them into trails, over the events of a replayed chain: events per second of one core.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

use std::collections::HashMap;

use chartkey_devnet::replay::{Replay, ReplayOptions};
use chartkey_indexer::chain::{Chain as _, RpcChain, RpcOptions};
use chartkey_indexer::decode::{decode_logs, link_logs, read_logs, topics};
use chartkey_indexer::model::{Address, Block, RawLog, TrailDomain};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::TryStreamExt as _;

/// As many as one step of a backfill holds.
const EVENTS: u64 = 10_000;

struct History {
    domain: TrailDomain,
    blocks: Vec<Block>,
    logs: Vec<RawLog>,
}

/// What the indexer would have in hand.
async fn history() -> anyhow::Result<History> {
    let options = ReplayOptions { events: EVENTS, finalized_distance: Some(0), ..ReplayOptions::default() };
    let replay = Replay::start(options)?;
    let contract = Address(replay.contract().0);
    let domain = TrailDomain { chain_id: options.chain_id, contract };
    let chain = RpcChain::new(RpcOptions::new(vec![replay.url().parse()?], contract, topics()))?;
    let range = options.deployment_block..=replay.head().number;
    let (mut blocks, mut logs) = (Vec::new(), Vec::new());
    let mut spans = chain.history(range);
    while let Some(span) = spans.try_next().await? {
        blocks.extend(span.blocks);
        logs.extend(span.logs);
    }
    Ok(History { domain, blocks, logs })
}

fn decode(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let History { domain, blocks, logs } = runtime.block_on(history()).unwrap();
    let read = read_logs(logs.clone()).unwrap();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(logs.len() as u64));
    group.bench_function("read", |bencher| {
        bencher.iter_batched(|| logs.clone(), |logs| read_logs(logs).unwrap(), BatchSize::LargeInput);
    });
    group.bench_function("link", |bencher| {
        let link = |read| link_logs(&domain, &blocks, &mut HashMap::new(), read).unwrap();
        bencher.iter_batched(|| read.clone(), link, BatchSize::LargeInput);
    });
    group.bench_function("both", |bencher| {
        let both = |logs| decode_logs(&domain, &blocks, &mut HashMap::new(), logs).unwrap();
        bencher.iter_batched(|| logs.clone(), both, BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
