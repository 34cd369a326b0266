//! Published keys of any account.

use axum::response::Response;

use super::answer::List;
use super::error::ApiError;
use super::extract::{Nothing, Params, PathOf};
use super::page::Page;
use super::snapshot::Question;
use crate::model::Address;
use crate::model::view::PublishedKey;
use crate::store::read;

/// Every encryption key that an account published, the first to the latest, on one page.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/keys",
    operation_id = "listKeys",
    tag = "Registry",
    security(()),
    params(("account" = Address, Path)),
    responses((status = 200, description = "Keys, the first to the latest, on one page", body = List<PublishedKey>))
)]
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
    snapshot.list(keys, Page { next: None }).await
}
