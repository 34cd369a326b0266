//! Records by CID, and the judge's verdict on one.

use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{List, One};
use super::error::ApiError;
use super::extract::{AtParam, Limit, Params, PathOf};
use super::page::{Cursor, ViewerCursor, page_of, page_of_viewers};
use super::snapshot::{Question, Snapshot};
use crate::model::schema::AnyCid;
use crate::model::view::{AccessLogEntry, CanOpen, Record, Viewer};
use crate::model::{Address, Purpose, RecordCid};
use crate::store::read::{self, ChartAccess};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RecordParams {
    /// Whose chart, where several hold the CID.
    patient: Option<Address>,
}

/// A record; and every chart that holds the same CID, because nothing stops somebody from adding a CID seen in another's.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecordInCharts {
    #[serde(flatten)]
    record: Record,
    /// Every chart that holds the CID, as far as they are the caller's to see.
    charts: Vec<Address>,
}

/// A record, in the chart of `patient` or the first one that held it.
///
/// `charts` names each chart that holds the same CID, as far as they are the caller's to see: nothing stops somebody from adding a CID
/// seen in another's.
#[utoipa::path(
    get,
    path = "/v1/records/{cid}",
    operation_id = "getRecord",
    tag = "Records",
    params(("cid" = AnyCid, Path), RecordParams),
    responses((status = 200, description = "The record, and which charts hold it", body = One<RecordInCharts>))
)]
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
    snapshot.one(RecordInCharts { record, charts }).await
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// Whose chart, where several hold the CID.
    patient: Option<Address>,
    at: Option<AtParam>,
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    limit: Limit,
    cursor: Option<Cursor>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ViewerParams {
    /// Whose chart, where several hold the CID.
    patient: Option<Address>,
    at: Option<AtParam>,
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    limit: Limit,
    cursor: Option<ViewerCursor>,
}

/// Who can see a record, besides the patient: in every chart that holds it, or in `patient`'s.
#[utoipa::path(
    get,
    path = "/v1/records/{cid}/viewers",
    operation_id = "listRecordViewers",
    tag = "Records",
    params(("cid" = AnyCid, Path), ViewerParams),
    responses((status = 200, description = "One row for each way to see it", body = List<Viewer>))
)]
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

/// Every open of a record by then, the newest first.
#[utoipa::path(
    get,
    path = "/v1/records/{cid}/opens",
    operation_id = "listRecordOpens",
    tag = "Records",
    params(("cid" = AnyCid, Path), ListParams),
    responses((status = 200, description = "Opens, the newest first", body = List<AccessLogEntry>))
)]
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CanOpenParams {
    /// Whose chart.
    patient: Address,
    /// The record.
    #[param(value_type = AnyCid)]
    cid: RecordCid,
    /// Who would open it.
    reader: Address,
    /// What for.
    purpose: Purpose,
    /// Through whom: a care team, a referrer, or the patient for whom a guardian acts. None or zero: by themselves.
    via: Option<Address>,
    at: Option<AtParam>,
}

/// Whether a reader may open a record, and why not: the same verdict as the contract's `whyNot`.
///
/// Unknown accounts and records are verdicts here, not errors.
#[utoipa::path(
    get,
    path = "/v1/can-open",
    operation_id = "canOpen",
    tag = "Records",
    params(CanOpenParams),
    responses((status = 200, description = "The verdict", body = One<CanOpen>))
)]
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
