//! Follows the Chartkey contract's events into Postgres and serves the query API. One direction only:
//! `chain → decode → store → api`; [`sync`] is the only pump and [`model`] the common language (docs/ARCHITECTURE.md).

pub mod api;
pub mod app;
pub mod chain;
pub mod client;
pub mod config;
pub mod decode;
pub mod desk;
mod files;
pub mod model;
pub mod reindex;
pub mod replay;
pub mod store;
pub mod sync;
pub mod telemetry;
pub mod verify;
