//! The public directory, and what a practitioner was granted, can open and did.

use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::answer::{List, One};
use super::error::ApiError;
use super::extract::{AtParam, Limit, Nothing, Params, PathOf, text};
use super::page::{Cursor, cut, page_of};
use super::snapshot::{Question, Snapshot};
use crate::model::Address;
use crate::model::view::{AccessLogEntry, Grant, Practitioner, PractitionerState, Record};
use crate::store::read::{self, DirectoryFilter};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DirectoryParams {
    /// In the name, whatever its case.
    #[serde(default, deserialize_with = "text")]
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$")]
    q: Option<String>,
    /// The whole of it, whatever its case.
    #[serde(default, deserialize_with = "text")]
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$")]
    specialty: Option<String>,
    /// The whole of it, whatever its case.
    #[serde(default, deserialize_with = "text")]
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$")]
    organisation: Option<String>,
    /// At the indexed head.
    state: Option<PractitionerState>,
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    limit: Limit,
    /// `page.next` of the page before: its last account.
    cursor: Option<Address>,
}

/// The public directory.
#[utoipa::path(
    get,
    path = "/v1/practitioners",
    operation_id = "listPractitioners",
    tag = "Practitioners",
    security(()),
    params(DirectoryParams),
    responses((status = 200, description = "Entries in the order of their addresses", body = List<Practitioner>))
)]
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
    snapshot.list(data, page).await
}

/// One entry of the public directory.
#[utoipa::path(
    get,
    path = "/v1/practitioners/{practitioner}",
    operation_id = "getPractitioner",
    tag = "Practitioners",
    security(()),
    params(("practitioner" = Address, Path)),
    responses((status = 200, description = "The entry", body = One<Practitioner>))
)]
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    at: Option<AtParam>,
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    limit: Limit,
    cursor: Option<Cursor>,
}

/// Who granted a practitioner access: the grants and referrals in force that name them or a team of theirs.
#[utoipa::path(
    get,
    path = "/v1/practitioners/{practitioner}/patients",
    operation_id = "listPractitionerPatients",
    tag = "Practitioners",
    params(("practitioner" = Address, Path), ListParams),
    responses((status = 200, description = "Grants in the order they were given", body = List<Grant>))
)]
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

/// What a practitioner can open.
#[utoipa::path(
    get,
    path = "/v1/practitioners/{practitioner}/records",
    operation_id = "listPractitionerRecords",
    tag = "Practitioners",
    params(("practitioner" = Address, Path), ListParams),
    responses((status = 200, description = "Records in the order they were added", body = List<Record>))
)]
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ActivityParams {
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    limit: Limit,
    cursor: Option<Cursor>,
}

/// What a practitioner did, the newest first.
#[utoipa::path(
    get,
    path = "/v1/practitioners/{practitioner}/activity",
    operation_id = "listPractitionerActivity",
    tag = "Practitioners",
    params(("practitioner" = Address, Path), ActivityParams),
    responses((status = 200, description = "Entries, the newest first", body = List<AccessLogEntry>))
)]
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
