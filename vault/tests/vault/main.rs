//! The library from outside: what it promises, the published vectors, and other people's libraries.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in #[test] functions only, not in what they share

mod format;
mod grants;
mod oracles;
mod properties;
mod seeds;
mod store;
mod support;
mod vectors;
