//! `GET /v1/stream`: one's own events as they are indexed, as Server-Sent Events (HTML standard, 9.2).
//!
//! A stream is one sequence, which depends on the chain and on who asks alone. Where a client is in it, its last event's id says
//! ([`id`]); a listener goes on from there ([`listener`]), by reading for itself ([`page`]) until it is where one reader for all
//! ([`hub`]) is. What was withdrawn by reorgs meanwhile, it is told first.

mod batch;
mod hub;
mod id;
mod listener;
mod page;
mod seats;
mod start;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts as _, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Shared;
use super::caller::Caller;
use super::error::ApiError;
use super::extract::{Params, number};
use super::snapshot::{Question, nothing_indexed};
use crate::store::read;
pub(super) use id::{EventId, LastEventId};
use listener::{Listener, StillWelcome};
pub(super) use seats::Streams;
use start::{Begin, Start};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells nginx, and who does as it does, to pass frames on as they come.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct StreamParams {
    /// Begin with this block's events, at most the one after the head.
    #[serde(default, deserialize_with = "number")]
    from_block: Option<u32>,
    /// As the header `Last-Event-ID`, which goes before it: for clients that cannot set that at their first request, as a browser's
    /// EventSource.
    last_event_id: Option<EventId>,
}

impl StreamParams {
    /// What came last goes before: a client that comes again sends the header, to the same URL as at first.
    fn begin(&self, headers: &HeaderMap) -> Result<Begin, ApiError> {
        let header = headers.get(LAST_EVENT_ID).filter(|value| !value.is_empty());
        let header = header.map(|value| value.to_str().unwrap_or("?").parse()).transpose()?;
        Ok(match (header.or(self.last_event_id), self.from_block) {
            (Some(id), _) => Begin::After(id),
            (None, Some(first)) => Begin::Block(first.into()),
            (None, None) => Begin::Head,
        })
    }
}

/// What concerns the caller, as it is indexed: Server-Sent Events, from the head, `fromBlock` or `Last-Event-ID` on.
///
/// Each event is named by its kind, and its data is a `HistoryEvent`. After blocks were replaced, `reorg` comes first, with a `Reorg` as
/// its data: what was withdrawn. Whoever comes back with the last `id` misses nothing and is told nothing twice, whatever happened to
/// the server or the chain meanwhile. Ids without an event only say how far the stream has come.
#[utoipa::path(
    get,
    path = "/v1/stream",
    operation_id = "stream",
    tag = "Live",
    params(
        StreamParams,
        ("Last-Event-ID" = Option<LastEventId>, Header, description = "The `id` that came last: go on after it.")
    ),
    responses((status = 200, description = "Events without end", body = String, content_type = "text/event-stream"))
)]
pub(super) async fn stream(
    State(shared): State<Shared>,
    Params(params): Params<StreamParams>,
    caller: Caller,
    headers: HeaderMap,
    question: Question,
) -> Result<Response, ApiError> {
    let (mut snapshot, everything) = question.stream().await?;
    let seat = shared.streams.take_seat(caller.account())?;
    let begin = params.begin(&headers)?;
    let tip = read::tip(snapshot.db()).await?.ok_or_else(nothing_indexed)?;
    let start = Start::find(snapshot.db(), &tip, begin).await?;
    snapshot.write_down_first().await?;
    let record = (snapshot.record(), everything);
    let streams = Arc::clone(&shared.streams);
    let listener = Listener::new(streams, seat, still_welcome(caller, headers, shared), record, start);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(listener.frames())).into_response())
}

/// Looks again at whom the request's session says it is.
fn still_welcome(caller: Caller, headers: HeaderMap, shared: Shared) -> StillWelcome {
    Box::new(move || {
        let (mut parts, shared) = (as_asked(&headers), shared.clone());
        Box::pin(async move { Caller::from_request_parts(&mut parts, &shared).await.is_ok_and(|now| now == caller) })
    })
}

fn as_asked(headers: &HeaderMap) -> Parts {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers = headers.clone();
    parts
}
