//! Is it up, is it current, how far is it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use super::extract::{Nothing, Params};
use super::metrics::{Busy, CONTENT_TYPE, Metrics};
use super::snapshot::require_live;
use crate::model::view::{Phase, Status};
use crate::store::{Journal, Reader};

#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// Always `ok`.
    status: &'static str,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ready {
    /// Always `ready`.
    status: &'static str,
    indexed_block: Option<u64>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct StatusAnswer {
    data: Status,
}

/// Whether the process answers.
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "getHealth",
    tag = "Operations",
    security(()),
    responses((status = 200, description = "The process answers", body = Health))
)]
pub(super) async fn health(Params(Nothing {}): Params<Nothing>) -> Response {
    Json(Health { status: "ok" }).into_response()
}

/// Seconds after which a head is too old to say that the index follows the chain: the writer asks several times a second,
/// and notes what it hears even if there is no new block.
const HEARD_WITHIN: f64 = 30.0;

/// Whether the database answers, the writer hears from the chain, and the index is live. 503 otherwise.
#[utoipa::path(
    get,
    path = "/ready",
    operation_id = "getReady",
    tag = "Operations",
    security(()),
    responses((status = 200, description = "Ready", body = Ready))
)]
pub(super) async fn ready(
    Params(Nothing {}): Params<Nothing>,
    State(reader): State<Reader>,
) -> Result<Response, ApiError> {
    let status = read_status(&reader).await?;
    require_ready(&status)?;
    Ok(Json(Ready { status: "ready", indexed_block: status.indexed_block }).into_response())
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

/// How far the index is: progress, lag, time left.
#[utoipa::path(
    get,
    path = "/status",
    operation_id = "getStatus",
    tag = "Operations",
    security(()),
    responses((status = 200, description = "How far the index is", body = StatusAnswer))
)]
pub(super) async fn status(
    Params(Nothing {}): Params<Nothing>,
    State(reader): State<Reader>,
) -> Result<Response, ApiError> {
    Ok(Json(StatusAnswer { data: read_status(&reader).await? }).into_response())
}

async fn read_status(reader: &Reader) -> Result<Status, ApiError> {
    let (_, status) = reader.snapshot().await?;
    status.ok_or_else(|| ApiError::NotIndexed("the indexer has not reached the chain yet".into()))
}

/// Metrics, for Prometheus. While the database does not answer, without what it would say.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "getMetrics",
    tag = "Operations",
    security(()),
    responses((status = 200, description = "Metrics", body = String, content_type = "text/plain"))
)]
pub(super) async fn metrics(
    Params(Nothing {}): Params<Nothing>,
    State(reader): State<Reader>,
    State(journal): State<Journal>,
    State(metrics): State<Arc<Metrics>>,
) -> Result<Response, ApiError> {
    // Before this request waits itself.
    let busy = Busy { read: reader.load(), journal: journal.load(), queries: journal.written() };
    let status = read_status(&reader).await.ok();
    let ready = status.as_ref().is_some_and(|status| require_ready(status).is_ok());
    let text = metrics.text(status.as_ref(), ready, &busy).map_err(|e| ApiError::Internal(e.to_string()))?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}
