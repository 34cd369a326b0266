//! The indexer through its doors: real anvil, real contract, real Postgres, the binary itself over HTTP.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod api;
mod archive;
mod chain;
mod chaos;
mod crash;
mod dashboard;
mod description;
mod failover;
mod history;
mod indexer;
mod layers;
mod operations;
mod outage;
mod outages;
mod plans;
mod reorg;
mod replay;
mod replica;
mod server;
mod sign_in;
mod store;
mod stream;
mod telling;
mod verify;
mod viewers;
mod world;
