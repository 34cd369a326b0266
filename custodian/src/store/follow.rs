//! What final blocks say, and what was seen before it was final.

use super::{Connection, End, fixed, signed, unsigned};
use crate::chain::{Block, Event, Granted, Located};

/// The last final block that was read.
pub async fn cursor(db: &mut Connection) -> sqlx::Result<Block> {
    let row = sqlx::query!("select block, hash, timestamp from custodian.chain").fetch_one(db).await?;
    Ok(Block { number: unsigned(row.block), hash: fixed(row.hash)?, timestamp: unsigned(row.timestamp) })
}

/// Takes up the events of final blocks up to `to`. Inside a transaction of the caller's.
pub async fn apply(db: &mut Connection, events: &[Located], to: &Block) -> sqlx::Result<()> {
    for event in events {
        apply_one(db, event).await?;
    }
    sqlx::query!(
        "update custodian.chain set block = $1, hash = $2, timestamp = $3",
        signed(to.number),
        &to.hash[..],
        signed(to.timestamp)
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn apply_one(db: &mut Connection, located: &Located) -> sqlx::Result<()> {
    let block = signed(located.block);
    match &located.event {
        Event::Granted { patient, grantee, scope, granted } => {
            end_slot(db, [&patient.0, &grantee.0, &scope.0], block, End::Replaced).await?;
            match granted {
                Some(granted) => grant(db, granted, located).await,
                None => Ok(()),
            }
        }
        Event::Revoked { patient, grantee, scope } => {
            end_slot(db, [&patient.0, &grantee.0, &scope.0], block, End::Revoked).await
        }
        Event::Renounced { patient, grantee, scope } => {
            end_slot(db, [&patient.0, &grantee.0, &scope.0], block, End::Renounced).await
        }
        Event::EveryoneRevoked { patient, epoch } => {
            sqlx::query!(
                "update custodian.access_grant set ended_block = $3, end_reason = $4
                 where patient = $1 and epoch < $2 and ended_block is null",
                &patient.0[..],
                i64::from(*epoch),
                block,
                i16::from(End::EveryoneRevoked.byte())
            )
            .execute(&mut *db)
            .await?;
            sqlx::query!(
                "insert into custodian.chart_epoch (patient, epoch, block) values ($1, $2, $3)
                 on conflict (patient) do update set epoch = excluded.epoch, block = excluded.block",
                &patient.0[..],
                i64::from(*epoch),
                block
            )
            .execute(db)
            .await?;
            Ok(())
        }
        Event::Opened(opened) => {
            sqlx::query!(
                "insert into custodian.opened (patient, digest, reader, via, purpose, nonce, block, hash, log_index)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                &opened.patient.0[..],
                &opened.digest.0[..],
                &opened.reader.0[..],
                &opened.via.0[..],
                i16::from(opened.purpose),
                &opened.nonce[..],
                block,
                &located.hash[..],
                signed(located.log_index)
            )
            .execute(db)
            .await?;
            Ok(())
        }
        Event::KeyPublished { account, key } => {
            sqlx::query!(
                "insert into custodian.published_key (account, block, log_index, key) values ($1, $2, $3, $4)",
                &account.0[..],
                block,
                signed(located.log_index),
                key
            )
            .execute(db)
            .await?;
            Ok(())
        }
    }
}

async fn grant(db: &mut Connection, granted: &Granted, located: &Located) -> sqlx::Result<()> {
    let terms = &granted.terms;
    sqlx::query!(
        "insert into custodian.access_grant
             (grant_id, patient, grantee, scope, rights, purposes, expires_at, epoch, granted_block)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (grant_id) do update set ended_block = null, end_reason = null, granted_block = excluded.granted_block
             where access_grant.end_reason = $10",
        &granted.id.0[..],
        &terms.patient.0[..],
        &terms.grantee.0[..],
        &terms.scope.0[..],
        i16::from(terms.rights),
        i32::from(terms.purposes),
        signed(terms.expires_at),
        i64::from(terms.epoch),
        signed(located.block),
        i16::from(End::Replaced.byte())
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn end_slot(db: &mut Connection, slot: [&[u8]; 3], block: i64, end: End) -> sqlx::Result<()> {
    sqlx::query!(
        "update custodian.access_grant set ended_block = $4, end_reason = $5
         where patient = $1 and grantee = $2 and scope = $3 and ended_block is null",
        slot[0],
        slot[1],
        slot[2],
        block,
        i16::from(end.byte())
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Remembers the ends of grants in blocks that are not final.
pub async fn sight(db: &mut Connection, events: &[Located]) -> sqlx::Result<()> {
    for Located { block, event, .. } in events {
        let (patient, grantee, scope, end): (_, &[u8], &[u8], _) = match event {
            Event::Granted { patient, grantee, scope, .. } => (patient, &grantee.0, &scope.0, End::Replaced),
            Event::Revoked { patient, grantee, scope } => (patient, &grantee.0, &scope.0, End::Revoked),
            Event::Renounced { patient, grantee, scope } => (patient, &grantee.0, &scope.0, End::Renounced),
            Event::EveryoneRevoked { patient, .. } => (patient, &[], &[], End::EveryoneRevoked),
            Event::Opened(_) | Event::KeyPublished { .. } => continue,
        };
        sqlx::query!(
            "insert into custodian.sighting (patient, grantee, scope, block, reason) values ($1, $2, $3, $4, $5)
             on conflict do nothing",
            &patient.0[..],
            grantee,
            scope,
            signed(*block),
            i16::from(end.byte())
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Forgets those of heights that final state now speaks for.
pub async fn forget_sightings(db: &mut Connection, up_to: u64) -> sqlx::Result<()> {
    sqlx::query!("delete from custodian.sighting where block <= $1", signed(up_to)).execute(db).await?;
    Ok(())
}
