//! Development only: a private chain, a private PostgreSQL, the contract on it and a demo with real
//! files. `make run`, the tests and the benchmarks all use this one implementation.
//!
//! Everything listens on 127.0.0.1, and every process started here dies with the process that started it.

pub mod bench;
pub mod chain;
pub mod child;
pub mod cid;
pub mod cli;
pub mod contract;
mod database;
pub mod demo;
pub mod deployment;
pub mod port;
pub mod postgres;
pub mod records;
pub mod replay;
pub mod rpc;
mod run;
pub mod scratch;
mod state;
pub mod toolchain;
pub mod wait;
