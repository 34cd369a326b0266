//! A [`DiskStore`] over HTTP, by the protocols that Kubo speaks, so that whoever can talk to Kubo can talk to it.
//!
//! * [Kubo's RPC](https://docs.ipfs.tech/reference/kubo/rpc/), `POST /api/v0/…`, with a bearer token: `dag/import`,
//!   `block/get`, `block/stat`, `block/rm`, `pin/add`, `pin/ls`, `pin/rm`, `repo/gc`,
//!   `repo/stat`.
//! * The [trustless gateway](https://specs.ipfs.tech/http-gateways/trustless-gateway/), `GET /ipfs/{cid}`, for everybody:
//!   single blocks and CARs, which the reader verifies.

mod gateway;
mod rpc;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, header};
use subtle::ConstantTimeEq;

use super::{DiskStore, Token};

/// Both protocols. Limits on connections and times are the server's.
pub fn router(store: DiskStore, token: Token) -> Router {
    rpc(store.clone(), token).merge(gateway(store))
}

/// Kubo's RPC for those who have the token.
pub fn rpc(store: DiskStore, token: Token) -> Router {
    rpc::router(store, Arc::new(token))
}

/// The trustless gateway.
pub fn gateway(store: DiskStore) -> Router {
    gateway::router(store)
}

fn is_authorized(headers: &HeaderMap, token: &Token) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    given.is_some_and(|given| given.ct_eq(token.expose().as_bytes()).into())
}
