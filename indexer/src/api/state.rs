//! The state at a moment, whole.

use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::error::ApiError;
use super::extract::{AtParam, Params};
use super::snapshot::Question;
use super::stream::{Form, WantsLines, Whole, line, lines, stream};
use crate::model::view::{StateHead, StateLine};
use crate::store::Connection;
use crate::store::read::{self, At, PageOf, StatePlace};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StateParams {
    at: Option<AtParam>,
}

/// Everything in force at a moment, whole: roles, credentials, teams, charts, records and grants, a line each. The first line says
/// which moment it is.
///
/// It tells who could see what then, and is what a replay of `/v1/events` up to then gives. Practitioners are told in whichever
/// state they were, and records that were corrected or retracted too.
#[utoipa::path(
    get,
    path = "/v1/state",
    operation_id = "getState",
    tag = "History",
    params(StateParams),
    responses((status = 200, description = "What was in force, a line a fact", body = StateLine, content_type = "application/x-ndjson"))
)]
pub(super) async fn state(
    Params(params): Params<StateParams>,
    _: WantsLines,
    question: Question,
) -> Result<Response, ApiError> {
    let mut snapshot = question.everything().await?;
    let at = snapshot.at(params.at).await?;
    let domain = snapshot.domain();
    let head = StateHead {
        chain_id: domain.chain_id,
        contract: domain.contract,
        block_number: at.block,
        timestamp: at.time,
        as_of: snapshot.as_of.clone(),
    };
    stream(snapshot, State { head, at }, Form::Ndjson, None).await
}

struct State {
    head: StateHead,
    at: At,
}

impl Whole for State {
    type Place = StatePlace;

    fn head(&self, _: Form) -> anyhow::Result<String> {
        line(&StateLine::Head(self.head.clone()))
    }

    async fn page(
        &self,
        db: &mut Connection,
        _: Form,
        page: PageOf<StatePlace>,
    ) -> anyhow::Result<Option<(StatePlace, String)>> {
        lines(read::state(db, self.at, page).await?)
    }
}
