//! Grants and referrals, and how they ended. What breaking the glass gives is a grant of the emergency's scope.

use sqlx::PgConnection;

use super::{Address, StoreError, place};
use crate::model::{Event, LoggedEvent, Moment, Purpose, Purposes, Rights, Scope};

/// A grant's terms, as an event gives them.
struct Terms<'a> {
    grantee: Address,
    scope: Scope,
    rights: Rights,
    purposes: Purposes,
    expires_at: Moment,
    epoch: u32,
    sealed_key: &'a [u8],
}

fn terms(event: &Event) -> Option<Terms<'_>> {
    match event {
        Event::AccessGranted { grantee, scope, rights, purposes, expires_at, epoch, sealed_key, .. } => Some(Terms {
            grantee: *grantee,
            scope: *scope,
            rights: *rights,
            purposes: *purposes,
            expires_at: *expires_at,
            epoch: *epoch,
            sealed_key,
        }),
        Event::GlassBroken { practitioner, expires_at, epoch } => Some(Terms {
            grantee: *practitioner,
            scope: Scope::Emergency,
            rights: Rights::READ,
            purposes: Purposes::only(Purpose::Btg),
            expires_at: *expires_at,
            epoch: *epoch,
            sealed_key: &[],
        }),
        _ => None,
    }
}

pub(super) async fn insert(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
    let rows: Vec<_> = events.iter().filter_map(|e| terms(&e.event).map(|terms| (e, terms))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let patients: Vec<Address> = rows.iter().map(|(e, _)| e.subject).collect();
    let actors: Vec<Address> = rows.iter().map(|(e, _)| e.event.actor()).collect();
    let (blocks, logs): (Vec<i64>, Vec<i32>) = rows.iter().map(|(e, _)| place(e.log.position)).unzip();
    let grantees: Vec<Address> = rows.iter().map(|(_, terms)| terms.grantee).collect();
    let scopes: Vec<Scope> = rows.iter().map(|(_, terms)| terms.scope).collect();
    let rights: Vec<i16> = rows.iter().map(|(_, terms)| terms.rights.0.into()).collect();
    let purposes: Vec<i32> = rows.iter().map(|(_, terms)| terms.purposes.0.into()).collect();
    let ends: Vec<Moment> = rows.iter().map(|(_, terms)| terms.expires_at).collect();
    let epochs: Vec<i64> = rows.iter().map(|(_, terms)| terms.epoch.into()).collect();
    let keys: Vec<&[u8]> = rows.iter().map(|(_, terms)| terms.sealed_key).collect();
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
        &purposes,
        &ends as _,
        &epochs,
        &keys as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Referrals, each with its parent: the latest grant of the referrer's of that scope by then, which the contract found
/// in force. The chart's epoch was the parent's.
pub(super) async fn insert_referrals(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
    let (mut patients, mut grantees, mut scopes, mut referrers, mut parents) = (vec![], vec![], vec![], vec![], vec![]);
    let (mut rights_of, mut purposes_of, mut ends, mut keys, mut places) = (vec![], vec![], vec![], vec![], vec![]);
    for e in events {
        if let Event::AccessReferred { grantee, scope, referrer, parent, rights, purposes, expires_at, sealed_key } =
            &e.event
        {
            patients.push(e.subject);
            grantees.push(*grantee);
            scopes.push(*scope);
            referrers.push(*referrer);
            parents.push(*parent);
            rights_of.push(i16::from(rights.0));
            purposes_of.push(i32::from(purposes.0));
            ends.push(*expires_at);
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
                                   expires_at, epoch, sealed_key,
                                   referrer, parent_scope, parent_granted_block, parent_granted_log)
         select r.patient, r.grantee, r.scope, r.block, r.log, r.referrer, r.rights, r.purposes,
                r.expires_at, p.epoch, r.sealed_key,
                r.referrer, r.parent, p.granted_block, p.granted_log
         from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::integer[], $6::bytea[], $7::bytea[],
                     $8::smallint[], $9::integer[], $10::timestamptz[], $11::bytea[])
              r(patient, grantee, scope, block, log, referrer, parent, rights, purposes, expires_at, sealed_key)
         left join lateral (
             select granted_block, granted_log, epoch
             from access_grant g
             where g.patient = r.patient and g.grantee = r.referrer and g.scope = r.parent and g.referrer is null
                 and (g.granted_block, g.granted_log) < (r.block, r.log)
             order by g.granted_block desc, g.granted_log desc limit 1
         ) p on true",
        &patients as _,
        &grantees as _,
        &scopes as _,
        &blocks,
        &logs,
        &referrers as _,
        &parents as _,
        &rights_of,
        &purposes_of,
        &ends as _,
        &keys as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends each grant at the first event after it that emptied or overwrote its slot.
pub(super) async fn end(db: &mut PgConnection, (first, last): (i64, i64)) -> Result<(), StoreError> {
    sqlx::query!(
        "update access_grant g
         set ended_block = e.block_number,
             ended_log = e.log_index,
             end_reason = case e.kind
                 when 'AccessGranted' then 'replaced' when 'GlassBroken' then 'replaced'
                 when 'AccessReferred' then 'replaced'
                 when 'AccessRevoked' then 'revoked' when 'AccessRenounced' then 'renounced'
                 else case e.actor when g.grantee then 'renounced' else 'revoked' end
             end
         from (
             select distinct on (g.patient, g.grantee, g.scope, g.granted_block, g.granted_log)
                    g.patient, g.grantee, g.scope, g.granted_block, g.granted_log, e.block_number, e.log_index,
                    e.kind, e.actor
             from event e
             join access_grant g on g.patient = e.subject and g.grantee = e.party and g.scope = e.scope
                 -- The referrer of a referral; no other of these kinds has a via.
                 and g.referrer is not distinct from e.via
                 and g.ended_block is null
                 and (g.granted_block, g.granted_log) < (e.block_number, e.log_index)
             where e.block_number between $1 and $2
                 and e.kind in ('AccessGranted', 'AccessRevoked', 'AccessRenounced', 'GlassBroken',
                                'AccessReferred', 'ReferralEnded')
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
pub(super) async fn void(db: &mut PgConnection, (first, last): (i64, i64)) -> Result<(), StoreError> {
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
