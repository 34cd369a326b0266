//! What all benchmarks of the whole process stand on.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

pub mod indexer;
pub mod process;
pub mod replay;
pub mod server;
pub mod sign_in;
