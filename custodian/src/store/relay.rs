//! Opens to be logged for their readers.

use chartkey_vault::{Address, Digest};

use super::{Connection, fixed, signed, unsigned};
use crate::typed::{Hash, OpenRequest};

/// One that is not in a final block yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub hash: Hash,
    pub open: OpenRequest,
    pub signature: Vec<u8>,
    /// The latest block when it was last sent.
    pub sent: Option<u64>,
}

/// Keeps an open to be logged. It is there already: nothing happens.
pub async fn enqueue(db: &mut Connection, hash: Hash, open: &OpenRequest, signature: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into custodian.relay (hash, patient, digest, reader, via, purpose, nonce, deadline, signature)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
        &hash[..],
        &open.patient.0[..],
        &open.digest.0[..],
        &open.reader.0[..],
        &open.via.0[..],
        i16::from(open.purpose),
        &open.nonce[..],
        signed(open.deadline),
        signature
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Those that are not done, those that were never sent first.
pub async fn relays_waiting(db: &mut Connection) -> sqlx::Result<Vec<Waiting>> {
    let rows = sqlx::query!(
        "select hash, patient, digest, reader, via, purpose, nonce, deadline, signature, sent_block
         from custodian.relay where not logged order by sent_block nulls first, deadline limit 200"
    );
    let rows = rows.fetch_all(db).await?.into_iter().map(|row| {
        let open = OpenRequest {
            patient: Address(fixed(row.patient)?),
            digest: Digest(fixed(row.digest)?),
            reader: Address(fixed(row.reader)?),
            via: Address(fixed(row.via)?),
            purpose: u8::try_from(row.purpose).unwrap_or(0),
            nonce: fixed(row.nonce)?,
            deadline: unsigned(row.deadline),
        };
        Ok(Waiting { hash: fixed(row.hash)?, open, signature: row.signature, sent: row.sent_block.map(unsigned) })
    });
    rows.collect()
}

/// Remembers when some were sent.
pub async fn sent(db: &mut Connection, hashes: &[Hash], block: u64) -> sqlx::Result<()> {
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
    sqlx::query!("update custodian.relay set sent_block = $2 where hash = any($1)", &hashes, signed(block))
        .execute(db)
        .await?;
    Ok(())
}

/// One is in a final block, or will never be.
pub async fn done(db: &mut Connection, hash: Hash) -> sqlx::Result<()> {
    sqlx::query!("update custodian.relay set logged = true where hash = $1", &hash[..]).execute(db).await?;
    Ok(())
}
