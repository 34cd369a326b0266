//! Generated from the contract's ABI at build time. For types and encoding only: calls go through [`crate::rpc`].

#![allow(missing_docs, clippy::all, clippy::pedantic, unreachable_pub)]

ethers::contract::abigen!(Chartkey, "../contracts/abi/Chartkey.json");
