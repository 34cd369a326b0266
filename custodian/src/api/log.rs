//! The log: its head, its leaves, and proofs.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::extract::{Path, Query};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, App, reply, text};
use crate::act::Custodian;
use crate::merkle::{self, Run};
use crate::refusal::Refusal;
use crate::store;
use crate::typed::{Hash, TreeHead};

pub(super) fn routes() -> Router<Arc<Custodian>> {
    Router::new()
        .route("/v1/custodian/log/head", get(async |app: App| reply(latest(app).await)))
        .route("/v1/custodian/log/anchors", get(async |app: App| reply(anchors(app).await)))
        .route("/v1/custodian/log/leaves/{place}", get(async |app: App, at: Path<u64>| reply(leaf(app, at).await)))
        .route(
            "/v1/custodian/log/inclusion",
            get(async |app: App, query: Query<Inclusion>| reply(inclusion(app, query).await)),
        )
        .route(
            "/v1/custodian/log/consistency",
            get(async |app: App, query: Query<Consistency>| reply(consistency(app, query).await)),
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inclusion {
    leaf: u64,
    size: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Consistency {
    first: u64,
    second: u64,
}

pub(super) fn head(head: &TreeHead, signature: &[u8; 65]) -> Value {
    json!({
        "custodian": head.custodian.to_string(),
        "size": head.size,
        "root": text(&head.root),
        "signedAt": head.signed_at,
        "signature": text(signature),
    })
}

pub(super) fn hashes(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| text(hash)).collect()
}

async fn latest(State(app): App) -> Answer {
    let (signed, signature) = app.head().await?;
    Ok(head(&signed, &signature))
}

async fn anchors(State(app): App) -> Answer {
    let mut db = app.pool().acquire().await?;
    let anchors = store::anchored(&mut db).await?.into_iter().map(|(size, root, signed_at, transaction)| {
        json!({"size": size, "root": text(&root), "signedAt": signed_at, "transaction": text(&transaction)})
    });
    Ok(json!(anchors.collect::<Vec<_>>()))
}

async fn leaf(State(app): App, Path(place): Path<u64>) -> Answer {
    let mut db = app.pool().acquire().await?;
    let bytes = store::leaf(&mut db, place).await?.ok_or(Refusal::NothingKept)?;
    Ok(json!({"place": place, "bytes": text(&bytes), "hash": text(&merkle::leaf_hash(&bytes))}))
}

async fn inclusion(State(app): App, Query(asked): Query<Inclusion>) -> Answer {
    prove(&app, asked.size, merkle::inclusion(asked.leaf, asked.size)).await
}

async fn consistency(State(app): App, Query(asked): Query<Consistency>) -> Answer {
    prove(&app, asked.second, merkle::consistency(asked.first, asked.second)).await
}

/// None to prove, or of a tree that is not there yet: refused.
async fn prove(app: &Custodian, size: u64, runs: Option<Vec<Run>>) -> Answer {
    let mut db = app.pool().acquire().await?;
    let there = store::log_size(&mut db).await?;
    let runs = runs.filter(|_| size <= there);
    let runs = runs.ok_or_else(|| Refusal::Malformed(format!("there are {there} leaves: nothing to prove of that")))?;
    Ok(json!({"hashes": hashes(&store::read_proof(&mut db, runs).await?)}))
}
