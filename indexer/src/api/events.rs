//! Trails and the event stream: the history with the bytes to prove it.

use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::extract::{Limit, Params, PathOf, number};
use super::page::{Cursor, cut, page_of};
use super::snapshot::Question;
use super::stream::{WantsNdjson, Whole, ndjson};
use crate::model::{Address, EventKind, Hash};
use crate::store::read::{self, EventFilter};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrailParams {
    #[serde(default)]
    limit: Limit,
    cursor: Option<Cursor>,
}

/// What a trail's links are compared with.
#[derive(Serialize)]
struct TrailFrame {
    subject: Address,
    /// The link before the first event.
    start: Hash,
    /// The latest link: equals `trail(subject)` on chain.
    head: Hash,
}

/// `GET /v1/patients/{patient}/trail`; the zero address names the registry.
#[utoipa::path(get, path = "/v1/patients/{patient}/trail")]
pub(super) async fn trail(
    PathOf(subject): PathOf<Address>,
    Params(params): Params<TrailParams>,
    WantsNdjson(streamed): WantsNdjson,
    question: Question,
) -> Result<Response, ApiError> {
    let mut snapshot = question.whole_chart(subject).await?;
    let head = read::trail_head(snapshot.db(), subject).await?;
    let head = head.ok_or_else(|| ApiError::NotFound(format!("no patient {subject} is registered")))?;
    if streamed {
        return ndjson(snapshot, Whole::Trail(subject), params.cursor.map(|cursor| cursor.0)).await;
    }
    let rows = read::trail(snapshot.db(), subject, page_of(params.limit, params.cursor)).await?;
    let (links, page) = cut(rows, params.limit, |at| Cursor(*at).to_string());
    let start = snapshot.domain().start(subject);
    snapshot.list(links, page, TrailFrame { subject, start, head }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct EventParams {
    #[serde(default, deserialize_with = "number")]
    from_block: Option<u32>,
    #[serde(default, deserialize_with = "number")]
    to_block: Option<u32>,
    subject: Option<Address>,
    kind: Option<EventKind>,
    #[serde(default)]
    limit: Limit,
    cursor: Option<Cursor>,
}

/// `GET /v1/events`: all events in the chain's order.
#[utoipa::path(get, path = "/v1/events")]
pub(super) async fn events(
    Params(params): Params<EventParams>,
    WantsNdjson(streamed): WantsNdjson,
    question: Question,
) -> Result<Response, ApiError> {
    let mut snapshot = match params.subject {
        Some(subject) => question.whole_chart(subject).await?,
        None => question.everything().await?,
    };
    let filter = EventFilter {
        from_block: params.from_block.map_or(0, u64::from),
        to_block: params.to_block.map_or(snapshot.head().block, u64::from),
        subject: params.subject,
        kind: params.kind,
    };
    if filter.from_block > filter.to_block {
        return Err(ApiError::BadRequest(format!(
            "fromBlock {} lies after toBlock {}",
            filter.from_block, filter.to_block
        )));
    }
    if streamed {
        return ndjson(snapshot, Whole::History(filter), params.cursor.map(|cursor| cursor.0)).await;
    }
    let rows = read::history(snapshot.db(), &filter, page_of(params.limit, params.cursor)).await?;
    snapshot.page(rows, params.limit).await
}
