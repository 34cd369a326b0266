//! A standby that follows a server by streaming replication.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::Path,
};

use anyhow::{Context, Result, bail};
use sqlx::{Connection, Executor, PgConnection};

use super::{Place, Postgres, PostgresOptions, START, account::Account, place_of, url::USER};
use crate::{toolchain::Toolchain, wait};

/// What a server keeps for itself: a copy makes its own. The log's segments are streamed.
const NOT_COPIED: [&str; 4] = ["postmaster.pid", "postmaster.opts", "pg_wal", "pg_replslot"];

impl Postgres {
    /// Starts a hot standby of this server on a port and data of its own: what is committed here can be read there a moment
    /// later. It has the same password, and goes on following when either is started again. This server keeps the part of its
    /// log that the standby has not received.
    ///
    /// # Errors
    /// When there are data in `options.state` already, the copy fails, or the standby does not answer.
    pub async fn standby(&self, tools: &Toolchain, options: PostgresOptions) -> Result<Self> {
        let (place, scratch) = place_of(tools, &options)?;
        if place.data().exists() {
            bail!("there are data in {} already: a standby starts on a copy", place.data().display());
        }
        let slot = format!("standby_{:016x}", rand::random::<u64>());
        self.copy_to(&place, &slot).await?;
        self.follow_from(&place, &slot)?;
        Self::run(place, self.password.clone(), options, scratch).await
    }

    /// Stops applying what it receives; reads go on, of that moment.
    ///
    /// # Errors
    /// When it is no standby.
    pub async fn pause_replay(&self) -> Result<()> {
        self.tell("select pg_wal_replay_pause()").await?;
        self.until("replay to pause", "select pg_get_wal_replay_pause_state() = 'paused'").await
    }

    /// Goes on applying what it receives.
    ///
    /// # Errors
    /// When it is no standby.
    pub async fn resume_replay(&self) -> Result<()> {
        self.tell("select pg_wal_replay_resume()").await
    }

    /// Makes a standby a server of its own, which can be written.
    ///
    /// # Errors
    /// When it is no standby, or does not become one in time.
    pub async fn promote(&self) -> Result<()> {
        self.tell("select pg_promote()").await?;
        self.until("the standby's promotion", "select not pg_is_in_recovery()").await
    }

    async fn tell(&self, statement: &'static str) -> Result<()> {
        let mut connection = PgConnection::connect(self.url("postgres").expose()).await?;
        connection.execute(statement).await?;
        Ok(connection.close().await?)
    }

    async fn until(&self, what: &str, question: &'static str) -> Result<()> {
        wait::until(what, START, || async {
            let mut connection = PgConnection::connect(self.url("postgres").expose()).await?;
            let so: bool = sqlx::query_scalar(question).fetch_one(&mut connection).await?;
            connection.close().await?;
            Ok(so.then_some(()))
        })
        .await
    }

    /// A base backup, by SQL: the packaged server comes without `pg_basebackup`.
    async fn copy_to(&self, place: &Place, slot: &str) -> Result<()> {
        let mut connection = PgConnection::connect(self.url("postgres").expose()).await?;
        // From now on this server keeps its log for the standby.
        let reserve = sqlx::query("select pg_create_physical_replication_slot($1, true)").bind(slot);
        reserve.execute(&mut connection).await?;
        connection.execute("select pg_backup_start('standby', true)").await?;
        copy(&self.place.data(), &place.data(), place.account())?;
        let label: String =
            sqlx::query_scalar("select labelfile from pg_backup_stop(false)").fetch_one(&mut connection).await?;
        write(place, "backup_label", &label)?;
        Ok(connection.close().await?)
    }

    fn follow_from(&self, place: &Place, slot: &str) -> Result<()> {
        for folder in ["pg_wal", "pg_replslot"] {
            make_folder(&place.data().join(folder), place.account())?;
        }
        let settings = format!(
            "primary_conninfo = 'host=127.0.0.1 port={} user={USER} password={}'\nprimary_slot_name = '{slot}'\n",
            self.port, self.password
        );
        write(place, "postgresql.auto.conf", &settings)?;
        write(place, "standby.signal", "")?;
        let password = place.password();
        fs::copy(self.place.password(), &password).with_context(|| format!("cannot write {}", password.display()))?;
        place.account().give(&password)
    }
}

/// Writes a file into the data, for their server alone to read.
fn write(place: &Place, name: &str, content: &str) -> Result<()> {
    let path = place.data().join(name);
    fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    place.account().give(&path)
}

fn make_folder(path: &Path, account: &Account) -> Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path).with_context(|| format!("cannot create {}", path.display()))?;
    account.give(path)
}

/// Copies the data of a running server, whose files come and go meanwhile.
fn copy(from: &Path, to: &Path, account: &Account) -> Result<()> {
    make_folder(to, account)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if NOT_COPIED.iter().any(|kept| name == *kept) {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target, account)?;
            continue;
        }
        match fs::copy(entry.path(), &target) {
            Ok(_) => account.give(&target)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("cannot copy {}", entry.path().display())),
        }
    }
    Ok(())
}
