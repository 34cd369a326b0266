//! Appending and withdrawing blocks. Both happen inside one transaction of the caller's, cursor included: the cursor is the
//! greatest row of `block`.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::StoreError;
use super::project::project;
use crate::model::{Address, Block, Hash, LoggedEvent, Moment};

/// Which contract on which chain a database is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    pub chain_id: u64,
    pub contract: Address,
    pub deployment_block: u64,
    pub genesis_hash: Hash,
}

/// Binds an empty database, or checks that it is bound to the same deployment.
pub async fn bind(db: &mut PgConnection, binding: &Binding) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into deployment (chain_id, contract, deployment_block, genesis_hash) values ($1, $2, $3, $4)
         on conflict do nothing",
        binding.chain_id.cast_signed(),
        binding.contract as _,
        binding.deployment_block.cast_signed(),
        binding.genesis_hash as _,
    )
    .execute(&mut *db)
    .await?;
    let row = sqlx::query!(
        r#"select chain_id, contract as "contract: Address", deployment_block, genesis_hash as "genesis_hash: Hash"
           from deployment"#
    );
    let row = row.fetch_one(db).await?;
    let held = Binding {
        chain_id: row.chain_id.cast_unsigned(),
        contract: row.contract,
        deployment_block: row.deployment_block.cast_unsigned(),
        genesis_hash: row.genesis_hash,
    };
    if held == *binding { Ok(()) } else { Err(StoreError::Refused(describe_mismatch(&held, binding))) }
}

fn describe_mismatch(held: &Binding, asked: &Binding) -> String {
    let mut differences = Vec::new();
    let mut compare = |what: &str, held: String, asked: String| {
        if held != asked {
            differences.push(format!("{what} {held}, not {asked}"));
        }
    };
    compare("chain id", held.chain_id.to_string(), asked.chain_id.to_string());
    compare("contract", held.contract.to_string(), asked.contract.to_string());
    compare("deployment block", held.deployment_block.to_string(), asked.deployment_block.to_string());
    compare("genesis block", held.genesis_hash.to_string(), asked.genesis_hash.to_string());
    format!(
        "this database holds the index of another deployment ({}): use another database, or the deployment file it was \
         made with",
        differences.join("; ")
    )
}

/// The latest link of each subject's trail before a block. Subjects without events are absent.
pub async fn trail_heads(
    db: &mut PgConnection,
    subjects: &[Address],
    before_block: u64,
) -> Result<HashMap<Address, Hash>, StoreError> {
    let rows = sqlx::query!(
        r#"select s.subject as "subject!: Address", e.link as "link!: Hash"
           from unnest($1::bytea[]) s(subject)
           cross join lateral (
               select link from event
               where event.subject = s.subject and block_number < $2
               order by block_number desc, log_index desc limit 1
           ) e"#,
        subjects as _,
        before_block.cast_signed(),
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.subject, row.link)).collect())
}

/// Appends blocks, in order, with all their events, in order, and what follows from them.
pub async fn append(db: &mut PgConnection, blocks: &[Block], events: &[LoggedEvent]) -> Result<(), StoreError> {
    insert_blocks(db, blocks).await?;
    if !events.is_empty() {
        insert_events(db, events).await?;
        project(db, events).await?;
    }
    Ok(())
}

