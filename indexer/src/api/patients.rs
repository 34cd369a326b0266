//! One chart: summary, records, grants, viewers, access log, requests.

use axum::response::Response;
use serde::Deserialize;
use serde::de::Error as _;
use utoipa::{IntoParams, ToSchema};

use super::answer::{List, One};
use super::error::ApiError;
use super::extract::{AtParam, Limit, Nothing, Params, PathOf, number};
use super::page::{Cursor, LogCursor, ViewerCursor, cut, page_of, page_of_log, page_of_viewers};
use super::snapshot::{Question, Snapshot};
use crate::model::schema::{AnyCid, AnyMoment, text_schema};
use crate::model::view::{AccessLogEntry, AccessRequest, Grant, Patient, Record, RecordStatus, RequestState, Viewer};
use crate::model::{Address, LogKind, Moment, Purpose, RecordCid, Scope};
use crate::store::read::{self, AccessLogFilter, GrantFilter, GrantStateFilter, RecordFilter};

fn no_such_patient(patient: Address) -> ApiError {
    ApiError::NotFound(format!("no patient {patient} is registered"))
}

pub(super) async fn require_patient(snapshot: &mut Snapshot, patient: Address) -> Result<(), ApiError> {
    let exists = read::patient_exists(snapshot.db(), patient).await?;
    exists.then_some(()).ok_or_else(|| no_such_patient(patient))
}

/// A chart in short.
#[utoipa::path(
    get,
    path = "/v1/patients/{patient}",
    operation_id = "getPatient",
    tag = "Patients",
    params(("patient" = Address, Path)),
    responses((status = 200, description = "The chart in short", body = One<Patient>))
)]
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RecordParams {
    /// The patient's own number; 0: in none.
    #[serde(default, deserialize_with = "number")]
    folder: Option<u32>,
    /// Who added it.
    author: Option<Address>,
    /// As it is at the indexed head.
    status: Option<RecordStatus>,
    #[param(value_type = Option<AnyMoment>)]
    since: Option<Moment>,
    #[param(value_type = Option<AnyMoment>)]
    until: Option<Moment>,
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    limit: Limit,
    cursor: Option<Cursor>,
}

/// The records of a chart, in the order they were added.
///
/// A practitioner is shown those that a grant of theirs in force covers.
#[utoipa::path(
    get,
    path = "/v1/patients/{patient}/records",
    operation_id = "listRecords",
    tag = "Patients",
    params(("patient" = Address, Path), RecordParams),
    responses((status = 200, description = "Records in the order they were added", body = List<Record>))
)]
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct GrantParams {
    at: Option<AtParam>,
    /// A practitioner or care team.
    grantee: Option<Address>,
    /// What the grant covers: `chart`, `emergency`, a folder's number, or a record's CID.
    #[serde(default, deserialize_with = "scope")]
    #[param(value_type = Option<ScopeParam>)]
    scope: Option<Scope>,
    /// At that moment: in force, past its end, ended earlier by whatever else, or whatever.
    #[serde(default)]
    #[param(value_type = Option<GrantState>, inline)]
    state: GrantState,
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    limit: Limit,
    cursor: Option<Cursor>,
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(rename_all = "lowercase")]
enum GrantState {
    #[default]
    Active,
    Expired,
    Revoked,
    All,
}

/// A scope as it may be asked by.
pub(super) struct ScopeParam;
text_schema!(
    ScopeParam,
    "ScopeParam",
    "scope",
    None,
    None,
    "`chart`, `emergency`, a folder's number, or a record's CID."
);

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

/// Who was granted what: grants, referrals and emergencies, in the order they were given.
///
/// A practitioner is shown their own and those of their teams, and what they passed on.
#[utoipa::path(
    get,
    path = "/v1/patients/{patient}/grants",
    operation_id = "listGrants",
    tag = "Patients",
    params(("patient" = Address, Path), GrantParams),
    responses((status = 200, description = "Grants in the order they were given", body = List<Grant>))
)]
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ViewerParams {
    at: Option<AtParam>,
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    limit: Limit,
    cursor: Option<ViewerCursor>,
}

/// Who can see what, besides the patient: one row for each way to see. Teams are told by member, with `via`.
#[utoipa::path(
    get,
    path = "/v1/patients/{patient}/viewers",
    operation_id = "listViewers",
    tag = "Patients",
    params(("patient" = Address, Path), ViewerParams),
    responses((status = 200, description = "One row for each way to see", body = List<Viewer>))
)]
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AccessLogParams {
    /// What happened.
    kind: Option<LogKind>,
    /// Who did it.
    actor: Option<Address>,
    /// About this record, or about a grant for it alone.
    #[param(value_type = Option<AnyCid>)]
    cid: Option<RecordCid>,
    /// What a record was opened for.
    purpose: Option<Purpose>,
    #[param(value_type = Option<AnyMoment>)]
    since: Option<Moment>,
    #[param(value_type = Option<AnyMoment>)]
    until: Option<Moment>,
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    limit: Limit,
    cursor: Option<LogCursor>,
}

/// Who did what in a chart, and why, the newest first; with what this API was asked about the patient (`kind` is `Queried`).
#[utoipa::path(
    get,
    path = "/v1/patients/{patient}/access-log",
    operation_id = "listAccessLog",
    tag = "Patients",
    params(("patient" = Address, Path), AccessLogParams),
    responses((status = 200, description = "Entries, the newest first", body = List<AccessLogEntry>))
)]
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
    snapshot.list_also_of(data, page, &queries).await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RequestParams {
    /// What became of it.
    state: Option<RequestState>,
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    limit: Limit,
    cursor: Option<Cursor>,
}

/// Who asked for access, and what became of it.
#[utoipa::path(
    get,
    path = "/v1/patients/{patient}/requests",
    operation_id = "listRequests",
    tag = "Patients",
    params(("patient" = Address, Path), RequestParams),
    responses((status = 200, description = "Requests in the order they were made", body = List<AccessRequest>))
)]
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
