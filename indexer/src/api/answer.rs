//! The frames of answers, and their tags.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use super::extract::Limit;
use super::page::{Cursor, Page, ViewerCursor, cut};
use super::snapshot::{Asked, Snapshot};
use crate::model::view::{AsOf, Viewer};
use crate::model::{Address, Hash, Position, keccak256};
use crate::store::read::ViewerPlace;

/// What says that a caller's copy of an answer is current. Weak: the encoding may differ.
pub(super) struct Tag(HeaderValue);

impl Tag {
    /// An answer depends on the head's block, on who asks and on what was asked, on `more`, and on nothing else.
    fn of(as_of: &AsOf, caller: Option<Address>, asked: &Asked, more: &[Hash]) -> Self {
        let archived = as_of.archived_before.unwrap_or(0).to_be_bytes();
        let caller = caller.map_or_else(Vec::new, |account| account.0.to_vec());
        let more: Vec<u8> = more.iter().flat_map(|hash| hash.0).collect();
        let all = [
            as_of.block_hash.as_ref(),
            &[u8::from(as_of.finalized)],
            &archived,
            &[u8::from(caller.is_empty())],
            &caller,
            &more,
            &asked.accept,
            &[0],
            asked.uri.as_bytes(),
        ]
        .concat();
        let hash = keccak256(&all);
        let text = hash[..12].iter().fold(String::from("W/\""), |text, byte| text + &format!("{byte:02x}")) + "\"";
        Tag(HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("W/\"\"")))
    }
}

/// Whether the caller's copy, as `If-None-Match` names it, is the one with this tag.
pub(super) fn is_current(tag: &HeaderValue, if_none_match: Option<&HeaderValue>) -> bool {
    let tags = if_none_match.and_then(|value| value.to_str().ok());
    tags.is_some_and(|tags| tags.split(',').any(|one| one.trim() == tag))
}

/// JSON with its tag, or that the caller's copy is current.
pub(super) fn tagged(asked: &Asked, tag: Tag, json: Vec<u8>) -> Response {
    let headers =
        [(header::ETAG, tag.0.clone()), (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))];
    if is_current(&tag.0, asked.if_none_match.as_ref()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], json).into_response()
}

/// An answer that is one thing.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct One<T> {
    data: T,
    as_of: AsOf,
}

/// An answer that is a page of a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct List<T> {
    data: Vec<T>,
    page: Page,
    as_of: AsOf,
}

impl Snapshot {
    /// The answer that is one thing.
    pub async fn one<T: Serialize>(self, data: T) -> Result<Response, ApiError> {
        let as_of = self.as_of.clone();
        self.framed(&One { data, as_of }, &[]).await
    }

    /// The answer that is a page of a list in the order of events.
    pub async fn page<T: Serialize>(self, rows: Vec<(Position, T)>, limit: Limit) -> Result<Response, ApiError> {
        let (data, page) = cut(rows, limit, |at| Cursor(*at).to_string());
        self.list(data, page).await
    }

    /// The answer that is a page of a list of viewers.
    pub async fn page_of_viewers(self, rows: Vec<(ViewerPlace, Viewer)>, limit: Limit) -> Result<Response, ApiError> {
        let (data, page) = cut(rows, limit, |at| ViewerCursor(*at).to_string());
        self.list(data, page).await
    }

    /// The answer that is a list.
    pub async fn list<T: Serialize>(self, data: Vec<T>, page: Page) -> Result<Response, ApiError> {
        self.list_also_of(data, page, &[]).await
    }

    /// The same, where the answer depends on more than the head's block.
    pub async fn list_also_of<T: Serialize>(self, data: Vec<T>, page: Page, of: &[Hash]) -> Result<Response, ApiError> {
        let as_of = self.as_of.clone();
        self.framed(&List { data, page, as_of }, of).await
    }

    /// The answer in a frame of its own, which depends on the head's block and on `of`.
    pub async fn framed<T: Serialize>(self, frame: &T, of: &[Hash]) -> Result<Response, ApiError> {
        let json = serde_json::to_vec(frame).map_err(|e| ApiError::Internal(e.to_string()))?;
        let tag = Tag::of(&self.as_of, self.caller(), &self.asked, of);
        let asked = self.write_down().await?;
        Ok(tagged(&asked, tag, json))
    }

    /// The head, as a header can carry it: for answers without a frame.
    pub fn as_of_header(&self) -> Option<HeaderValue> {
        serde_json::to_string(&self.as_of).ok().and_then(|text| HeaderValue::from_str(&text).ok())
    }
}