async fn insert_blocks(db: &mut PgConnection, blocks: &[Block]) -> Result<(), StoreError> {
    let numbers: Vec<i64> = blocks.iter().map(|b| b.number.cast_signed()).collect();
    let hashes: Vec<Hash> = blocks.iter().map(|b| b.hash).collect();
    let parents: Vec<Hash> = blocks.iter().map(|b| b.parent_hash).collect();
    let times: Vec<Moment> = blocks.iter().map(|b| b.timestamp).collect();
    sqlx::query!(
        "insert into block (number, hash, parent_hash, timestamp)
         select * from unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::timestamptz[])",
        &numbers,
        &hashes as _,
        &parents as _,
        &times as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn insert_events(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
    let numbers: Vec<i64> = events.iter().map(|e| e.log.position.block_number.cast_signed()).collect();
    let indexes: Vec<i32> = events.iter().map(|e| e.log.position.log_index.cast_signed()).collect();
    let transactions: Vec<Hash> = events.iter().map(|e| e.log.transaction_hash).collect();
    let subjects: Vec<Address> = events.iter().map(|e| e.subject).collect();
    let topics: Vec<Vec<u8>> = events.iter().map(|e| e.log.topics.map(|t| t.0).concat()).collect();
    let data: Vec<&[u8]> = events.iter().map(|e| e.log.data.as_slice()).collect();
    let links: Vec<Hash> = events.iter().map(|e| e.link).collect();
    let kinds: Vec<&str> = events.iter().map(|e| e.event.kind().name()).collect();
    let actors: Vec<Address> = events.iter().map(|e| e.event.actor()).collect();
    let parties: Vec<Option<Address>> = events.iter().map(|e| e.event.party()).collect();
    let digests: Vec<_> = events.iter().map(|e| e.event.digest()).collect();
    let scopes: Vec<_> = events.iter().map(|e| e.event.scope()).collect();
    let vias: Vec<Option<Address>> = events.iter().map(|e| e.event.via()).collect();
    let purposes: Vec<Option<i16>> = events.iter().map(|e| e.event.purpose().map(|p| p.code().into())).collect();
    sqlx::query!(
        "insert into event (block_number, log_index, transaction_hash, subject, topics, data, link,
                            kind, actor, party, digest, scope, via, purpose)
         select * from unnest($1::bigint[], $2::integer[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[],
                              $7::bytea[], $8::text[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[],
                              $13::bytea[], $14::smallint[])",
        &numbers,
        &indexes,
        &transactions as _,
        &subjects as _,
        &topics,
        &data as _,
        &links as _,
        &kinds as _,
        &actors as _,
        &parties as _,
        &digests as _,
        &scopes as _,
        &vias as _,
        &purposes as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Withdraws every block from `first` on, with all that followed from them: facts that began there go, facts that ended
/// there hold on.
pub async fn withdraw(db: &mut PgConnection, first: u64) -> Result<(), StoreError> {
    let first = first.cast_signed();
    sqlx::query!("delete from block where number >= $1", first).execute(&mut *db).await?;
    sqlx::query!("delete from event where block_number >= $1", first).execute(&mut *db).await?;
    sqlx::query!("delete from patient where registered_block >= $1", first).execute(&mut *db).await?;
    sqlx::query!("delete from account_key where published_block >= $1", first).execute(&mut *db).await?;
    sqlx::query!("delete from record where added_block >= $1", first).execute(&mut *db).await?;
    sqlx::query!("delete from access_grant where granted_block >= $1", first).execute(&mut *db).await?;
    sqlx::query!(
        "update access_grant set ended_block = null, ended_log = null, end_reason = null where ended_block >= $1",
        first
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("update access_grant set voided_block = null, voided_log = null where voided_block >= $1", first)
        .execute(&mut *db)
        .await?;
    withdraw_record_ends(&mut *db, first).await?;
    sqlx::query!("delete from access_request where requested_block >= $1", first).execute(&mut *db).await?;
    sqlx::query!(
        "update access_request set ended_block = null, ended_log = null, end_reason = null where ended_block >= $1",
        first
    )
    .execute(&mut *db)
    .await?;
    withdraw_terms(db, first).await
}

async fn withdraw_record_ends(db: &mut PgConnection, first: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "update record set superseded_block = null, superseded_log = null, superseded_by = null
         where superseded_block >= $1",
        first
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("update record set retracted_block = null, retracted_log = null where retracted_block >= $1", first)
        .execute(db)
        .await?;
    Ok(())
}

/// What holds until the next change of the same thing.
async fn withdraw_terms(db: &mut PgConnection, first: i64) -> Result<(), StoreError> {
    sqlx::query!("delete from practitioner where from_block >= $1", first).execute(&mut *db).await?;
    sqlx::query!("update practitioner set until_block = null, until_log = null where until_block >= $1", first)
        .execute(&mut *db)
        .await?;
    sqlx::query!("delete from team where created_block >= $1", first).execute(&mut *db).await?;
    sqlx::query!("delete from team_member where from_block >= $1", first).execute(&mut *db).await?;
    sqlx::query!(
        "update team_member set until_block = null, until_log = null, end_reason = null where until_block >= $1",
        first
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("delete from guardian where from_block >= $1", first).execute(&mut *db).await?;
    sqlx::query!(
        "update guardian set until_block = null, until_log = null, end_reason = null where until_block >= $1",
        first
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("delete from emergency_policy where from_block >= $1", first).execute(&mut *db).await?;
    sqlx::query!("update emergency_policy set until_block = null, until_log = null where until_block >= $1", first)
        .execute(db)
        .await?;
    Ok(())
}

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
