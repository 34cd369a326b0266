//! The indexer through its doors: real anvil, real contract, real Postgres, the binary itself over HTTP.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod api;
mod archive;
mod chain;
mod chaos;
mod crash;
mod dashboard;
mod failover;
mod history;
mod indexer;
mod layers;
mod operations;
mod outage;
mod outages;
mod reorg;
mod replica;
mod server;
mod store;
mod telling;
mod verify;
mod viewers;
mod world;
