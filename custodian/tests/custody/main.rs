//! Custodians as they run: real processes, each with a database of its own, on a real chain.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in #[test] functions only, not in what they share

mod actor;
mod alone;
mod crash;
mod flow;
mod guards;
mod log;
mod outage;
mod process;
mod refusals;
mod reorg;
mod vectors;
mod ways;
mod world;
