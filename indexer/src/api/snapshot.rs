//! One request's view of the index, and the frame of its answer.

use axum::Json;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::error::ApiError;
use super::extract::{AtParam, Limit};
use super::page::{Cursor, Page, ViewerCursor, cut};
use crate::model::view::{AsOf, Phase, Status, Viewer};
use crate::model::{Address, Position, keccak256};
use crate::store::read::{self, At, ViewerPlace};
use crate::store::{Connection, Reader, Transaction};

/// A read-only snapshot of the database, and the indexed head in it. Refused unless the index is live ([`require_live`]).
pub(super) struct Snapshot {
    pub tx: Transaction<'static>,
    as_of: AsOf,
    pub contract: Address,
    pub chain_id: u64,
    deployment_block: u64,
    headers_to: Option<u64>,
    tag: HeaderValue,
}

impl<S> FromRequestParts<S> for Snapshot
where
    Reader: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let (mut tx, status) = Reader::from_ref(state).snapshot().await?;
        let status = status.ok_or_else(nothing_indexed)?;
        require_live(&status)?;
        let as_of = read::as_of(&mut tx).await?.ok_or_else(nothing_indexed)?;
        let tag = tag_of(&as_of, parts);
        if matches_tag(&parts.headers, &tag) {
            return Err(ApiError::NotModified(tag));
        }
        Ok(Snapshot {
            tx,
            as_of,
            contract: status.contract,
            chain_id: status.chain_id,
            deployment_block: status.deployment_block,
            headers_to: status.headers_to,
            tag,
        })
    }
}

/// Refuses while the index is still catching up, because an answer from far behind the chain would show revoked grants as if they
/// were in force; and unless the history is known to be the contract's.
pub(super) fn require_live(status: &Status) -> Result<(), ApiError> {
    let indexed = status.indexed_block.map_or("no block".into(), |number| format!("block {number}"));
    match status.phase {
        Phase::Live => Ok(()),
        Phase::Starting => Err(nothing_indexed()),
        Phase::Backfill => {
            Err(ApiError::NotIndexed(format!("{indexed} of {} is indexed; see /status", status.head_block)))
        }
        Phase::Checking => Err(ApiError::NotIndexed(format!(
            "{indexed} of {} is indexed, and the trails from block {} on are still to be compared with the contract's; see \
             /status",
            status.head_block,
            status.unchecked_from.unwrap_or(status.deployment_block)
        ))),
        Phase::Halted => Err(ApiError::DoesNotVerify(status.halted.clone().unwrap_or_default())),
    }
}

pub(super) fn nothing_indexed() -> ApiError {
    ApiError::NotIndexed("no block is indexed yet".into())
}

/// An answer depends on the head's block, on what was asked, and on nothing else. Weak: the encoding may differ.
fn tag_of(as_of: &AsOf, parts: &Parts) -> HeaderValue {
    let accept = parts.headers.get(header::ACCEPT).map_or(&b""[..], HeaderValue::as_bytes);
    let archived = as_of.archived_before.unwrap_or(0).to_be_bytes();
    let asked =
        [as_of.block_hash.as_ref(), &[u8::from(as_of.finalized)], &archived, parts.uri.to_string().as_bytes(), accept]
            .concat();
    let hash = keccak256(&asked);
    let text = hash[..12].iter().fold(String::from("W/\""), |text, byte| text + &format!("{byte:02x}")) + "\"";
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("W/\"\""))
}

fn matches_tag(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let Some(asked) = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()) else { return false };
    asked.split(',').any(|one| one.trim() == tag)
}

impl Snapshot {
    /// The connection.
    pub fn db(&mut self) -> &mut Connection {
        &mut self.tx
    }

    /// The end of the indexed head.
    pub fn head(&self) -> At {
        At { block: self.as_of.block_number, time: self.as_of.timestamp }
    }

    /// The moment asked about: `at=`, or the head.
    pub async fn at(&mut self, asked: Option<AtParam>) -> Result<At, ApiError> {
        let found = match asked {
            None => return Ok(self.head()),
            Some(AtParam::Block(number)) if number > self.as_of.block_number => {
                return Err(self.future(&format!("block {number}")));
            }
            Some(AtParam::Time(time)) if time > self.as_of.timestamp => return Err(self.future(&time.to_string())),
            Some(AtParam::Block(number)) => match read::at_block(&mut self.tx, number).await? {
                None if number >= self.deployment_block => return Err(self.no_header(number)),
                found => found,
            },
            Some(AtParam::Time(time)) => read::at_time(&mut self.tx, time).await?,
        };
        found.ok_or_else(|| {
            let detail = format!("at lies before the contract's deployment in block {}", self.deployment_block);
            ApiError::BadRequest(detail)
        })
    }

    fn no_header(&self, block: u64) -> ApiError {
        let fetched = self.headers_to.map_or("none so far".into(), |number| format!("up to {number} so far"));
        ApiError::NotIndexed(format!(
            "the header of block {block} is not fetched yet ({fetched}): ask by time, or later"
        ))
    }

    fn future(&self, asked: &str) -> ApiError {
        ApiError::BadRequest(format!(
            "at={asked} lies in the future: the index has come to block {} of {}",
            self.as_of.block_number, self.as_of.timestamp
        ))
    }

    /// The answer that is one thing.
    pub fn one<T: Serialize>(self, data: T) -> Response {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct One<T> {
            data: T,
            as_of: AsOf,
        }
        tagged(self.tag, Json(One { data, as_of: self.as_of }))
    }

    /// The answer that is a page of a list in the order of events.
    pub fn page<T: Serialize>(self, rows: Vec<(Position, T)>, limit: Limit) -> Response {
        let (data, page) = cut(rows, limit, |at| Cursor(*at).to_string());
        self.list(data, page, ())
    }

    /// The answer that is a page of a list of viewers.
    pub fn page_of_viewers(self, rows: Vec<(ViewerPlace, Viewer)>, limit: Limit) -> Response {
        let (data, page) = cut(rows, limit, |at| ViewerCursor(*at).to_string());
        self.list(data, page, ())
    }

    /// The answer that is a list, with more beside it.
    pub fn list<T: Serialize, M: Serialize>(self, data: Vec<T>, page: Page, more: M) -> Response {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct List<T, M> {
            data: Vec<T>,
            page: Page,
            #[serde(flatten)]
            more: M,
            as_of: AsOf,
        }
        tagged(self.tag, Json(List { data, page, more, as_of: self.as_of }))
    }

    /// The head, as a header can carry it: for answers without a frame.
    pub fn as_of_header(&self) -> Option<HeaderValue> {
        serde_json::to_string(&self.as_of).ok().and_then(|text| HeaderValue::from_str(&text).ok())
    }
}

fn tagged(tag: HeaderValue, body: impl IntoResponse) -> Response {
    ([(header::ETAG, tag), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))], body).into_response()
}
