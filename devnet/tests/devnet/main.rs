//! Against real programs: anvil, PostgreSQL, and what `make run` starts. Every wait is for a condition.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chain;
mod child;
mod cid;
mod contract;
mod demo;
mod postgres;
mod records;
mod replay;
mod run;
