//! Care teams.

use axum::response::Response;

use super::answer::One;
use super::error::ApiError;
use super::extract::{Nothing, Params, PathOf};
use super::snapshot::Question;
use crate::model::Address;
use crate::model::view::Team;
use crate::store::read;

/// A care team, with its members over time.
#[utoipa::path(
    get,
    path = "/v1/teams/{team}",
    operation_id = "getTeam",
    tag = "Registry",
    security(()),
    params(("team" = Address, Path)),
    responses((status = 200, description = "The team", body = One<Team>))
)]
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
