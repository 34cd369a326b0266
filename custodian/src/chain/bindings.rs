//! Generated from the contract's ABI: a changed view or event does not compile here.

#![allow(missing_docs, clippy::all, clippy::pedantic, unreachable_pub)]

ethers::contract::abigen!(Chartkey, "$CARGO_MANIFEST_DIR/../contracts/abi/Chartkey.json");
