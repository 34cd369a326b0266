//! Opening the database.

use std::str::FromStr as _;

use anyhow::{Context as _, Result, bail, ensure};
use chartkey_vault::Domain;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool};

use super::{Connection, fixed, signed};
use crate::chain::Block;

/// Enough for what two cores can seal.
const CONNECTIONS: u32 = 16;

/// Brings the schema up to date as its owner, and connects in the service's own role. A commit is on disk when it is
/// acknowledged, whatever the server's default.
pub async fn connect(url: &str) -> Result<PgPool> {
    // The error of a malformed URL may quote it, password and all.
    let Ok(options) = PgConnectOptions::from_str(url) else {
        bail!("DATABASE_URL is not a Postgres URL: expected postgres://user:password@host:port/database")
    };
    let options = options.disable_statement_logging().application_name("chartkey-custodian");
    let owner = options.clone().options([("search_path", "custodian")]);
    let mut owner = owner.connect().await.context("the database cannot be reached")?;
    sqlx::query("create schema if not exists custodian").execute(&mut owner).await?;
    sqlx::migrate!("./migrations").run(&mut owner).await.context("the schema cannot be brought up to date")?;
    owner.close().await?;
    let options = options.options([("role", "chartkey_custodian"), ("synchronous_commit", "on")]);
    Ok(PgPoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?)
}

/// Ties the database to a chain and contract, before the first of its blocks is read; refuses another's.
pub async fn bind(db: &mut Connection, domain: &Domain, before: &Block) -> Result<()> {
    sqlx::query!(
        "insert into custodian.chain (chain_id, contract, block, hash, timestamp) values ($1, $2, $3, $4, $5)
         on conflict do nothing",
        signed(domain.chain_id),
        &domain.contract.0[..],
        signed(before.number),
        &before.hash[..],
        signed(before.timestamp)
    )
    .execute(&mut *db)
    .await?;
    let bound = sqlx::query!("select chain_id, contract from custodian.chain").fetch_one(db).await?;
    let contract = chartkey_vault::Address(fixed(bound.contract)?);
    ensure!(
        bound.chain_id == signed(domain.chain_id) && contract == domain.contract,
        "this database is of contract {contract} on chain {}: use it, or another database",
        bound.chain_id
    );
    Ok(())
}
