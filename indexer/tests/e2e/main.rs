//! The indexer through its doors: real anvil, real contract, real Postgres, the binary itself over HTTP.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod api;
mod crash;
mod history;
mod indexer;
mod layers;
mod reorg;
mod verify;
mod viewers;
mod world;
