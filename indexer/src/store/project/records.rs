//! Records, and what became of them.

use sqlx::PgConnection;

use super::{StoreError, place};
use crate::model::{Event, LoggedEvent};

pub(super) async fn insert(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
    let (mut patients, mut digests, mut codecs, mut folders) = (vec![], vec![], vec![], vec![]);
    let (mut authors, mut commits, mut sealed, mut places) = (vec![], vec![], vec![], vec![]);
    for e in events {
        if let Event::RecordAdded { digest, author, codec, folder, key_commit, sealed_metadata, .. } = &e.event {
            patients.push(e.subject);
            digests.push(*digest);
            codecs.push(i16::from(codec.code()));
            folders.push(i64::from(*folder));
            authors.push(*author);
            commits.push(*key_commit);
            sealed.push(sealed_metadata.as_slice());
            places.push(place(e.log.position));
        }
    }
    if patients.is_empty() {
        return Ok(());
    }
    let (blocks, logs): (Vec<i64>, Vec<i32>) = places.into_iter().unzip();
    sqlx::query!(
        "insert into record (patient, digest, codec, folder, author, key_commit, sealed_metadata, added_block, added_log)
         select * from unnest($1::bytea[], $2::bytea[], $3::smallint[], $4::bigint[], $5::bytea[], $6::bytea[],
                              $7::bytea[], $8::bigint[], $9::integer[])",
        &patients as _,
        &digests as _,
        &codecs,
        &folders,
        &authors as _,
        &commits as _,
        &sealed as _,
        &blocks,
        &logs,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Marks records that were corrected; their successors are there.
pub(super) async fn supersede(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
    let (mut patients, mut digests, mut successors, mut places) = (vec![], vec![], vec![], vec![]);
    for e in events {
        if let Event::RecordSuperseded { digest, successor, .. } = &e.event {
            patients.push(e.subject);
            digests.push(*digest);
            successors.push(*successor);
            places.push(place(e.log.position));
        }
    }
    if patients.is_empty() {
        return Ok(());
    }
    let (blocks, logs): (Vec<i64>, Vec<i32>) = places.into_iter().unzip();
    sqlx::query!(
        "update record r
         set superseded_block = e.block, superseded_log = e.log, superseded_by = e.successor
         from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::integer[])
              e(patient, digest, successor, block, log)
         where r.patient = e.patient and r.digest = e.digest",
        &patients as _,
        &digests as _,
        &successors as _,
        &blocks,
        &logs,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Marks records that were entered in error.
pub(super) async fn retract(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
    let (mut patients, mut digests, mut places) = (vec![], vec![], vec![]);
    for e in events {
        if let Event::RecordRetracted { digest, .. } = &e.event {
            patients.push(e.subject);
            digests.push(*digest);
            places.push(place(e.log.position));
        }
    }
    if patients.is_empty() {
        return Ok(());
    }
    let (blocks, logs): (Vec<i64>, Vec<i32>) = places.into_iter().unzip();
    sqlx::query!(
        "update record r
         set retracted_block = e.block, retracted_log = e.log
         from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::integer[]) e(patient, digest, block, log)
         where r.patient = e.patient and r.digest = e.digest",
        &patients as _,
        &digests as _,
        &blocks,
        &logs,
    )
    .execute(db)
    .await?;
    Ok(())
}
