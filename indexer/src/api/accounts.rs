//! Published keys of any account.

use axum::response::Response;

use super::error::ApiError;
use super::extract::{Nothing, Params, PathOf};
use super::page::Page;
use super::snapshot::Question;
use crate::model::Address;
use crate::store::read;

/// `GET /v1/accounts/{account}/keys`: all versions, first to latest, on one page.
#[utoipa::path(get, path = "/v1/accounts/{account}/keys")]
pub(super) async fn keys(
    PathOf(account): PathOf<Address>,
    Params(Nothing {}): Params<Nothing>,
    question: Question,
) -> Result<Response, ApiError> {
    let mut snapshot = question.public();
    let keys = read::keys(snapshot.db(), account).await?;
    if keys.is_empty() {
        return Err(ApiError::NotFound(format!("{account} has published no key")));
    }
    snapshot.list(keys, Page { next: None }, ()).await
}
