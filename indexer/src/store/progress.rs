//! What the writer knows beyond the blocks and events: the table `progress`.

use sqlx::PgConnection;

use super::StoreError;
use super::batch::dense;
use crate::model::{Block, Hash, Moment};

/// Notes the chain's head, and what is final on the branch that is indexed (`None`: the indexed branch was left). What was
/// final stays so. `starting`: from this block on, progress counts.
pub async fn write_progress(
    db: &mut PgConnection,
    head: u64,
    finalized: Option<u64>,
    starting: Option<u64>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into progress (head, finalized, started_block, started_at, updated_at)
         values ($1, coalesce($2::bigint, 0), coalesce($3::bigint, 0), now(), now())
         on conflict (singleton) do update set
             head = excluded.head,
             finalized = greatest(progress.finalized, excluded.finalized),
             updated_at = excluded.updated_at,
             started_block = coalesce($3, progress.started_block),
             started_at = case when $3::bigint is null then progress.started_at else excluded.started_at end",
        head.cast_signed(),
        finalized.map(u64::cast_signed),
        starting.map(u64::cast_signed),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The latest block known to be final. 0 before the first `write_progress`.
pub async fn finalized(db: &mut PgConnection) -> Result<u64, StoreError> {
    let number = sqlx::query_scalar!("select finalized from progress").fetch_optional(db).await?;
    Ok(number.unwrap_or(0).cast_unsigned())
}

/// Stops writing for good, for a reason that a person must look at. Only `recheck` lets it go on. Needs a `write_progress`
/// before it.
pub async fn halt(db: &mut PgConnection, reason: &str) -> Result<(), StoreError> {
    let halted = sqlx::query!("update progress set halted = $1", reason).execute(db).await?;
    if halted.rows_affected() == 1 { Ok(()) } else { Err(StoreError::NotSetUp) }
}

/// Why writing was stopped for good, if it was.
pub async fn halted(db: &mut PgConnection) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!("select halted from progress").fetch_optional(db).await?.flatten())
}

/// The block up to which every block from the deployment on is stored. `None`: not even the deployment's.
pub async fn headers_to(db: &mut PgConnection) -> Result<Option<u64>, StoreError> {
    let number = sqlx::query_scalar!("select headers_to from progress").fetch_optional(db).await?.flatten();
    Ok(number.map(i64::cast_unsigned))
}

/// The block before which events were archived. `None`: none were.
pub async fn archived_before(db: &mut PgConnection) -> Result<Option<u64>, StoreError> {
    let number = sqlx::query_scalar!("select archived_before from progress").fetch_optional(db).await?.flatten();
    Ok(number.map(i64::cast_unsigned))
}

/// Stores the headers that follow on `headers_to` where they are missing. A final block that was indexed by its events has its
/// hash from there: where its header says otherwise, and the same time, the header is right. `Refused`: they do not follow,
/// or one that is stored differs.
pub async fn fill_headers(db: &mut PgConnection, blocks: &[Block]) -> Result<(), StoreError> {
    if blocks.is_empty() {
        return Ok(());
    }
    refuse_differing(&mut *db, blocks).await?;
    let numbers: Vec<i64> = blocks.iter().map(|b| b.number.cast_signed()).collect();
    let hashes: Vec<Hash> = blocks.iter().map(|b| b.hash).collect();
    let times: Vec<Moment> = blocks.iter().map(|b| b.timestamp).collect();
    sqlx::query!(
        "insert into block (number, hash, timestamp)
         select * from unnest($1::bigint[], $2::bytea[], $3::timestamptz[])
         on conflict (number) do update set hash = excluded.hash where block.hash <> excluded.hash",
        &numbers,
        &hashes as _,
        &times as _,
    )
    .execute(&mut *db)
    .await?;
    let extended = match dense(blocks) {
        Some((first, last)) => extend_headers(&mut *db, first, last).await?,
        None => false,
    };
    if extended {
        return Ok(());
    }
    let held = headers_to(db).await?;
    Err(StoreError::Refused(format!(
        "headers {} to {} do not follow on those stored, which are whole up to {held:?}",
        blocks[0].number,
        blocks[blocks.len() - 1].number,
    )))
}

async fn refuse_differing(db: &mut PgConnection, blocks: &[Block]) -> Result<(), StoreError> {
    let numbers: Vec<i64> = blocks.iter().map(|b| b.number.cast_signed()).collect();
    let hashes: Vec<Hash> = blocks.iter().map(|b| b.hash).collect();
    let times: Vec<Moment> = blocks.iter().map(|b| b.timestamp).collect();
    let differing = sqlx::query!(
        r#"select b.number, b.hash as "stored: Hash", b.timestamp as "stored_time: Moment", h.hash as "given!: Hash",
                  h.timestamp as "given_time!: Moment"
           from unnest($1::bigint[], $2::bytea[], $3::timestamptz[]) h(number, hash, timestamp)
           join block b on b.number = h.number
           where b.timestamp <> h.timestamp
               or b.hash <> h.hash and b.number > (select finalized from progress)
           order by b.number limit 1"#,
        &numbers,
        &hashes as _,
        &times as _,
    );
    match differing.fetch_optional(db).await? {
        None => Ok(()),
        Some(row) => Err(StoreError::Refused(format!(
            "block {} is stored with hash {} and time {}, the node's header has {} and {}",
            row.number, row.stored, row.stored_time, row.given, row.given_time
        ))),
    }
}

/// Moves `headers_to` on, if these blocks follow on it. Whether they did.
pub(super) async fn extend_headers(db: &mut PgConnection, first: i64, last: i64) -> Result<bool, StoreError> {
    let extended = sqlx::query!(
        "update progress set headers_to = $2
         where headers_to = $1::bigint - 1
             or headers_to is null and $1::bigint = (select deployment_block from deployment)",
        first,
        last,
    );
    Ok(extended.execute(db).await?.rows_affected() == 1)
}
