//! The chain's side over JSON-RPC, against a replayed chain whose endpoints do what nodes do.

mod blocks;
mod heads;
mod history;

use std::time::Duration;

use chartkey_devnet::replay::{Endpoint, Replay, ReplayOptions};
use chartkey_devnet::rpc::Rpc;
use chartkey_indexer::chain::{RpcChain, RpcOptions};
use chartkey_indexer::decode::topics;
use chartkey_indexer::model::{Address, Hash, RawLog};
use serde_json::{Value, json};

const SEED: u64 = 11;

fn replay(events: u64) -> Replay {
    Replay::start(ReplayOptions { events, seed: SEED, ..ReplayOptions::default() }).unwrap()
}

fn options(replay: &Replay, endpoints: &[&Endpoint]) -> RpcOptions {
    let urls = endpoints.iter().map(|endpoint| endpoint.url().parse().unwrap()).collect();
    RpcOptions {
        poll_interval: Duration::from_millis(100),
        timeout: Duration::from_secs(5),
        ..RpcOptions::new(urls, Address(replay.contract().0), topics())
    }
}

fn chain(replay: &Replay, endpoints: &[&Endpoint]) -> RpcChain {
    RpcChain::new(options(replay, endpoints)).unwrap()
}

/// Positions and hashes as the chain itself has them, by an endpoint without faults.
async fn truth(replay: &Replay) -> Vec<(u64, u64, Hash)> {
    let honest = replay.endpoint().unwrap();
    let filter = json!([{ "address": replay.contract(), "fromBlock": "0x0", "toBlock": "latest" }]);
    let logs: Vec<Value> = Rpc::new(&honest.url()).call("eth_getLogs", filter).await.unwrap();
    let number = |value: &Value| u64::from_str_radix(&value.as_str().unwrap()[2..], 16).unwrap();
    let place = |log: &Value| {
        (number(&log["blockNumber"]), number(&log["logIndex"]), log["blockHash"].as_str().unwrap().parse().unwrap())
    };
    logs.iter().map(place).collect()
}

fn places(logs: &[RawLog]) -> Vec<(u64, u64, Hash)> {
    let place = |log: &RawLog| (log.position.block_number, u64::from(log.position.log_index), log.block_hash);
    logs.iter().map(place).collect()
}
