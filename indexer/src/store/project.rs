//! What follows from events: the rows of migrations/0002_charts.sql. Bulk kinds by set, in the order rows are needed; the
//! directory, which changes rarely and where each row builds on the one before it, one by one.

use sqlx::PgConnection;

use super::StoreError;
use crate::model::{DirectoryEntry, Event, LoggedEvent, Moment, Position};

/// Applies events that `event` already holds. They are in chain order and not empty.
pub(super) async fn project(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
    insert_patients(db, events).await?;
    insert_keys(db, events).await?;
    insert_records(db, events).await?;
    insert_grants(db, events).await?;
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
    let (first, last) = (first.log.position.block_number.cast_signed(), last.log.position.block_number.cast_signed());
    end_grants(db, first, last).await?;
    void_grants(db, first, last).await?;
    for event in events {
        change_practitioner(db, event).await?;
    }
    Ok(())
}

fn place(position: Position) -> (i64, i32) {
    (position.block_number.cast_signed(), position.log_index.cast_signed())
}

async fn insert_patients(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
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

async fn insert_keys(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
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

async fn insert_records(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
    let (mut patients, mut digests, mut codecs, mut folders) = (vec![], vec![], vec![], vec![]);
    let (mut authors, mut commits, mut sealed, mut places) = (vec![], vec![], vec![], vec![]);
    for e in events {
        if let Event::RecordAdded { digest, author, codec, folder, key_commit, sealed_metadata } = &e.event {
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

async fn insert_grants(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
    let (mut patients, mut grantees, mut scopes, mut actors, mut rights) = (vec![], vec![], vec![], vec![], vec![]);
    let (mut purposes_of, mut ends, mut epochs, mut keys, mut places) = (vec![], vec![], vec![], vec![], vec![]);
    for e in events {
        if let Event::AccessGranted { grantee, scope, actor, rights: bits, purposes, expires_at, epoch, sealed_key } =
            &e.event
        {
            patients.push(e.subject);
            grantees.push(*grantee);
            scopes.push(*scope);
            actors.push(*actor);
            rights.push(i16::from(bits.0));
            purposes_of.push(i32::from(purposes.0));
            ends.push(*expires_at);
            epochs.push(i64::from(*epoch));
            keys.push(sealed_key.as_slice());
            places.push(place(e.log.position));
        }
    }
    if patients.is_empty() {
        return Ok(());
    }
    let (blocks, logs): (Vec<i64>, Vec<i32>) = places.into_iter().unzip();
    sqlx::query!(
        "insert into access_grant (patient, grantee, scope, granted_block, granted_log, actor, rights, purposes,
                                   expires_at, epoch, sealed_key)
         select * from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::integer[], $6::bytea[],
                              $7::smallint[], $8::integer[], $9::timestamptz[], $10::bigint[], $11::bytea[])",
        &patients as _,
        &grantees as _,
        &scopes as _,
        &blocks,
        &logs,
        &actors as _,
        &rights,
        &purposes_of,
        &ends as _,
        &epochs,
        &keys as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends each grant at the first event after it that emptied or overwrote its slot.
async fn end_grants(db: &mut PgConnection, first: i64, last: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "update access_grant g
         set ended_block = e.block_number,
             ended_log = e.log_index,
             end_reason = case e.kind
                 when 'AccessGranted' then 'replaced' when 'AccessRevoked' then 'revoked' else 'renounced' end
         from (
             select distinct on (g.patient, g.grantee, g.scope, g.granted_block, g.granted_log)
                    g.patient, g.grantee, g.scope, g.granted_block, g.granted_log, e.block_number, e.log_index, e.kind
             from event e
             join access_grant g on g.patient = e.subject and g.grantee = e.party and g.scope = e.scope
                 and g.ended_block is null
                 and (g.granted_block, g.granted_log) < (e.block_number, e.log_index)
             where e.block_number between $1 and $2
                 and e.kind in ('AccessGranted', 'AccessRevoked', 'AccessRenounced')
             order by g.patient, g.grantee, g.scope, g.granted_block, g.granted_log, e.block_number, e.log_index
         ) e
         where (g.patient, g.grantee, g.scope, g.granted_block, g.granted_log)
             = (e.patient, e.grantee, e.scope, e.granted_block, e.granted_log)",
        first,
        last,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Voids each grant whose slot was still there at the first "revoke everyone" after it.
async fn void_grants(db: &mut PgConnection, first: i64, last: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "update access_grant g
         set voided_block = e.block_number, voided_log = e.log_index
         from (
             select distinct on (g.patient, g.grantee, g.scope, g.granted_block, g.granted_log)
                    g.patient, g.grantee, g.scope, g.granted_block, g.granted_log, e.block_number, e.log_index
             from event e
             join access_grant g on g.patient = e.subject
                 and g.voided_block is null
                 and (g.granted_block, g.granted_log) < (e.block_number, e.log_index)
                 and (g.ended_block is null or (g.ended_block, g.ended_log) > (e.block_number, e.log_index))
             where e.block_number between $1 and $2 and e.kind = 'EveryoneRevoked'
             order by g.patient, g.grantee, g.scope, g.granted_block, g.granted_log, e.block_number, e.log_index
         ) e
         where (g.patient, g.grantee, g.scope, g.granted_block, g.granted_log)
             = (e.patient, e.grantee, e.scope, e.granted_block, e.granted_log)",
        first,
        last,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What one event changes about a practitioner; what it does not name stays.
#[derive(Default)]
struct Change<'a> {
    valid_until: Option<Moment>,
    suspended: Option<bool>,
    emergency_capable: Option<bool>,
    entry: Option<&'a DirectoryEntry>,
}

async fn change_practitioner(db: &mut PgConnection, e: &LoggedEvent) -> Result<(), StoreError> {
    let change = match &e.event {
        Event::PractitionerRegistered { valid_until, emergency_capable, entry, .. } => Change {
            valid_until: Some(*valid_until),
            suspended: Some(false),
            emergency_capable: Some(*emergency_capable),
            entry: Some(entry),
        },
        Event::PractitionerAmended { entry, .. } => Change { entry: Some(entry), ..Change::default() },
        Event::PractitionerRenewed { valid_until, emergency_capable, .. } => {
            Change { valid_until: Some(*valid_until), emergency_capable: Some(*emergency_capable), ..Change::default() }
        }
        Event::PractitionerSuspended { .. } => Change { suspended: Some(true), ..Change::default() },
        Event::PractitionerReinstated { .. } => Change { suspended: Some(false), ..Change::default() },
        _ => return Ok(()),
    };
    let (block, log) = place(e.log.position);
    sqlx::query!(
        "update practitioner set until_block = $2, until_log = $3 where practitioner = $1 and until_block is null",
        e.event.party() as _,
        block,
        log,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "insert into practitioner (practitioner, from_block, from_log, registrar, valid_until, suspended,
                                   emergency_capable, name, licence, specialty, organisation)
         select $1, $2, $3, $4, coalesce($5, p.valid_until), coalesce($6, p.suspended),
                coalesce($7, p.emergency_capable), coalesce($8, p.name), coalesce($9, p.licence),
                coalesce($10, p.specialty), coalesce($11, p.organisation)
         from (values (1)) always(row)
         left join practitioner p on p.practitioner = $1 and p.until_block = $2 and p.until_log = $3",
        e.event.party() as _,
        block,
        log,
        e.event.actor() as _,
        change.valid_until as _,
        change.suspended,
        change.emergency_capable,
        change.entry.map(|entry| entry.name.as_str()),
        change.entry.map(|entry| entry.licence.as_str()),
        change.entry.map(|entry| entry.specialty.as_str()),
        change.entry.map(|entry| entry.organisation.as_str()),
    )
    .execute(db)
    .await?;
    Ok(())
}
