//! Storage on IPFS: real files, real HTTP on loopback.

mod cids;
mod clients;
mod crash;
mod hostile;
mod kubo;
mod nodes;
mod pinning;
mod properties;
mod reading;
mod support;
mod upload;
