//! pgbench, which sends statements and drops the answers: what is left of a server when it does nothing else.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chartkey_devnet::postgres::DatabaseUrl;
use chartkey_devnet::scratch::Scratch;
use chartkey_indexer::store::Reader;

use crate::load::{CONNECTIONS, Times};
use crate::script::Script;

pub struct Pgbench {
    program: PathBuf,
}

impl Pgbench {
    /// Finds it on the path.
    pub fn find() -> Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = std::env::split_paths(&path).map(|folder| folder.join("pgbench")).find(|file| file.is_file());
        let program = program.context(
            "there is no pgbench on the PATH, which the API is measured against: install PostgreSQL's client programs \
             (Debian: postgresql-contrib or postgresql-15)",
        )?;
        Ok(Pgbench { program })
    }

    /// Runs a script over and over, on as many connections as the API is asked on.
    pub fn run(&self, database: &DatabaseUrl, script: &Script, long: Duration) -> Result<Times> {
        let scratch = Scratch::new()?;
        let file = scratch.path().join("script.sql");
        std::fs::write(&file, &script.text)?;
        let mut command = Command::new(&self.program);
        command.args(["-n", "-M", "prepared", "-j", "2", "-c", &CONNECTIONS.to_string()]);
        command.args(["-T", &long.as_secs().max(1).to_string(), "-l", "-f"]).arg(&file);
        for (name, value) in &script.constants {
            command.arg("-D").arg(format!("{name}={value}"));
        }
        // The settings of the API's connections, but for those that take rights away.
        let settings =
            Reader::SETTINGS.iter().filter(|(name, _)| !matches!(*name, "role" | "default_transaction_read_only"));
        let settings: String = settings.map(|(name, value)| format!("-c {name}={value} ")).collect();
        command.env("PGOPTIONS", settings).arg(database.expose()).current_dir(scratch.path());
        let output = command.output().context("cannot start pgbench")?;
        let said = String::from_utf8_lossy(&output.stderr);
        let failed = said.lines().find(|line| line.contains("ERROR")).or(said.lines().last()).unwrap_or_default();
        ensure!(output.status.success(), "pgbench failed: {failed}");
        times(scratch.path(), long)
    }
}

/// From the lines that pgbench logs of each transaction, one file a thread: client, number, microseconds, and more.
fn times(folder: &Path, long: Duration) -> Result<Times> {
    let mut seconds = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let file = file?.path();
        if !file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pgbench_log")) {
            continue;
        }
        for line in std::fs::read_to_string(file)?.lines() {
            let took: f64 = line.split(' ').nth(2).context("pgbench logs in another form")?.parse()?;
            seconds.push(took / 1e6);
        }
    }
    ensure!(!seconds.is_empty(), "pgbench did nothing");
    Ok(Times::of(seconds, long.as_secs_f64()))
}
