//! Which faults strike a node: what nodes, proxies and networks do.

use std::time::Duration;

use chartkey_devnet::replay::{Fault, Node, Rule};
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

/// One to three faults. `largest`: events of one block, at most, so that each block's fit into an answer.
pub fn some(rng: &mut StdRng, largest: usize) -> Vec<Rule> {
    let count = rng.random_range(1..=3);
    (0..count).map(|_| one(rng, largest)).collect()
}

/// Limits that let a backfill come in many small answers.
pub fn limit(rng: &mut StdRng, largest: usize) -> Rule {
    let node = *Node::ALL.choose(rng).unwrap();
    match rng.random_range(0..2) {
        0 => Fault::RangeLimit(rng.random_range(1..40), node).always(),
        _ => Fault::ResultLimit(largest + rng.random_range(0..40), node).always(),
    }
}

fn one(rng: &mut StdRng, largest: usize) -> Rule {
    match rng.random_range(0..5) {
        0 => limit(rng, largest),
        1 => of_transport(rng),
        2 => of_history(rng),
        _ => of_node(rng),
    }
}

/// Requests that come to nothing.
fn of_transport(rng: &mut StdRng) -> Rule {
    let fault = match rng.random_range(0..7) {
        0 => Fault::Delay(Duration::from_millis(1), Duration::from_millis(rng.random_range(5..60))),
        1 => Fault::TooManyRequests(None),
        2 => Fault::TooManyRequests(Some(1)),
        3 => Fault::Status(*[500, 502, 503].choose(rng).unwrap()),
        4 => Fault::Truncated,
        5 => Fault::Dropped,
        _ => Fault::Garbage,
    };
    sometimes(rng, fault)
}

/// Answers that are well-formed and wrong. A node that goes on with these is rightly given up, so they come a few times.
fn of_history(rng: &mut StdRng) -> Rule {
    let times = rng.random_range(1..5);
    let fault = match rng.random_range(0..3) {
        0 => Fault::LostLog,
        1 => Fault::NoLogs,
        _ => Fault::WrongBlockHash,
    };
    fault.times(times).on("eth_getLogs")
}

/// What a node does not have, or not yet.
fn of_node(rng: &mut StdRng) -> Rule {
    match rng.random_range(0..9) {
        0 => sometimes(rng, Fault::RateLimited),
        1 => Fault::Lagging(rng.random_range(1..8)).always(),
        2 => sometimes(rng, Fault::Lagging(3)),
        3 => Fault::NoTimestamps.always(),
        4 => sometimes(rng, Fault::NoTimestamps),
        5 => Fault::StaleFinalized(rng.random_range(1..20)).always(),
        6 => Fault::UnknownMethod.always().on("eth_subscribe"),
        7 => Fault::UnknownMethod.always().on("eth_getBlockReceipts"),
        _ => Fault::Dropped.always().on("eth_subscription"),
    }
}

fn sometimes(rng: &mut StdRng, fault: Fault) -> Rule {
    match rng.random_range(0..3) {
        0 => fault.always(),
        1 => fault.times(rng.random_range(1..6)),
        _ => fault.chance(rng.random_range(0.1..0.6)),
    }
}
