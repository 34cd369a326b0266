//! The log's leaves and its tree (`merkle`).

use super::{Connection, fixed, signed, unsigned};
use crate::leaf::Leaf;
use crate::merkle::{Node, Run, grown, leaf_hash, node_hash, parts, root};
use crate::typed::Hash;

/// The right to append, until the transaction ends. It cannot be had twice at the same moment.
pub struct Log {
    size: u64,
}

/// Waits for the right to append, deposit and delete. Inside a transaction of the caller's.
pub async fn lock(db: &mut Connection) -> sqlx::Result<Log> {
    let row = sqlx::query!("select size from custodian.log for update").fetch_one(db).await?;
    Ok(Log { size: unsigned(row.size) })
}

/// Appends a leaf; gives its place.
pub async fn append(db: &mut Connection, log: &mut Log, leaf: &Leaf) -> sqlx::Result<u64> {
    let (place, bytes) = (log.size, leaf.to_bytes());
    sqlx::query!("insert into custodian.leaf (place, bytes) values ($1, $2)", signed(place), bytes)
        .execute(&mut *db)
        .await?;
    let mut hash = leaf_hash(&bytes);
    write_node(db, Node { level: 0, place }, hash).await?;
    for (left, whole) in grown(place) {
        hash = node_hash(&read_node(db, left).await?, &hash);
        write_node(db, whole, hash).await?;
    }
    log.size += 1;
    sqlx::query!("update custodian.log set size = $1", signed(log.size)).execute(db).await?;
    Ok(place)
}

async fn write_node(db: &mut Connection, node: Node, hash: Hash) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into custodian.node (level, place, hash) values ($1, $2, $3)",
        i16::from(node.level),
        signed(node.place),
        &hash[..]
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn read_node(db: &mut Connection, node: Node) -> sqlx::Result<Hash> {
    let row = sqlx::query!(
        "select hash from custodian.node where level = $1 and place = $2",
        i16::from(node.level),
        signed(node.place)
    );
    fixed(row.fetch_one(db).await?.hash)
}

/// How many leaves there are.
pub async fn log_size(db: &mut Connection) -> sqlx::Result<u64> {
    Ok(unsigned(sqlx::query!("select size from custodian.log").fetch_one(db).await?.size))
}

/// The hashes of runs of leaves, all of which are there: of a proof, or of a whole tree.
pub async fn read_proof(db: &mut Connection, runs: Vec<Run>) -> sqlx::Result<Vec<Hash>> {
    let mut hashes = Vec::new();
    for run in runs {
        let mut found = Vec::new();
        for node in parts(run) {
            found.push(read_node(db, node).await?);
        }
        hashes.push(root(&found));
    }
    Ok(hashes)
}

/// A leaf's bytes.
pub async fn leaf(db: &mut Connection, place: u64) -> sqlx::Result<Option<Vec<u8>>> {
    let row = sqlx::query!("select bytes from custodian.leaf where place = $1", signed(place));
    Ok(row.fetch_optional(db).await?.map(|row| row.bytes))
}

/// The size that was last sent to the chain, and the transaction.
pub async fn last_anchor(db: &mut Connection) -> sqlx::Result<Option<(u64, Hash)>> {
    let row = sqlx::query!("select size, transaction from custodian.anchor order by size desc limit 1");
    row.fetch_optional(db).await?.map(|row| Ok((unsigned(row.size), fixed(row.transaction)?))).transpose()
}

/// Remembers a head that was sent to the chain.
pub async fn write_anchor(db: &mut Connection, head: &crate::typed::TreeHead, transaction: Hash) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into custodian.anchor (size, root, signed_at, transaction) values ($1, $2, $3, $4)
         on conflict (size) do update set root = excluded.root, signed_at = excluded.signed_at,
             transaction = excluded.transaction",
        signed(head.size),
        &head.root[..],
        signed(head.signed_at),
        &transaction[..]
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The heads that were sent to the chain, newest first: size, root, time, transaction.
pub async fn anchored(db: &mut Connection) -> sqlx::Result<Vec<(u64, Hash, u64, Hash)>> {
    let rows =
        sqlx::query!("select size, root, signed_at, transaction from custodian.anchor order by size desc limit 200");
    let rows = rows.fetch_all(db).await?.into_iter();
    rows.map(|row| Ok((unsigned(row.size), fixed(row.root)?, unsigned(row.signed_at), fixed(row.transaction)?)))
        .collect()
}
