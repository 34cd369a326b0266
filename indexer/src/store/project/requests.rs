//! Access requests, and what answered them.

use sqlx::PgConnection;

use super::{StoreError, place};
use crate::model::{Event, LoggedEvent};

pub(super) async fn insert(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
    let (mut patients, mut practitioners, mut scopes) = (vec![], vec![], vec![]);
    let (mut purposes_of, mut notes, mut places) = (vec![], vec![], vec![]);
    for e in events {
        if let Event::AccessRequested { practitioner, scope, purposes, note_hash } = &e.event {
            patients.push(e.subject);
            practitioners.push(*practitioner);
            scopes.push(*scope);
            purposes_of.push(i32::from(purposes.0));
            notes.push(*note_hash);
            places.push(place(e.log.position));
        }
    }
    if patients.is_empty() {
        return Ok(());
    }
    let (blocks, logs): (Vec<i64>, Vec<i32>) = places.into_iter().unzip();
    sqlx::query!(
        "insert into access_request (patient, practitioner, scope, requested_block, requested_log, purposes, note_hash)
         select * from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::integer[], $6::integer[],
                              $7::bytea[])",
        &patients as _,
        &practitioners as _,
        &scopes as _,
        &blocks,
        &logs,
        &purposes_of,
        &notes as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends each request at the first event after it that grants that practitioner that scope, or asks for it again.
pub(super) async fn end(db: &mut PgConnection, (first, last): (i64, i64)) -> Result<(), StoreError> {
    sqlx::query!(
        "update access_request r
         set ended_block = e.block_number,
             ended_log = e.log_index,
             end_reason = case e.kind when 'AccessGranted' then 'granted' else 'superseded' end
         from (
             select distinct on (r.patient, r.practitioner, r.scope, r.requested_block, r.requested_log)
                    r.patient, r.practitioner, r.scope, r.requested_block, r.requested_log,
                    e.block_number, e.log_index, e.kind
             from event e
             join access_request r on r.patient = e.subject and r.practitioner = e.party and r.scope = e.scope
                 and r.ended_block is null
                 and (r.requested_block, r.requested_log) < (e.block_number, e.log_index)
             where e.block_number between $1 and $2 and e.kind in ('AccessGranted', 'AccessRequested')
             order by r.patient, r.practitioner, r.scope, r.requested_block, r.requested_log, e.block_number, e.log_index
         ) e
         where (r.patient, r.practitioner, r.scope, r.requested_block, r.requested_log)
             = (e.patient, e.practitioner, e.scope, e.requested_block, e.requested_log)",
        first,
        last,
    )
    .execute(db)
    .await?;
    Ok(())
}
