//! Trails and the event stream: the history with the bytes to prove it.

use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::List;
use super::error::ApiError;
use super::extract::{Limit, Params, PathOf, number};
use super::page::{Cursor, Page, cut, page_of};
use super::snapshot::Question;
use super::stream::{Form, History, Wants, stream};
use crate::model::view::{AsOf, HistoryEvent, TrailLink};
use crate::model::{Address, EventKind, Hash};
use crate::store::read::{self, EventFilter};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TrailParams {
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    limit: Limit,
    cursor: Option<Cursor>,
}

/// A page of a trail, and what its links are compared with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TrailPage {
    data: Vec<TrailLink>,
    page: Page,
    subject: Address,
    /// The link before the first event.
    start: Hash,
    /// The latest link: equals `trail(subject)` on chain.
    head: Hash,
    as_of: AsOf,
}

/// All links of a trail: enough to recompute it, and to compare it with `trail(patient)` on chain. The zero address names the
/// registry.
///
/// As `application/x-ndjson`, all of it from `cursor` on in one answer, one link a line; the head is in `Chartkey-As-Of`.
#[utoipa::path(
    get,
    path = "/v1/patients/{patient}/trail",
    operation_id = "getTrail",
    tag = "History",
    params(("patient" = Address, Path), TrailParams),
    responses((status = 200, description = "Links in the chain's order", content((TrailPage = "application/json"), (TrailLink = "application/x-ndjson"))))
)]
pub(super) async fn trail(
    PathOf(subject): PathOf<Address>,
    Params(params): Params<TrailParams>,
    Wants(form): Wants,
    question: Question,
) -> Result<Response, ApiError> {
    let mut snapshot = question.whole_chart(subject).await?;
    let head = read::trail_head(snapshot.db(), subject).await?;
    let head = head.ok_or_else(|| ApiError::NotFound(format!("no patient {subject} is registered")))?;
    if form == Form::Ndjson {
        return stream(snapshot, History::Trail(subject), form, params.cursor.map(|cursor| cursor.0)).await;
    }
    let rows = read::trail(snapshot.db(), subject, page_of(params.limit, params.cursor)).await?;
    let (data, page) = cut(rows, params.limit, |at| Cursor(*at).to_string());
    let start = snapshot.domain().start(subject);
    let as_of = snapshot.as_of.clone();
    snapshot.framed(&TrailPage { data, page, subject, start, head, as_of }, &[]).await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct EventParams {
    /// The first block. Unless told, the deployment's.
    #[serde(default, deserialize_with = "number")]
    from_block: Option<u32>,
    /// The last block. Unless told, the indexed head.
    #[serde(default, deserialize_with = "number")]
    to_block: Option<u32>,
    /// Whose trail it belongs to; the zero address for the registry.
    subject: Option<Address>,
    /// What happened.
    kind: Option<EventKind>,
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    limit: Limit,
    cursor: Option<Cursor>,
}

/// Every event, in the chain's order, with its bytes and its link.
///
/// As `application/x-ndjson`, all of it from `cursor` on in one answer, one event a line; the head is in `Chartkey-As-Of`.
#[utoipa::path(
    get,
    path = "/v1/events",
    operation_id = "listEvents",
    tag = "History",
    params(EventParams),
    responses((status = 200, description = "Events in the chain's order", content((List<HistoryEvent> = "application/json"), (HistoryEvent = "application/x-ndjson"))))
)]
pub(super) async fn events(
    Params(params): Params<EventParams>,
    Wants(form): Wants,
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
    // From beyond the head on, nothing happened yet.
    if filter.from_block > filter.to_block && params.to_block.is_some() {
        return Err(ApiError::BadRequest(format!(
            "fromBlock {} lies after toBlock {}",
            filter.from_block, filter.to_block
        )));
    }
    if form == Form::Ndjson {
        return stream(snapshot, History::Events(filter), form, params.cursor.map(|cursor| cursor.0)).await;
    }
    let rows = read::history(snapshot.db(), &filter, page_of(params.limit, params.cursor)).await?;
    snapshot.page(rows, params.limit).await
}
