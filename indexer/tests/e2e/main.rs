//! The indexer through its doors: real anvil, real contract, real Postgres, the binary itself over HTTP.

mod api;
mod crash;
mod history;
mod indexer;
mod layers;
mod reorg;
mod verify;
mod viewers;
mod world;
