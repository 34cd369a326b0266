//! What a release needs.

use chartkey_vault::{Address, Digest, GrantId};

use super::{Connection, fixed, signed, unsigned};
use crate::chain::Opened;
use crate::typed::{Hash, What};

/// A share as it was deposited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    pub digest: Digest,
    pub index: u8,
    pub sealed: Vec<u8>,
}

/// What is kept of several records for a grant.
pub async fn shares(db: &mut Connection, grant: GrantId, kind: What, digests: &[Digest]) -> sqlx::Result<Vec<Share>> {
    let digests: Vec<Vec<u8>> = digests.iter().map(|digest| digest.0.to_vec()).collect();
    let rows = sqlx::query!(
        "select digest, share_index, sealed from custodian.share
         where grant_id = $1 and kind = $2 and digest = any($3) order by digest",
        &grant.0[..],
        i16::from(kind.byte()),
        &digests
    );
    let rows = rows.fetch_all(db).await?.into_iter().map(|row| {
        let index = u8::try_from(row.share_index).unwrap_or(0);
        Ok(Share { digest: Digest(fixed(row.digest)?), index, sealed: row.sealed })
    });
    rows.collect()
}

/// Owner's copies of several records.
pub async fn owner_copies(db: &mut Connection, patient: Address, digests: &[Digest]) -> sqlx::Result<Vec<Share>> {
    let digests: Vec<Vec<u8>> = digests.iter().map(|digest| digest.0.to_vec()).collect();
    let rows = sqlx::query!(
        "select digest, sealed from custodian.owner_copy where patient = $1 and digest = any($2) order by digest",
        &patient.0[..],
        &digests
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    rows.map(|row| Ok(Share { digest: Digest(fixed(row.digest)?), index: 0, sealed: row.sealed })).collect()
}

/// Marks a reader's nonce as used, with the leaf it was answered by. False: it was used before.
pub async fn answer(db: &mut Connection, reader: Address, nonce: Hash, leaf: u64) -> sqlx::Result<bool> {
    let used = sqlx::query!(
        "insert into custodian.answered (reader, nonce, leaf) values ($1, $2, $3) on conflict do nothing",
        &reader.0[..],
        &nonce[..],
        signed(leaf)
    );
    Ok(used.execute(db).await?.rows_affected() == 1)
}

/// An account's latest published key, by final events.
pub async fn key_of(db: &mut Connection, account: Address) -> sqlx::Result<Option<Vec<u8>>> {
    let row = sqlx::query!(
        "select key from custodian.published_key where account = $1 order by block desc, log_index desc limit 1",
        &account.0[..]
    );
    Ok(row.fetch_optional(db).await?.map(|row| row.key))
}

/// The latest final block with this very open, and its hash.
pub async fn opened_at(db: &mut Connection, opened: &Opened) -> sqlx::Result<Option<(u64, Hash)>> {
    let row = sqlx::query!(
        "select block, hash from custodian.opened
         where reader = $1 and nonce = $2 and digest = $3 and patient = $4 and via = $5 and purpose = $6
         order by block desc limit 1",
        &opened.reader.0[..],
        &opened.nonce[..],
        &opened.digest.0[..],
        &opened.patient.0[..],
        &opened.via.0[..],
        i16::from(opened.purpose)
    );
    row.fetch_optional(db).await?.map(|row| Ok((unsigned(row.block), fixed(row.hash)?))).transpose()
}
