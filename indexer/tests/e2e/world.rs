//! A private chain with the contract on it, and a database, for one test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use chartkey_devnet::chain::{Anvil, AnvilOptions};
use chartkey_devnet::contract::{Contract, deploy};
use chartkey_devnet::deployment::Deployment;
use chartkey_devnet::postgres::{DatabaseUrl, Postgres, PostgresOptions};
use chartkey_devnet::rpc::Rpc;
use chartkey_devnet::scratch::Scratch;
use chartkey_devnet::toolchain::Toolchain;
use ethers::types::{Address, U64};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use tokio::sync::Mutex;

use crate::indexer::Source;

/// One server for all tests that run at the same moment; the last one stops it.
static POSTGRES: Mutex<Weak<Postgres>> = Mutex::const_new(Weak::new());
static DATABASES: AtomicU32 = AtomicU32::new(0);

pub struct World {
    pub anvil: Anvil,
    pub contract: Contract,
    pub deployment: Deployment,
    pub accounts: Vec<Address>,
    pub scratch: Scratch,
    postgres: Arc<Postgres>,
}

impl World {
    /// The contract deployed by account 0, who is its admin.
    pub async fn new() -> Self {
        Self::with_genesis(1_700_000_000).await
    }

    /// Worlds of another genesis time are other chains, with the same id and the same contract address.
    pub async fn with_genesis(timestamp: u64) -> Self {
        let tools = Toolchain::find().unwrap();
        let options = AnvilOptions { genesis_timestamp: Some(timestamp), ..AnvilOptions::default() };
        let anvil = Anvil::start(&tools, options).await.unwrap();
        let accounts: Vec<Address> = anvil.rpc().call("eth_accounts", json!([])).await.unwrap();
        let deployment = deploy(&tools, anvil.rpc(), accounts[0]).await.unwrap();
        let contract = Contract::new(anvil.rpc(), deployment.contract);
        let scratch = Scratch::new().unwrap();
        deployment.write(&scratch.path().join("deployment.json")).unwrap();
        World { anvil, contract, deployment, accounts, scratch, postgres: postgres(&tools).await }
    }

    pub fn rpc(&self) -> &Rpc {
        self.anvil.rpc()
    }

    /// This chain, for an indexer.
    pub fn source(&self) -> Source {
        let logs = self.scratch.path().to_owned();
        Source { rpc_url: self.rpc().url().to_owned(), deployment: self.deployment_file(), logs, open: true }
    }

    pub fn deployment_file(&self) -> PathBuf {
        self.scratch.path().join("deployment.json")
    }

    /// An empty database of its own.
    pub async fn database(&self) -> DatabaseUrl {
        database_on(&self.postgres).await
    }

    /// Number and hash of the latest block.
    pub async fn head(&self) -> (u64, String) {
        let block: Value = self.rpc().call("eth_getBlockByNumber", json!(["latest", false])).await.unwrap();
        let number: U64 = serde_json::from_value(block["number"].clone()).unwrap();
        (number.as_u64(), block["hash"].as_str().unwrap().to_owned())
    }

    /// The latest block's time, in Unix seconds.
    pub async fn now(&self) -> u64 {
        let block: Value = self.rpc().call("eth_getBlockByNumber", json!(["latest", false])).await.unwrap();
        let time: U64 = serde_json::from_value(block["timestamp"].clone()).unwrap();
        time.as_u64()
    }

    pub async fn mine(&self, blocks: u64) {
        let _: Value = self.rpc().call("anvil_mine", json!([U64::from(blocks)])).await.unwrap();
    }
}

/// An empty database of its own.
pub async fn database_on(postgres: &Postgres) -> DatabaseUrl {
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    postgres.create_database(&name).await.unwrap();
    postgres.url(&name)
}

/// The server that tests share: none of them may stop it.
pub async fn postgres(tools: &Toolchain) -> Arc<Postgres> {
    let mut shared = POSTGRES.lock().await;
    if let Some(running) = shared.upgrade() {
        return running;
    }
    let started = Arc::new(Postgres::start(tools, PostgresOptions::default()).await.unwrap());
    *shared = Arc::downgrade(&started);
    started
}

/// A connection as the tables' owner.
pub async fn connect(database: &DatabaseUrl) -> PgConnection {
    PgConnection::connect(database.expose()).await.unwrap()
}

/// Not of the chain: the indexer's progress, who signed in and what was asked, what reorgs took back, and sqlx's own.
const NOT_OF_THE_CHAIN: [&str; 9] = [
    "progress",
    "query",
    "query_trail",
    "session",
    "sign_in_nonce",
    "withdrawal",
    "withdrawn_block",
    "withdrawn_event",
    "_sqlx_migrations",
];

/// Every row of every table that holds what the chain says, as text, in order.
pub async fn tables(database: &DatabaseUrl) -> Vec<(String, Vec<String>)> {
    let mut db = connect(database).await;
    let names = "select tablename::text from pg_tables where schemaname = 'public' order by 1";
    let names: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut db).await.unwrap();
    let mut all = Vec::new();
    for table in names.into_iter().filter(|table| !NOT_OF_THE_CHAIN.contains(&&**table)) {
        let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select t::text from {table} t order by 1")));
        all.push((table, rows.fetch_all(&mut db).await.unwrap()));
    }
    all
}

/// Says which row of which table differs, instead of printing both whole.
pub fn assert_same_tables(ours: &[(String, Vec<String>)], expected: &[(String, Vec<String>)], when: &str) {
    let names = |tables: &[(String, Vec<String>)]| tables.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(ours), names(expected), "{when}: tables");
    let mut pairs = ours.iter().zip(expected);
    if let Some(((table, ours), (_, expected))) = pairs.find(|((_, ours), (_, expected))| ours != expected) {
        let extra: Vec<_> = ours.iter().filter(|row| !expected.contains(row)).take(3).collect();
        let missing: Vec<_> = expected.iter().filter(|row| !ours.contains(row)).take(3).collect();
        panic!("{when}: table {table} differs: extra {extra:#?}, missing {missing:#?}");
    }
}
