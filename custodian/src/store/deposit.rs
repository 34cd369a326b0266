//! What is deposited, as it comes.

use chartkey_vault::{Address, GrantId, GrantTerms, Scope};

use super::{Connection, fixed, signed, unsigned};
use crate::typed::{Deposit, Hash, Item, What};

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is kept, or was already.
    Kept,
    /// Other bytes are kept under its name, and were not replaced.
    Taken,
}

/// The terms that shares were deposited for.
pub async fn holding(db: &mut Connection, id: GrantId) -> sqlx::Result<Option<GrantTerms>> {
    let row = sqlx::query!(
        "select patient, grantee, scope, rights, purposes, expires_at, epoch, nonce
         from custodian.holding where grant_id = $1",
        &id.0[..]
    );
    let Some(row) = row.fetch_optional(db).await? else { return Ok(None) };
    Ok(Some(GrantTerms {
        patient: Address(fixed(row.patient)?),
        grantee: Address(fixed(row.grantee)?),
        scope: Scope(fixed(row.scope)?),
        rights: u8::try_from(row.rights).unwrap_or(0),
        purposes: u16::try_from(row.purposes).unwrap_or(0),
        expires_at: unsigned(row.expires_at),
        epoch: u32::try_from(row.epoch).unwrap_or(0),
        nonce: row.nonce.cast_unsigned(),
    }))
}

/// When a deposit was stored, if it was.
pub async fn receipt_time(db: &mut Connection, hash: Hash) -> sqlx::Result<Option<u64>> {
    let row = sqlx::query!("select stored_at from custodian.deposit where hash = $1", &hash[..]);
    Ok(row.fetch_optional(db).await?.map(|row| unsigned(row.stored_at)))
}

/// Stores a deposit. Inside a transaction of the caller's, who rolls back if anything was taken.
pub async fn put(
    db: &mut Connection,
    deposit: &Deposit,
    terms: Option<&GrantTerms>,
    may_replace: bool,
    (hash, now): (Hash, u64),
) -> sqlx::Result<Put> {
    if let Some(terms) = terms {
        hold(db, deposit.grant, terms, now).await?;
    }
    for item in &deposit.items {
        let kept = match item.kind {
            What::Owner => put_owner_copy(db, deposit, item, may_replace).await?,
            What::Title | What::Content | What::Seed => put_share(db, deposit, item, may_replace).await?,
        };
        if !kept {
            return Ok(Put::Taken);
        }
    }
    sqlx::query!(
        "insert into custodian.deposit (hash, stored_at) values ($1, $2) on conflict do nothing",
        &hash[..],
        signed(now)
    )
    .execute(db)
    .await?;
    Ok(Put::Kept)
}

async fn hold(db: &mut Connection, id: GrantId, terms: &GrantTerms, now: u64) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into custodian.holding
             (grant_id, patient, grantee, scope, rights, purposes, expires_at, epoch, nonce, deposited_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing",
        &id.0[..],
        &terms.patient.0[..],
        &terms.grantee.0[..],
        &terms.scope.0[..],
        i16::from(terms.rights),
        i32::from(terms.purposes),
        signed(terms.expires_at),
        i64::from(terms.epoch),
        terms.nonce.cast_signed(),
        signed(now)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether it is kept now.
async fn put_share(db: &mut Connection, deposit: &Deposit, item: &Item, may_replace: bool) -> sqlx::Result<bool> {
    let stored = sqlx::query!(
        "insert into custodian.share as kept (grant_id, kind, digest, share_index, sealed, depositor)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (grant_id, kind, digest) do update
             set share_index = excluded.share_index, sealed = excluded.sealed, depositor = excluded.depositor
             where $7 or (kept.share_index = excluded.share_index and kept.sealed = excluded.sealed)",
        &deposit.grant.0[..],
        i16::from(item.kind.byte()),
        &item.digest.0[..],
        i16::from(item.index),
        item.sealed,
        &deposit.depositor.0[..],
        may_replace
    );
    Ok(stored.execute(db).await?.rows_affected() == 1)
}

async fn put_owner_copy(db: &mut Connection, deposit: &Deposit, item: &Item, may_replace: bool) -> sqlx::Result<bool> {
    let stored = sqlx::query!(
        "insert into custodian.owner_copy as kept (patient, digest, sealed, depositor) values ($1, $2, $3, $4)
         on conflict (patient, digest) do update set sealed = excluded.sealed, depositor = excluded.depositor
             where $5 or kept.sealed = excluded.sealed",
        &deposit.patient.0[..],
        &item.digest.0[..],
        item.sealed,
        &deposit.depositor.0[..],
        may_replace
    );
    Ok(stored.execute(db).await?.rows_affected() == 1)
}
