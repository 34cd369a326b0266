//! Is it up, is it current, how far is it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::error::ApiError;
use super::extract::{Nothing, Params};
use super::metrics::{CONTENT_TYPE, Metrics};
use super::snapshot::require_live;
use crate::model::view::{Phase, Status};
use crate::store::Reader;

/// `GET /health`: the process answers.
#[utoipa::path(get, path = "/health")]
pub(super) async fn health(Params(Nothing {}): Params<Nothing>) -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// Seconds after which a head is too old to say that the index follows the chain: the writer asks several times a second,
/// and notes what it hears even if there is no new block.
const HEARD_WITHIN: f64 = 30.0;

/// `GET /ready`: the database answers, the writer hears from the chain, and the index is live. 503 otherwise.
#[utoipa::path(get, path = "/ready")]
pub(super) async fn ready(
    Params(Nothing {}): Params<Nothing>,
    State(reader): State<Reader>,
) -> Result<Response, ApiError> {
    let status = read_status(&reader).await?;
    require_ready(&status)?;
    Ok(Json(json!({ "status": "ready", "indexedBlock": status.indexed_block })).into_response())
}

/// Refuses, with the reason, unless the index is live and current.
fn require_ready(status: &Status) -> Result<(), ApiError> {
    let seconds = status.seconds_since_head.round();
    if status.phase != Phase::Halted && status.seconds_since_head > HEARD_WITHIN {
        let cause = if status.replica { ", or this standby is that far behind" } else { "" };
        return Err(ApiError::NotIndexed(format!(
            "no writer has heard from the chain for {seconds} s{cause}; see the log"
        )));
    }
    require_live(status)
}

/// `GET /status`: progress, lag, eta.
#[utoipa::path(get, path = "/status")]
pub(super) async fn status(
    Params(Nothing {}): Params<Nothing>,
    State(reader): State<Reader>,
) -> Result<Response, ApiError> {
    Ok(Json(json!({ "data": read_status(&reader).await? })).into_response())
}

async fn read_status(reader: &Reader) -> Result<Status, ApiError> {
    let (_, status) = reader.snapshot().await?;
    status.ok_or_else(|| ApiError::NotIndexed("the indexer has not reached the chain yet".into()))
}

/// `GET /metrics`: for Prometheus. While the database does not answer, without what it would say.
#[utoipa::path(get, path = "/metrics")]
pub(super) async fn metrics(
    Params(Nothing {}): Params<Nothing>,
    State(reader): State<Reader>,
    State(metrics): State<Arc<Metrics>>,
) -> Result<Response, ApiError> {
    let status = read_status(&reader).await.ok();
    let ready = status.as_ref().is_some_and(|status| require_ready(status).is_ok());
    let text = metrics.text(status.as_ref(), ready).map_err(|e| ApiError::Internal(e.to_string()))?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}
