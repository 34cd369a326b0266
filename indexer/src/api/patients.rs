//! One chart: summary, records, grants, viewers, access log, requests.

use axum::response::Response;
use serde::Deserialize;
use serde::de::Error as _;

use super::error::ApiError;
use super::extract::{AtParam, Limit, Nothing, Params, PathOf, number};
use super::page::{Cursor, LogCursor, ViewerCursor, cut, page_of, page_of_log, page_of_viewers};
use super::snapshot::{Question, Snapshot};
use crate::model::view::{RecordStatus, RequestState};
use crate::model::{Address, LogKind, Moment, Purpose, RecordCid, Scope};
use crate::store::read::{self, AccessLogFilter, GrantFilter, GrantStateFilter, RecordFilter};

fn no_such_patient(patient: Address) -> ApiError {
    ApiError::NotFound(format!("no patient {patient} is registered"))
}

async fn require_patient(snapshot: &mut Snapshot, patient: Address) -> Result<(), ApiError> {
    let exists = read::patient_exists(snapshot.db(), patient).await?;
    exists.then_some(()).ok_or_else(|| no_such_patient(patient))
}

/// `GET /v1/patients/{patient}`
#[utoipa::path(get, path = "/v1/patients/{patient}")]
pub(super) async fn summary(
    PathOf(patient): PathOf<Address>,
    Params(Nothing {}): Params<Nothing>,
    question: Question,
) -> Result<Response, ApiError> {
    let mut snapshot = question.whole_chart(patient).await?;
    let head = snapshot.head();
    let found = read::patient(snapshot.db(), patient, head).await?;
    snapshot.one(found.ok_or_else(|| no_such_patient(patient))?).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordParams {
    #[serde(default, deserialize_with = "number")]
    folder: Option<u32>,
    author: Option<Address>,
    status: Option<RecordStatus>,
    since: Option<Moment>,
    until: Option<Moment>,
    #[serde(default)]
    limit: Limit,
    cursor: Option<Cursor>,
}

/// `GET /v1/patients/{patient}/records`
#[utoipa::path(get, path = "/v1/patients/{patient}/records")]
pub(super) async fn records(
    PathOf(patient): PathOf<Address>,
    Params(params): Params<RecordParams>,
    question: Question,
) -> Result<Response, ApiError> {
    let (mut snapshot, viewer) = question.chart(patient).await?;
    require_patient(&mut snapshot, patient).await?;
    let filter = RecordFilter {
        viewer,
        folder: params.folder,
        author: params.author,
        status: params.status,
        since: params.since,
        until: params.until,
    };
    let head = snapshot.head();
    let page = page_of(params.limit, params.cursor);
    let rows = read::records(snapshot.db(), patient, &filter, head, page).await?;
    snapshot.page(rows, params.limit).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantParams {
    at: Option<AtParam>,
    grantee: Option<Address>,
    #[serde(default, deserialize_with = "scope")]
    scope: Option<Scope>,
    #[serde(default)]
    state: GrantState,
    #[serde(default)]
    limit: Limit,
    cursor: Option<Cursor>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum GrantState {
    #[default]
    Active,
    Expired,
    Revoked,
    All,
}

/// `chart`, `emergency`, a folder's number, or a record's CID.
fn scope<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Scope>, D::Error> {
    let text = String::deserialize(d)?;
    if text == "chart" {
        return Ok(Some(Scope::Chart));
    }
    if text == "emergency" {
        return Ok(Some(Scope::Emergency));
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let folder: u32 = text.parse().unwrap_or(0);
        let wrong = || D::Error::custom(format!("folder '{text}' is not a number from 1 to 4294967295"));
        return if folder == 0 { Err(wrong()) } else { Ok(Some(Scope::Folder(folder))) };
    }
    let cid: RecordCid = text.parse().map_err(|_| {
        D::Error::custom(format!(
            "'{text}' is not a scope: expected chart, emergency, a folder's number or a record's CID"
        ))
    })?;
    Ok(Some(Scope::Record(cid.digest)))
}

/// `GET /v1/patients/{patient}/grants`
#[utoipa::path(get, path = "/v1/patients/{patient}/grants")]
pub(super) async fn grants(
    PathOf(patient): PathOf<Address>,
    Params(params): Params<GrantParams>,
    question: Question,
) -> Result<Response, ApiError> {
    let (mut snapshot, party) = question.chart(patient).await?;
    require_patient(&mut snapshot, patient).await?;
    let at = snapshot.at(params.at).await?;
    let head = snapshot.head();
    let state = match params.state {
        GrantState::Active => GrantStateFilter::Active,
        GrantState::Expired => GrantStateFilter::Expired,
        GrantState::Revoked => GrantStateFilter::Revoked,
        GrantState::All => GrantStateFilter::All,
    };
    let filter =
        GrantFilter { grantee: params.grantee, scope: params.scope, state, party: party.map(|party| (party, head)) };
    let rows = read::grants(snapshot.db(), patient, &filter, at, page_of(params.limit, params.cursor)).await?;
    snapshot.page(rows, params.limit).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewerParams {
    at: Option<AtParam>,
    #[serde(default)]
    limit: Limit,
    cursor: Option<ViewerCursor>,
}

/// `GET /v1/patients/{patient}/viewers`: who can see what, besides the patient.
#[utoipa::path(get, path = "/v1/patients/{patient}/viewers")]
pub(super) async fn viewers(
    PathOf(patient): PathOf<Address>,
    Params(params): Params<ViewerParams>,
    question: Question,
) -> Result<Response, ApiError> {
    let mut snapshot = question.whole_chart(patient).await?;
    require_patient(&mut snapshot, patient).await?;
    let at = snapshot.at(params.at).await?;
    let page = page_of_viewers(params.limit, params.cursor);
    let rows = read::viewers_of_patient(snapshot.db(), patient, at, page).await?;
    snapshot.page_of_viewers(rows, params.limit).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessLogParams {
    kind: Option<LogKind>,
    actor: Option<Address>,
    cid: Option<RecordCid>,
    purpose: Option<Purpose>,
    since: Option<Moment>,
    until: Option<Moment>,
    #[serde(default)]
    limit: Limit,
    cursor: Option<LogCursor>,
}

/// `GET /v1/patients/{patient}/access-log`: newest first, with what the API was asked about the patient.
#[utoipa::path(get, path = "/v1/patients/{patient}/access-log")]
pub(super) async fn access_log(
    PathOf(patient): PathOf<Address>,
    Params(params): Params<AccessLogParams>,
    question: Question,
) -> Result<Response, ApiError> {
    let mut snapshot = question.whole_chart(patient).await?;
    require_patient(&mut snapshot, patient).await?;
    let filter = AccessLogFilter {
        kind: params.kind,
        actor: params.actor,
        digest: params.cid.map(|cid| cid.digest),
        purpose: params.purpose,
        since: params.since,
        until: params.until,
    };
    let page = page_of_log(params.limit, params.cursor);
    let rows = read::access_log(snapshot.db(), patient, &filter, page).await?;
    // What is asked is written down at no block: the log grows between blocks too.
    let queries = read::query_trails(snapshot.db(), patient).await?;
    let (data, page) = cut(rows, params.limit, |at| LogCursor(*at).to_string());
    snapshot.list_also_of(data, page, (), &queries).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestParams {
    state: Option<RequestState>,
    #[serde(default)]
    limit: Limit,
    cursor: Option<Cursor>,
}

/// `GET /v1/patients/{patient}/requests`: who asked for access.
#[utoipa::path(get, path = "/v1/patients/{patient}/requests")]
pub(super) async fn requests(
    PathOf(patient): PathOf<Address>,
    Params(params): Params<RequestParams>,
    question: Question,
) -> Result<Response, ApiError> {
    let mut snapshot = question.whole_chart(patient).await?;
    require_patient(&mut snapshot, patient).await?;
    let page = page_of(params.limit, params.cursor);
    let rows = read::requests(snapshot.db(), patient, params.state, page).await?;
    snapshot.page(rows, params.limit).await
}
