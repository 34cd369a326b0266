//! Care teams.

use axum::response::Response;

use super::error::ApiError;
use super::extract::{Nothing, Params, PathOf};
use super::snapshot::Question;
use crate::model::Address;
use crate::store::read;

/// `GET /v1/teams/{team}`: the team, with its members over time.
#[utoipa::path(get, path = "/v1/teams/{team}")]
pub(super) async fn team(
    PathOf(team): PathOf<Address>,
    Params(Nothing {}): Params<Nothing>,
    question: Question,
) -> Result<Response, ApiError> {
    let mut snapshot = question.public();
    let head = snapshot.head();
    let found = read::team(snapshot.db(), team, head).await?;
    snapshot.one(found.ok_or_else(|| ApiError::NotFound(format!("no registrar made a team {team}")))?).await
}
