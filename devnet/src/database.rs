//! A database for the length of one command.

use std::{ffi::OsString, os::unix::process::ExitStatusExt, path::Path, process::ExitCode};

use anyhow::{Context, Result};
use sqlx::{Connection, PgConnection, migrate::Migrator};
use tokio::{
    process::Command,
    signal::unix::{SignalKind, signal},
};

use crate::{
    postgres::{Postgres, PostgresOptions},
    toolchain::Toolchain,
};

/// Runs `command` with `DATABASE_URL` set to a new database, empty or with `migrations` applied, and gives its exit code.
pub(crate) async fn with(tools: &Toolchain, migrations: Option<&Path>, command: &[OsString]) -> Result<ExitCode> {
    // Taking these signals keeps us alive: Ctrl-C reaches the command too, and the server is stopped after it.
    let (_interrupted, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let server = Postgres::start(tools, PostgresOptions::default()).await?;
    server.create_database("chartkey").await?;
    if let Some(migrations) = migrations {
        let mut database = PgConnection::connect(server.url("chartkey").expose()).await?;
        Migrator::new(migrations).await?.run(&mut database).await?;
        database.close().await?;
    }
    let (program, arguments) = command.split_first().context("there is no command to run")?;
    let mut child = Command::new(program)
        .args(arguments)
        .env("DATABASE_URL", server.url("chartkey").expose())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let status = tokio::select! {
        status = child.wait() => status?,
        _ = terminated.recv() => {
            child.kill().await?;
            child.wait().await?
        }
    };
    server.stop().await?;
    // As a shell tells of a command that a signal ended.
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    Ok(ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}
