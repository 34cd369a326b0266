//! Who asked for access, and what became of it.

use sqlx::PgConnection;

use super::{PageOf, corrupt, place, purposes, scope_view};
use crate::model::view::{AccessRequest, RequestState};
use crate::model::{Address, Hash, Malformed, Moment, Position, Scope};
use crate::store::StoreError;

/// A row of `access_request_detail`.
struct RequestRow {
    practitioner: Address,
    scope: Scope,
    scope_codec: Option<i16>,
    purposes: i32,
    note_hash: Hash,
    requested_block: i64,
    requested_log: i32,
    requested_at: Moment,
    requested_block_hash: Hash,
    requested_transaction: Option<Hash>,
    ended_at: Option<Moment>,
    end_reason: Option<String>,
}

impl RequestRow {
    fn view(self, patient: Address) -> Result<(Position, AccessRequest), StoreError> {
        let position = place(
            self.requested_block,
            self.requested_block_hash,
            self.requested_transaction,
            self.requested_log,
            self.requested_at,
        );
        let at = Position { block_number: position.block_number, log_index: position.log_index };
        let request = AccessRequest {
            patient,
            practitioner: self.practitioner,
            scope: scope_view(self.scope, self.scope_codec)?,
            purposes: purposes(self.purposes).names(),
            note_hash: Some(self.note_hash).filter(|hash| *hash != Hash::default()),
            state: parse_state(self.end_reason.as_deref())?,
            requested_at: self.requested_at,
            ended_at: self.ended_at,
            position,
        };
        Ok((at, request))
    }
}

fn parse_state(end_reason: Option<&str>) -> Result<RequestState, StoreError> {
    match end_reason {
        None => Ok(RequestState::Pending),
        Some("granted") => Ok(RequestState::Granted),
        Some("superseded") => Ok(RequestState::Superseded),
        other => Err(corrupt(Malformed(format!("end reason {other:?} of a request")))),
    }
}

/// A patient's requests.
pub async fn requests(
    db: &mut PgConnection,
    patient: Address,
    state: Option<RequestState>,
    page: PageOf<Position>,
) -> Result<Vec<(Position, AccessRequest)>, StoreError> {
    let (after_block, after_log) = page.ascending();
    let state = state.map(|state| match state {
        RequestState::Pending => "pending",
        RequestState::Granted => "granted",
        RequestState::Superseded => "superseded",
    });
    let rows = sqlx::query_as!(
        RequestRow,
        r#"select r.practitioner as "practitioner!: Address", r.scope as "scope!: Scope", r.scope_codec,
                  r.purposes as "purposes!", r.note_hash as "note_hash!: Hash",
                  r.requested_block as "requested_block!", r.requested_log as "requested_log!",
                  r.requested_at as "requested_at!: Moment", r.requested_block_hash as "requested_block_hash!: Hash",
                  r.requested_transaction as "requested_transaction: Hash", r.ended_at as "ended_at: Moment",
                  r.end_reason
           from access_request_detail r
           where r.patient = $1 and ($2::text is null or coalesce(r.end_reason, 'pending') = $2)
               and (r.requested_block, r.requested_log) > ($3, $4)
           order by r.requested_block, r.requested_log limit $5"#,
        patient as _,
        state,
        after_block,
        after_log,
        page.limit(),
    );
    rows.fetch_all(db).await?.into_iter().map(|row| row.view(patient)).collect()
}
