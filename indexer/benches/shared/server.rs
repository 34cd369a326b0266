//! The database server that everything is measured on.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use chartkey_devnet::postgres::{DatabaseUrl, Postgres, PostgresOptions};
use chartkey_devnet::toolchain::Toolchain;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::process;

/// As a server of one's own would be set up. Commits survive a crash of the machine.
const SETTINGS: [(&str, &str); 4] = [
    ("shared_buffers", "4GB"),
    ("max_wal_size", "8GB"),
    ("checkpoint_timeout", "15min"),
    ("maintenance_work_mem", "256MB"),
];

pub struct Server(Postgres);

impl Server {
    pub async fn start(tools: &Toolchain) -> Result<Self> {
        let settings = SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let options = PostgresOptions { durable: true, settings, ..PostgresOptions::default() };
        Ok(Server(Postgres::start(tools, options).await?))
    }

    /// An empty database, and nothing of earlier ones left to write to the disk.
    pub async fn fresh(&self, name: &str) -> Result<DatabaseUrl> {
        self.0.drop_database(name).await?;
        self.0.create_database(name).await?;
        self.checkpoint().await?;
        Ok(self.0.url(name))
    }

    pub fn database(&self, name: &str) -> DatabaseUrl {
        self.0.url(name)
    }

    pub async fn drop(&self, name: &str) -> Result<()> {
        self.0.drop_database(name).await
    }

    pub async fn checkpoint(&self) -> Result<()> {
        let mut connection = PgConnection::connect(self.0.url("postgres").expose()).await?;
        connection.execute("checkpoint").await?;
        Ok(connection.close().await?)
    }

    /// What it says.
    pub fn log(&self) -> &Path {
        self.0.child().log()
    }

    /// Processor time of all its processes so far.
    pub fn cpu(&self) -> Result<Duration> {
        process::cpu_of_family(self.0.child().id())
    }
}
