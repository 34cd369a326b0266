//! Published keys of any account.

use axum::response::Response;

use super::error::ApiError;
use super::extract::{Nothing, Params, PathOf};
use super::page::Page;
use super::snapshot::Snapshot;
use crate::model::Address;
use crate::store::read;

/// `GET /v1/accounts/{account}/keys`: all versions, first to latest, on one page.
pub(super) async fn keys(
    PathOf(account): PathOf<Address>,
    Params(Nothing {}): Params<Nothing>,
    mut snapshot: Snapshot,
) -> Result<Response, ApiError> {
    let keys = read::keys(snapshot.db(), account).await?;
    if keys.is_empty() {
        return Err(ApiError::NotFound(format!("{account} has published no key")));
    }
    Ok(snapshot.list(keys, Page { next: None }, ()))
}
