//! Grants that have ended, and what is deleted for them.

use chartkey_vault::{Address, Digest, GrantId};

use super::{Connection, End, fixed, signed, unsigned};
use crate::typed::DeletionReceipt;

/// A grant whose shares are to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub grant: GrantId,
    pub end: End,
    pub block: u64,
}

/// A deletion that was done, and its leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub end: End,
    pub block: u64,
    pub shares: u64,
    pub deleted_at: u64,
    pub leaf: u64,
}

/// Grants that ended by final state and have something here, some at a time. `(block, time)`: the final block.
pub async fn due(db: &mut Connection, (block, time): (u64, u64)) -> sqlx::Result<Vec<Due>> {
    let rows = sqlx::query!(
        r#"select h.grant_id, ends.reason as "reason!", ends.block as "block!"
         from custodian.holding h
         left join custodian.access_grant g on g.grant_id = h.grant_id
         left join custodian.chart_epoch e on e.patient = h.patient and e.epoch > h.epoch
         cross join lateral (
             select g.end_reason as reason, g.ended_block as block where g.ended_block is not null
             union all
             select 5::smallint, $1::bigint where h.expires_at <= $2 and h.expires_at > 0
             union all
             select 4::smallint, e.block where g.grant_id is null and e.epoch is not null
             limit 1
         ) ends
         where not exists (select from custodian.deletion d where d.grant_id = h.grant_id)
         limit 100"#,
        signed(block),
        signed(time)
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    let due = |reason, block, grant| {
        Ok(Due { grant: GrantId(fixed(grant)?), end: End::of_number(reason), block: unsigned(block) })
    };
    rows.map(|row| due(row.reason, row.block, row.grant_id)).collect()
}

/// Grants that nothing on chain was ever seen of, deposited for before a time. Emergencies' wait for as long as it takes.
pub async fn sweepable(db: &mut Connection, before: u64, block: u64) -> sqlx::Result<Vec<Due>> {
    let rows = sqlx::query!(
        "select h.grant_id from custodian.holding h
         where h.deposited_at < $1 and h.expires_at > 0
             and not exists (select from custodian.access_grant g where g.grant_id = h.grant_id)
             and not exists (select from custodian.deletion d where d.grant_id = h.grant_id)
         limit 100",
        signed(before)
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    rows.map(|row| Ok(Due { grant: GrantId(fixed(row.grant_id)?), end: End::Unclaimed, block })).collect()
}

/// Deletes a grant's shares; says how many there were. Inside a transaction of the caller's, who holds the log.
pub async fn delete(db: &mut Connection, grant: GrantId) -> sqlx::Result<u64> {
    let gone = sqlx::query!("delete from custodian.share where grant_id = $1", &grant.0[..]);
    Ok(gone.execute(db).await?.rows_affected())
}

impl Kept {
    /// Keeps the receipt, for good. False: it was deleted before.
    pub async fn keep(db: &mut Connection, receipt: &DeletionReceipt, leaf: u64) -> sqlx::Result<bool> {
        let kept = sqlx::query!(
            "insert into custodian.deletion (grant_id, reason, block, shares, deleted_at, leaf)
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
            &receipt.grant.0[..],
            i16::from(receipt.reason),
            signed(receipt.block),
            signed(receipt.shares),
            signed(receipt.deleted_at),
            signed(leaf)
        );
        Ok(kept.execute(db).await?.rows_affected() == 1)
    }
}

/// What was deleted of a grant.
pub async fn deletion_of(db: &mut Connection, grant: GrantId) -> sqlx::Result<Option<Kept>> {
    let row = sqlx::query!(
        "select reason, block, shares, deleted_at, leaf from custodian.deletion where grant_id = $1",
        &grant.0[..]
    );
    let row = row.fetch_optional(db).await?;
    Ok(row.map(|row| Kept {
        end: End::of_number(row.reason),
        block: unsigned(row.block),
        shares: unsigned(row.shares),
        deleted_at: unsigned(row.deleted_at),
        leaf: unsigned(row.leaf),
    }))
}

/// Deletes all shares and owner's copies of some of a patient's records; says how many there were.
pub async fn erase(db: &mut Connection, patient: Address, digests: &[Digest]) -> sqlx::Result<u64> {
    let digests: Vec<Vec<u8>> = digests.iter().map(|digest| digest.0.to_vec()).collect();
    let shares = sqlx::query!(
        "delete from custodian.share s using custodian.holding h
         where h.grant_id = s.grant_id and h.patient = $1 and s.digest = any($2)",
        &patient.0[..],
        &digests
    );
    let shares = shares.execute(&mut *db).await?.rows_affected();
    let copies = sqlx::query!(
        "delete from custodian.owner_copy where patient = $1 and digest = any($2)",
        &patient.0[..],
        &digests
    );
    Ok(shares + copies.execute(db).await?.rows_affected())
}
