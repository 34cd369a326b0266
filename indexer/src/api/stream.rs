//! Whole histories, as NDJSON (a JSON value a line) or CSV, read page by page inside one snapshot.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Version, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use serde::Serialize;
use tracing::warn;

use super::disclosures::DisclosureLine;
use super::error::ApiError;
use super::middleware::LONGEST;
use super::snapshot::Snapshot;
use crate::model::view::Disclosure;
use crate::model::{Address, Moment, Position};
use crate::store::Connection;
use crate::store::read::{self, EventFilter, PageOf};

const AS_OF: HeaderName = HeaderName::from_static("chartkey-as-of");
const ROWS_AT_ONCE: u32 = 1_000;

/// In which form an answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A page in the frame that pages have.
    Json,
    /// All of it, a JSON value a line.
    Ndjson,
    /// All of it, by RFC 4180.
    Csv,
}

impl Form {
    fn media_type(self) -> &'static str {
        match self {
            Form::Json => "application/json",
            Form::Ndjson => "application/x-ndjson",
            Form::Csv => "text/csv",
        }
    }
}

/// The first form that the caller accepts.
pub(super) struct Wants(pub Form);

impl<S: Send + Sync> FromRequestParts<S> for Wants {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let form = wanted(&parts.headers);
        if form != Form::Json {
            streamable(form, parts)?;
        }
        Ok(Wants(form))
    }
}

/// Of a route that answers in NDJSON alone.
pub(super) struct WantsLines;

impl<S: Send + Sync> FromRequestParts<S> for WantsLines {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        streamable(Form::Ndjson, parts).map(|()| WantsLines)
    }
}

/// Before HTTP/1.1 an answer ends where its connection does: one that was cut would look whole.
fn streamable(form: Form, parts: &Parts) -> Result<(), ApiError> {
    if parts.version < Version::HTTP_11 {
        return Err(ApiError::BadRequest(format!("{} is streamed in chunks: ask by HTTP/1.1", form.media_type())));
    }
    Ok(())
}

fn wanted(headers: &HeaderMap) -> Form {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = accepts.flat_map(|value| value.split(',')).filter_map(|kind| kind.split(';').next());
    let form = |kind: &str| [Form::Json, Form::Ndjson, Form::Csv].into_iter().find(|form| form.media_type() == kind);
    kinds.find_map(|kind| form(kind.trim())).unwrap_or(Form::Json)
}

/// What can be streamed.
pub(super) trait Whole: Send + Sync + 'static {
    /// Where a row stands.
    type Place: Send + 'static;

    /// What comes before the first row.
    fn head(&self, form: Form) -> anyhow::Result<String>;

    /// The next rows, and where the last of them stands. `None`: there are no more.
    fn page(
        &self,
        db: &mut Connection,
        form: Form,
        page: PageOf<Self::Place>,
    ) -> impl Future<Output = anyhow::Result<Option<(Self::Place, String)>>> + Send;
}

/// Histories, in the chain's order.
pub(super) enum History {
    Trail(Address),
    Events(EventFilter),
    Disclosures { patient: Address, since: Moment, until: Moment },
}

impl Whole for History {
    type Place = Position;

    fn head(&self, form: Form) -> anyhow::Result<String> {
        Ok(if form == Form::Csv { DisclosureLine::COLUMNS.join(",") + "\r\n" } else { String::new() })
    }

    async fn page(
        &self,
        db: &mut Connection,
        form: Form,
        page: PageOf<Position>,
    ) -> anyhow::Result<Option<(Position, String)>> {
        match self {
            History::Trail(subject) => lines(read::trail(db, *subject, page).await?),
            History::Events(filter) => lines(read::history(db, filter, page).await?),
            History::Disclosures { patient, since, until } => {
                let rows = read::disclosures(db, *patient, *since, *until, page).await?;
                if form == Form::Csv { table(&rows) } else { lines(rows) }
            }
        }
    }
}

/// The rows' lines, and where the last of them stands. `None`: there are no rows.
pub(super) fn lines<P, T: Serialize>(rows: Vec<(P, T)>) -> anyhow::Result<Option<(P, String)>> {
    let mut text = String::new();
    let mut last = None;
    for (at, row) in rows {
        text.push_str(&line(&row)?);
        last = Some(at);
    }
    Ok(last.map(|last| (last, text)))
}

/// One value of NDJSON.
pub(super) fn line<T: Serialize>(value: &T) -> anyhow::Result<String> {
    Ok(serde_json::to_string(value)? + "\n")
}

/// The same, as lines of a table.
fn table(rows: &[(Position, Disclosure)]) -> anyhow::Result<Option<(Position, String)>> {
    let Some(last) = rows.last().map(|(at, _)| *at) else { return Ok(None) };
    let mut table = csv::WriterBuilder::new().has_headers(false).terminator(csv::Terminator::CRLF).from_writer(vec![]);
    for (_, row) in rows {
        table.serialize(DisclosureLine::from(row))?;
    }
    Ok(Some((last, String::from_utf8(table.into_inner()?)?)))
}

/// The rest from `after` on, whole. A fault midway cuts the connection, so that a part is never taken for it.
pub(super) async fn stream<W: Whole>(
    mut snapshot: Snapshot,
    whole: W,
    form: Form,
    after: Option<W::Place>,
) -> Result<Response, ApiError> {
    snapshot.write_down_first().await?;
    let as_of = snapshot.as_of_header();
    let head = futures_util::stream::once(std::future::ready(whole.head(form)));
    let from = (snapshot, whole, form, after);
    let pages = futures_util::stream::try_unfold(from, async |(mut snapshot, whole, form, after)| {
        let page = PageOf { limit: ROWS_AT_ONCE, after };
        let read = tokio::time::timeout(LONGEST, whole.page(snapshot.db(), form, page)).await;
        let read =
            read.map_err(anyhow::Error::from).flatten().inspect_err(|error| warn!(%error, "a stream was cut"))?;
        anyhow::Ok(read.map(|(last, text)| (text, (snapshot, whole, form, Some(last)))))
    });
    let mut response = Body::from_stream(head.chain(pages)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(form.media_type()));
    if let Some(as_of) = as_of {
        response.headers_mut().insert(AS_OF, as_of);
    }
    Ok(response)
}
