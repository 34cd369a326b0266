//! Which deployment the database is about, and withdrawing blocks from it.

use sqlx::PgConnection;

use super::{StoreError, project, trail, withdrawn};
use crate::model::{Address, Hash};

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

/// The block a bound database begins at. `None`: it is not bound.
pub async fn deployment_block(db: &mut PgConnection) -> Result<Option<u64>, StoreError> {
    let number = sqlx::query_scalar!("select deployment_block from deployment").fetch_optional(db).await?;
    Ok(number.map(i64::cast_unsigned))
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

/// Withdraws every block from `first` on, with all that followed from them: facts that began there go, facts that ended
/// there hold on. What lies before `first` stays, archived events too. What went is kept for readers who were told of it.
pub async fn withdraw(db: &mut PgConnection, first: u64) -> Result<(), StoreError> {
    withdrawn::keep(&mut *db, first).await?;
    project::withdraw(&mut *db, first).await?;
    trail::rewind(&mut *db, first).await?;
    let first = first.cast_signed();
    sqlx::query!("delete from event where block_number >= $1", first).execute(&mut *db).await?;
    sqlx::query!("delete from block where number >= $1", first).execute(&mut *db).await?;
    sqlx::query!(
        "update progress set headers_to = case when $1::bigint > (select deployment_block from deployment) then $1::bigint - 1 end
         where headers_to >= $1",
        first
    )
    .execute(db)
    .await?;
    Ok(())
}
