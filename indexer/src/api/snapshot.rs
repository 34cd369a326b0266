//! One request's view of the index, and the frame of its answer.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::error::ApiError;
use super::extract::{AtParam, Limit};
use super::page::{Cursor, Page, ViewerCursor, cut};
use crate::model::view::{AsOf, Viewer};
use crate::model::{Address, Position, keccak256};
use crate::store::read::{self, At, ViewerPlace};
use crate::store::{Connection, Reader, Transaction};

/// A read-only snapshot of the database, and the indexed head in it. Refused while the index is still catching up: an answer
/// from far behind the chain would show revoked grants as if they were in force.
pub(super) struct Snapshot {
    pub tx: Transaction<'static>,
    as_of: AsOf,
    pub contract: Address,
    pub chain_id: u64,
    deployment_block: u64,
    tag: HeaderValue,
}

impl FromRequestParts<Reader> for Snapshot {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, reader: &Reader) -> Result<Self, ApiError> {
        let mut tx = reader.snapshot().await?;
        let status = read::status(&mut tx).await?;
        let (Some(status), Some(as_of)) = (status, read::as_of(&mut tx).await?) else {
            return Err(ApiError::NotIndexed("no block is indexed yet".into()));
        };
        if status.phase != "live" {
            return Err(ApiError::NotIndexed(format!(
                "block {} of {} is indexed; see /status",
                as_of.block_number, status.head_block
            )));
        }
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
            tag,
        })
    }
}

/// An answer depends on the head's block, on what was asked, and on nothing else. Weak: the encoding may differ.
fn tag_of(as_of: &AsOf, parts: &Parts) -> HeaderValue {
    let accept = parts.headers.get(header::ACCEPT).map_or(&b""[..], HeaderValue::as_bytes);
    let asked =
        [as_of.block_hash.as_ref(), &[u8::from(as_of.finalized)], parts.uri.to_string().as_bytes(), accept].concat();
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
            Some(AtParam::Block(number)) => read::at_block(&mut self.tx, number).await?,
            Some(AtParam::Time(time)) => read::at_time(&mut self.tx, time).await?,
        };
        found.ok_or_else(|| {
            let detail = format!("at lies before the contract's deployment in block {}", self.deployment_block);
            ApiError::BadRequest(detail)
        })
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
