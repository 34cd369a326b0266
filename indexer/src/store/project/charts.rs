//! Patients, their keys, their guardians and their emergency policies.

use sqlx::PgConnection;

use super::{StoreError, place};
use crate::model::{Event, LoggedEvent};

pub(super) async fn insert_patients(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
    let rows: Vec<_> = events
        .iter()
        .filter_map(|e| match &e.event {
            Event::PatientRegistered { patient } => Some((*patient, place(e.log.position))),
            _ => None,
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let patients: Vec<_> = rows.iter().map(|(patient, _)| *patient).collect();
    let (blocks, logs): (Vec<i64>, Vec<i32>) = rows.iter().map(|(_, place)| *place).unzip();
    sqlx::query!(
        "insert into patient (patient, registered_block, registered_log)
         select * from unnest($1::bytea[], $2::bigint[], $3::integer[])",
        &patients as _,
        &blocks,
        &logs,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn insert_keys(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
    let rows: Vec<_> = events
        .iter()
        .filter_map(|e| match &e.event {
            Event::KeyPublished { account, key_id, key } => Some((*account, *key_id, key, place(e.log.position))),
            _ => None,
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let accounts: Vec<_> = rows.iter().map(|row| row.0).collect();
    let ids: Vec<_> = rows.iter().map(|row| row.1).collect();
    let suites: Vec<i16> = rows.iter().map(|row| row.2.suite.into()).collect();
    let keys: Vec<&[u8]> = rows.iter().map(|row| row.2.bytes.as_slice()).collect();
    let (blocks, logs): (Vec<i64>, Vec<i32>) = rows.iter().map(|row| row.3).unzip();
    sqlx::query!(
        "insert into account_key (account, version, suite, key, key_id, published_block, published_log)
         select k.account,
                row_number() over (partition by k.account order by k.block, k.log)
                    + coalesce((select max(version) from account_key held where held.account = k.account), 0),
                k.suite, k.key, k.key_id, k.block, k.log
         from unnest($1::bytea[], $2::smallint[], $3::bytea[], $4::bytea[], $5::bigint[], $6::integer[])
              k(account, suite, key, key_id, block, log)",
        &accounts as _,
        &suites,
        &keys as _,
        &ids as _,
        &blocks,
        &logs,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends the term that the guardian had, if any, and begins the new one.
pub(super) async fn change_guardian(db: &mut PgConnection, e: &LoggedEvent) -> Result<(), StoreError> {
    let (guardian, ends_at) = match &e.event {
        Event::GuardianSet { guardian, until, .. } => (guardian, Some(*until)),
        Event::GuardianRemoved { guardian, .. } => (guardian, None),
        _ => return Ok(()),
    };
    let (block, log) = place(e.log.position);
    sqlx::query!(
        "update guardian set until_block = $3, until_log = $4, end_reason = $5
         where patient = $1 and guardian = $2 and until_block is null",
        e.subject as _,
        guardian as _,
        block,
        log,
        if ends_at.is_some() { "replaced" } else { "removed" },
    )
    .execute(&mut *db)
    .await?;
    let Some(ends_at) = ends_at else { return Ok(()) };
    sqlx::query!(
        "insert into guardian (patient, guardian, from_block, from_log, ends_at) values ($1, $2, $3, $4, $5)",
        e.subject as _,
        guardian as _,
        block,
        log,
        ends_at as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends the policy that held, if any, and begins the new one.
pub(super) async fn change_policy(db: &mut PgConnection, e: &LoggedEvent) -> Result<(), StoreError> {
    let Event::EmergencyPolicySet { duration, .. } = &e.event else { return Ok(()) };
    let (block, log) = place(e.log.position);
    sqlx::query!(
        "update emergency_policy set until_block = $2, until_log = $3 where patient = $1 and until_block is null",
        e.subject as _,
        block,
        log,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "insert into emergency_policy (patient, from_block, from_log, duration) values ($1, $2, $3, $4)",
        e.subject as _,
        block,
        log,
        duration.cast_signed(),
    )
    .execute(db)
    .await?;
    Ok(())
}
