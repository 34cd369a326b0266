//! Is it up, is it current, how far is it.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::error::ApiError;
use super::extract::{Nothing, Params};
use crate::model::view::Status;
use crate::store::Reader;
use crate::store::read;

/// `GET /health`: the process answers.
pub(super) async fn health(Params(Nothing {}): Params<Nothing>) -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// Seconds after which a head is too old to say that the index follows the chain: the writer asks several times a second,
/// and notes what it hears even if there is no new block.
const HEARD_WITHIN: f64 = 30.0;

/// `GET /ready`: the database answers, the writer hears from the chain, and the index is at its head. 503 otherwise.
pub(super) async fn ready(
    Params(Nothing {}): Params<Nothing>,
    State(reader): State<Reader>,
) -> Result<Response, ApiError> {
    let status = read_status(&reader).await?;
    if status.seconds_since_head > HEARD_WITHIN {
        let seconds = status.seconds_since_head.round();
        return Err(ApiError::NotIndexed(format!("no writer has heard from the chain for {seconds} s; see the log")));
    }
    if status.phase == "live" {
        return Ok(Json(json!({ "status": "ready", "indexedBlock": status.indexed_block })).into_response());
    }
    let indexed = status.indexed_block.map_or("no block".into(), |number| format!("block {number}"));
    Err(ApiError::NotIndexed(format!("{indexed} of {} is indexed; see /status", status.head_block)))
}

/// `GET /status`: progress, lag, eta.
pub(super) async fn status(
    Params(Nothing {}): Params<Nothing>,
    State(reader): State<Reader>,
) -> Result<Response, ApiError> {
    Ok(Json(json!({ "data": read_status(&reader).await? })).into_response())
}

async fn read_status(reader: &Reader) -> Result<Status, ApiError> {
    let mut tx = reader.snapshot().await?;
    let status = read::status(&mut tx).await?;
    status.ok_or_else(|| ApiError::NotIndexed("the indexer has not reached the chain yet".into()))
}
