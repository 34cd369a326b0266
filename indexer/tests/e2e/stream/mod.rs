//! `GET /v1/stream`.

pub mod client;
mod load;
mod own;
mod random;
mod refusals;
mod roles;

use std::time::Duration;

use chartkey_devnet::contract::bindings::PublishKeyCall;
use ethers::types::Address;
use rand::RngExt as _;
use serde_json::Value;

use crate::indexer::Indexer;
use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(120);

/// Has somebody do something that concerns nobody else, as the last of all. The key they published.
async fn last_word(world: &World, account: Address) -> String {
    let key: [u8; 32] = rand::rng().random();
    world.contract.send(account, PublishKeyCall { key: key.to_vec().into() }).await.unwrap();
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether an event is somebody's last word.
fn is_last_word(key: &str) -> impl Fn(&Value) -> bool {
    move |event| event["kind"] == "KeyPublished" && event["data"].as_str().unwrap().contains(key)
}

/// The whole history, from one whose reads are public.
async fn history(open: &Indexer) -> Vec<Value> {
    let response = open.send("/v1/events", &[("accept", "application/x-ndjson")]).await;
    response.text().await.unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
