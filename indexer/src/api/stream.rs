//! Whole histories as NDJSON: one JSON value a line, read page by page inside one snapshot.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Version, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use tracing::warn;

use super::error::ApiError;
use super::middleware::LONGEST;
use super::snapshot::Snapshot;
use crate::model::{Address, Position};
use crate::store::Connection;
use crate::store::read::{self, EventFilter, PageOf};

const NDJSON: &str = "application/x-ndjson";
const AS_OF: HeaderName = HeaderName::from_static("chartkey-as-of");
const ROWS_AT_ONCE: u32 = 1_000;

/// Whether the caller asks for NDJSON.
pub(super) struct WantsNdjson(pub bool);

impl<S: Send + Sync> FromRequestParts<S> for WantsNdjson {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let wanted = wants_ndjson(&parts.headers);
        // Before HTTP/1.1 an answer ends where its connection does: one that was cut would look whole.
        if wanted && parts.version < Version::HTTP_11 {
            return Err(ApiError::BadRequest(format!("{NDJSON} is streamed in chunks: ask by HTTP/1.1")));
        }
        Ok(WantsNdjson(wanted))
    }
}

fn wants_ndjson(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts
        .flat_map(|value| value.split(','))
        .any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == NDJSON))
}

/// A history that can be streamed.
pub(super) enum Whole {
    Trail(Address),
    History(EventFilter),
}

impl Whole {
    async fn page(&self, db: &mut Connection, page: PageOf<Position>) -> anyhow::Result<Option<(Position, String)>> {
        match self {
            Whole::Trail(subject) => lines(read::trail(db, *subject, page).await?),
            Whole::History(filter) => lines(read::history(db, filter, page).await?),
        }
    }
}

/// The rows' lines, and where the last of them stands. `None`: there are no rows.
fn lines<T: Serialize>(rows: Vec<(Position, T)>) -> anyhow::Result<Option<(Position, String)>> {
    let Some(last) = rows.last().map(|(at, _)| *at) else { return Ok(None) };
    let mut text = String::new();
    for (_, row) in &rows {
        text.push_str(&serde_json::to_string(row)?);
        text.push('\n');
    }
    Ok(Some((last, text)))
}

/// The rest of a history from `after` on, whole. A fault midway cuts the connection, so that a part is never taken for it.
pub(super) async fn ndjson(
    mut snapshot: Snapshot,
    whole: Whole,
    after: Option<Position>,
) -> Result<Response, ApiError> {
    snapshot.write_down_first().await?;
    let as_of = snapshot.as_of_header();
    let pages = stream::try_unfold((snapshot, whole, after), async |(mut snapshot, whole, after)| {
        let page = PageOf { limit: ROWS_AT_ONCE, after };
        let read = tokio::time::timeout(LONGEST, whole.page(snapshot.db(), page)).await;
        let read =
            read.map_err(anyhow::Error::from).flatten().inspect_err(|error| warn!(%error, "a stream was cut"))?;
        anyhow::Ok(read.map(|(last, text)| (text, (snapshot, whole, Some(last)))))
    });
    let mut response = Body::from_stream(pages).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    if let Some(as_of) = as_of {
        response.headers_mut().insert(AS_OF, as_of);
    }
    Ok(response)
}
