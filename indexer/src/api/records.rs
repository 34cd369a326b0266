//! Records by CID, and the judge's verdict on one.

use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::extract::{AtParam, Limit, Params, PathOf};
use super::page::{Cursor, ViewerCursor, page_of, page_of_viewers};
use super::snapshot::{Question, Snapshot};
use crate::model::view::Record;
use crate::model::{Address, Purpose, RecordCid};
use crate::store::read::{self, ChartAccess};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordParams {
    patient: Option<Address>,
}

/// A record; and every chart that holds the same CID, because nothing stops somebody from adding a CID seen in another's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordAnswer {
    #[serde(flatten)]
    record: Record,
    charts: Vec<Address>,
}

/// `GET /v1/records/{cid}`: in the chart of `patient`, or the first one that held it.
#[utoipa::path(get, path = "/v1/records/{cid}")]
pub(super) async fn record(
    PathOf(cid): PathOf<RecordCid>,
    Params(params): Params<RecordParams>,
    question: Question,
) -> Result<Response, ApiError> {
    let (mut snapshot, charts) = question.record(cid.digest, params.patient, ChartAccess::Covered).await?;
    let Some((patient, access)) = charts.first().copied() else { return Err(no_such_record(cid, params.patient)) };
    let (head, viewer) = (snapshot.head(), snapshot.caller().filter(|_| access == ChartAccess::Covered));
    let record = read::record(snapshot.db(), cid.digest, patient, viewer, head).await?;
    let record = record.ok_or_else(|| no_such_record(cid, Some(patient)))?;
    let charts = charts.into_iter().map(|(patient, _)| patient).collect();
    snapshot.one(RecordAnswer { record, charts }).await
}

fn no_such_record(cid: RecordCid, patient: Option<Address>) -> ApiError {
    match patient {
        Some(patient) => ApiError::NotFound(format!("the chart of {patient} holds no record {cid}")),
        None => ApiError::NotFound(format!("no chart holds a record {cid}")),
    }
}

/// What there is about a record besides itself is for those who see a whole chart that holds it.
async fn in_whole_charts(
    question: Question,
    cid: RecordCid,
    patient: Option<Address>,
) -> Result<(Snapshot, Vec<Address>), ApiError> {
    let (snapshot, charts) = question.record(cid.digest, patient, ChartAccess::Whole).await?;
    let charts: Vec<_> = charts.into_iter().map(|(patient, _)| patient).collect();
    if charts.is_empty() { Err(no_such_record(cid, patient)) } else { Ok((snapshot, charts)) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParams {
    patient: Option<Address>,
    at: Option<AtParam>,
    #[serde(default)]
    limit: Limit,
    cursor: Option<Cursor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewerParams {
    patient: Option<Address>,
    at: Option<AtParam>,
    #[serde(default)]
    limit: Limit,
    cursor: Option<ViewerCursor>,
}

/// `GET /v1/records/{cid}/viewers`: who can see it, besides the patient, in every chart that holds it or in `patient`'s.
#[utoipa::path(get, path = "/v1/records/{cid}/viewers")]
pub(super) async fn viewers(
    PathOf(cid): PathOf<RecordCid>,
    Params(params): Params<ViewerParams>,
    question: Question,
) -> Result<Response, ApiError> {
    let (mut snapshot, charts) = in_whole_charts(question, cid, params.patient).await?;
    let at = snapshot.at(params.at).await?;
    let page = page_of_viewers(params.limit, params.cursor);
    let rows = read::viewers_of_record(snapshot.db(), cid.digest, &charts, at, page).await?;
    snapshot.page_of_viewers(rows, params.limit).await
}

/// `GET /v1/records/{cid}/opens`: every open of it by then, newest first.
#[utoipa::path(get, path = "/v1/records/{cid}/opens")]
pub(super) async fn opens(
    PathOf(cid): PathOf<RecordCid>,
    Params(params): Params<ListParams>,
    question: Question,
) -> Result<Response, ApiError> {
    let (mut snapshot, charts) = in_whole_charts(question, cid, params.patient).await?;
    let at = snapshot.at(params.at).await?;
    let page = page_of(params.limit, params.cursor);
    let rows = read::opens(snapshot.db(), cid.digest, &charts, at, page).await?;
    snapshot.page(rows, params.limit).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CanOpenParams {
    patient: Address,
    cid: RecordCid,
    reader: Address,
    purpose: Purpose,
    via: Option<Address>,
    at: Option<AtParam>,
}

/// `GET /v1/can-open`: the contract's verdict. Unknown accounts and records are verdicts here, not errors.
#[utoipa::path(get, path = "/v1/can-open")]
pub(super) async fn can_open(Params(params): Params<CanOpenParams>, question: Question) -> Result<Response, ApiError> {
    let CanOpenParams { patient, cid, reader, purpose, via, at } = params;
    let (mut snapshot, only_for) = question.chart(patient).await?;
    if only_for.is_some_and(|account| account != reader) {
        return Err(ApiError::NotYours);
    }
    snapshot.about_record(Some(cid.digest));
    let at = snapshot.at(at).await?;
    let via = via.filter(|via| *via != Address::default());
    let verdict = read::can_open(snapshot.db(), patient, cid.digest, reader, via, purpose, at).await?;
    snapshot.one(verdict).await
}
