//! The accounting of disclosures that patients are owed (45 CFR 164.528), as JSON and as CSV (RFC 4180).

use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::answer::List;
use super::error::ApiError;
use super::extract::{Limit, Params, PathOf};
use super::page::{Cursor, page_of};
use super::snapshot::Question;
use super::stream::{Form, History, Wants, stream};
use crate::model::schema::AnyMoment;
use crate::model::view::{Capacity, Disclosure};
use crate::model::{Address, Moment, plain};
use crate::store::read;

/// How far back an accounting reaches unless told: six years (164.528(a)(1)), in seconds.
const SIX_YEARS: u64 = 6 * 365 * 86_400 + 2 * 86_400;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DisclosureParams {
    /// At or after this time. Unless told, six years before `until`.
    #[param(value_type = Option<AnyMoment>)]
    since: Option<Moment>,
    /// Before this time. Unless told, up to the indexed head.
    #[param(value_type = Option<AnyMoment>)]
    until: Option<Moment>,
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    limit: Limit,
    cursor: Option<Cursor>,
}

/// The accounting of disclosures that patients are owed (45 CFR 164.528): every open by somebody else, oldest first.
///
/// As `text/csv` or `application/x-ndjson`, all of it from `cursor` on in one answer; the head is in `Chartkey-As-Of`.
#[utoipa::path(
    get,
    path = "/v1/patients/{patient}/disclosures",
    operation_id = "listDisclosures",
    tag = "Patients",
    params(("patient" = Address, Path), DisclosureParams),
    responses((status = 200, description = "Opens by others, the oldest first", content(
        (List<Disclosure> = "application/json"), (Disclosure = "application/x-ndjson"), (String = "text/csv")
    )))
)]
pub(super) async fn disclosures(
    PathOf(patient): PathOf<Address>,
    Params(params): Params<DisclosureParams>,
    Wants(form): Wants,
    question: Question,
) -> Result<Response, ApiError> {
    let mut snapshot = question.whole_chart(patient).await?;
    super::patients::require_patient(&mut snapshot, patient).await?;
    // Up to and with the head's block.
    let until = params.until.map_or_else(|| Moment::from_unix(snapshot.head().time.unix() + 1), Ok)?;
    let since = params.since.map_or_else(|| Moment::from_unix(until.unix().saturating_sub(SIX_YEARS)), Ok)?;
    if let (Some(since), Some(until)) = (params.since, params.until)
        && since > until
    {
        return Err(ApiError::BadRequest(format!("since {since} lies after until {until}")));
    }
    if form != Form::Json {
        let whole = History::Disclosures { patient, since, until };
        return stream(snapshot, whole, form, params.cursor.map(|cursor| cursor.0)).await;
    }
    let page = page_of(params.limit, params.cursor);
    let rows = read::disclosures(snapshot.db(), patient, since, until, page).await?;
    snapshot.page(rows, params.limit).await
}

/// A line of the CSV.
#[derive(Serialize)]
pub(super) struct DisclosureLine {
    disclosed_at: String,
    recipient: String,
    capacity: &'static str,
    name: String,
    licence: String,
    specialty: String,
    organisation: String,
    cid: String,
    folder: u32,
    purpose: &'static str,
    via: String,
    block_number: u64,
    transaction_hash: String,
    log_index: u32,
}

impl DisclosureLine {
    /// The names of its fields, as everywhere in the API.
    pub(super) const COLUMNS: [&str; 14] = [
        "disclosedAt",
        "recipient",
        "capacity",
        "name",
        "licence",
        "specialty",
        "organisation",
        "cid",
        "folder",
        "purpose",
        "via",
        "blockNumber",
        "transactionHash",
        "logIndex",
    ];
}

impl From<&Disclosure> for DisclosureLine {
    fn from(disclosure: &Disclosure) -> Self {
        let Disclosure { recipient, position, .. } = disclosure;
        let optional = |text: &Option<String>| text.as_deref().map(plain).unwrap_or_default();
        DisclosureLine {
            disclosed_at: disclosure.disclosed_at.to_string(),
            recipient: recipient.account.to_string(),
            capacity: match recipient.capacity {
                Capacity::Practitioner => "practitioner",
                Capacity::Guardian => "guardian",
            },
            name: optional(&recipient.name),
            licence: optional(&recipient.licence),
            specialty: optional(&recipient.specialty),
            organisation: optional(&recipient.organisation),
            cid: disclosure.cid.to_string(),
            folder: disclosure.folder,
            purpose: disclosure.purpose.name(),
            via: disclosure.via.map(|via| via.to_string()).unwrap_or_default(),
            block_number: position.block_number,
            transaction_hash: position.transaction_hash.map(|hash| hash.to_string()).unwrap_or_default(),
            log_index: position.log_index,
        }
    }
}
