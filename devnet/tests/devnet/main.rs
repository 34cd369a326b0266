//! Against real programs: anvil, PostgreSQL, and what `make run` starts. Every wait is for a condition.

mod chain;
mod child;
mod cid;
mod contract;
mod demo;
mod postgres;
mod records;
mod run;
