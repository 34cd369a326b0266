//! The public directory, and what a practitioner was granted, can open and did.

use axum::response::Response;
use serde::Deserialize;

use super::error::ApiError;
use super::extract::{AtParam, Limit, Nothing, Params, PathOf, text};
use super::page::{Cursor, cut, page_of};
use super::snapshot::{Question, Snapshot};
use crate::model::Address;
use crate::model::view::PractitionerState;
use crate::store::read::{self, DirectoryFilter};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DirectoryParams {
    #[serde(default, deserialize_with = "text")]
    q: Option<String>,
    #[serde(default, deserialize_with = "text")]
    specialty: Option<String>,
    #[serde(default, deserialize_with = "text")]
    organisation: Option<String>,
    state: Option<PractitionerState>,
    #[serde(default)]
    limit: Limit,
    /// The last account of the page before.
    cursor: Option<Address>,
}

/// `GET /v1/practitioners`
#[utoipa::path(get, path = "/v1/practitioners")]
pub(super) async fn directory(
    Params(params): Params<DirectoryParams>,
    question: Question,
) -> Result<Response, ApiError> {
    let filter = DirectoryFilter {
        q: params.q,
        specialty: params.specialty,
        organisation: params.organisation,
        state: params.state,
    };
    let mut snapshot = question.public();
    let head = snapshot.head();
    let rows = read::directory(snapshot.db(), &filter, head, params.limit.0 + 1, params.cursor).await?;
    let rows = rows.into_iter().map(|practitioner| (practitioner.address, practitioner)).collect();
    let (data, page) = cut(rows, params.limit, Address::to_string);
    snapshot.list(data, page, ()).await
}

/// `GET /v1/practitioners/{practitioner}`
#[utoipa::path(get, path = "/v1/practitioners/{practitioner}")]
pub(super) async fn practitioner(
    PathOf(account): PathOf<Address>,
    Params(Nothing {}): Params<Nothing>,
    question: Question,
) -> Result<Response, ApiError> {
    let mut snapshot = question.public();
    let head = snapshot.head();
    let found = read::practitioner(snapshot.db(), account, head).await?;
    snapshot.one(found.ok_or_else(|| no_such_practitioner(account))?).await
}

fn no_such_practitioner(account: Address) -> ApiError {
    ApiError::NotFound(format!("no registrar ever vouched for {account}"))
}

async fn require_practitioner(snapshot: &mut Snapshot, account: Address) -> Result<(), ApiError> {
    let head = snapshot.head();
    let found = read::practitioner(snapshot.db(), account, head).await?;
    found.map(|_| ()).ok_or_else(|| no_such_practitioner(account))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParams {
    at: Option<AtParam>,
    #[serde(default)]
    limit: Limit,
    cursor: Option<Cursor>,
}

/// `GET /v1/practitioners/{practitioner}/patients`: the grants and referrals in force that name them or a team of
/// theirs.
#[utoipa::path(get, path = "/v1/practitioners/{practitioner}/patients")]
pub(super) async fn patients(
    PathOf(account): PathOf<Address>,
    Params(params): Params<ListParams>,
    question: Question,
) -> Result<Response, ApiError> {
    let (mut snapshot, only_for) = question.own(account).await?;
    require_practitioner(&mut snapshot, account).await?;
    let at = snapshot.at(params.at).await?;
    let still = only_for.map(|_| snapshot.head());
    let page = page_of(params.limit, params.cursor);
    let rows = read::patients_of_practitioner(snapshot.db(), account, at, still, page).await?;
    snapshot.also_about(rows.iter().map(|(_, grant)| grant.patient));
    snapshot.page(rows, params.limit).await
}

/// `GET /v1/practitioners/{practitioner}/records`: what they can open.
#[utoipa::path(get, path = "/v1/practitioners/{practitioner}/records")]
pub(super) async fn records(
    PathOf(account): PathOf<Address>,
    Params(params): Params<ListParams>,
    question: Question,
) -> Result<Response, ApiError> {
    let (mut snapshot, only_for) = question.own(account).await?;
    require_practitioner(&mut snapshot, account).await?;
    let at = snapshot.at(params.at).await?;
    let still = only_for.map(|_| snapshot.head());
    let page = page_of(params.limit, params.cursor);
    let rows = read::records_of_practitioner(snapshot.db(), account, at, still, page).await?;
    snapshot.also_about(rows.iter().map(|(_, record)| record.patient));
    snapshot.page(rows, params.limit).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActivityParams {
    #[serde(default)]
    limit: Limit,
    cursor: Option<Cursor>,
}

/// `GET /v1/practitioners/{practitioner}/activity`: what they did, newest first.
#[utoipa::path(get, path = "/v1/practitioners/{practitioner}/activity")]
pub(super) async fn activity(
    PathOf(account): PathOf<Address>,
    Params(params): Params<ActivityParams>,
    question: Question,
) -> Result<Response, ApiError> {
    let (mut snapshot, _) = question.own(account).await?;
    require_practitioner(&mut snapshot, account).await?;
    let rows = read::activity(snapshot.db(), account, page_of(params.limit, params.cursor)).await?;
    snapshot.also_about(rows.iter().map(|(_, entry)| entry.subject));
    snapshot.page(rows, params.limit).await
}
