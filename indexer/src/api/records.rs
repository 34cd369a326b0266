//! Records by CID, and the judge's verdict on one.

use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::extract::{AtParam, Limit, Params, PathOf};
use super::page::{Cursor, ViewerCursor, page_of, page_of_viewers};
use super::snapshot::Snapshot;
use crate::model::view::Record;
use crate::model::{Address, Digest, Purpose, RecordCid};
use crate::store::read;

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
pub(super) async fn record(
    PathOf(cid): PathOf<RecordCid>,
    Params(params): Params<RecordParams>,
    mut snapshot: Snapshot,
) -> Result<Response, ApiError> {
    let (record, charts) = find(&mut snapshot, cid, params.patient).await?;
    Ok(snapshot.one(RecordAnswer { record, charts }))
}

async fn find(
    snapshot: &mut Snapshot,
    cid: RecordCid,
    patient: Option<Address>,
) -> Result<(Record, Vec<Address>), ApiError> {
    let head = snapshot.head();
    let found = read::record(snapshot.db(), cid.digest, patient, head).await?;
    found.ok_or_else(|| match patient {
        Some(patient) => ApiError::NotFound(format!("the chart of {patient} holds no record {cid}")),
        None => ApiError::NotFound(format!("no chart holds a record {cid}")),
    })
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
pub(super) async fn viewers(
    PathOf(cid): PathOf<RecordCid>,
    Params(params): Params<ViewerParams>,
    mut snapshot: Snapshot,
) -> Result<Response, ApiError> {
    let digest = require(&mut snapshot, cid, params.patient).await?;
    let at = snapshot.at(params.at).await?;
    let page = page_of_viewers(params.limit, params.cursor);
    let rows = read::viewers_of_record(snapshot.db(), digest, params.patient, at, page).await?;
    Ok(snapshot.page_of_viewers(rows, params.limit))
}

/// `GET /v1/records/{cid}/opens`: every open of it by then, newest first.
pub(super) async fn opens(
    PathOf(cid): PathOf<RecordCid>,
    Params(params): Params<ListParams>,
    mut snapshot: Snapshot,
) -> Result<Response, ApiError> {
    let digest = require(&mut snapshot, cid, params.patient).await?;
    let at = snapshot.at(params.at).await?;
    let page = page_of(params.limit, params.cursor);
    let rows = read::opens(snapshot.db(), digest, params.patient, at, page).await?;
    Ok(snapshot.page(rows, params.limit))
}

async fn require(snapshot: &mut Snapshot, cid: RecordCid, patient: Option<Address>) -> Result<Digest, ApiError> {
    find(snapshot, cid, patient).await?;
    Ok(cid.digest)
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
pub(super) async fn can_open(
    Params(params): Params<CanOpenParams>,
    mut snapshot: Snapshot,
) -> Result<Response, ApiError> {
    let CanOpenParams { patient, cid, reader, purpose, via, at } = params;
    let at = snapshot.at(at).await?;
    let via = via.filter(|via| *via != Address::default());
    let verdict = read::can_open(snapshot.db(), patient, cid.digest, reader, via, purpose, at).await?;
    Ok(snapshot.one(verdict))
}
