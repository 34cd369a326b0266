//! The folder that keeps everything between runs, and that one run at a time may use.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
};

use serde::{Deserialize, Serialize};

use crate::{postgres, toolchain::Toolchain};

/// Which chain, database and contract the indexer of a run has. No `Debug`: the database's URL holds its password.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sources {
    pub rpc_url: String,
    pub database_url: String,
    pub deployment: PathBuf,
}

impl Sources {
    /// What the run that uses `folder` has.
    ///
    /// # Errors
    /// When no run ever started its indexer there.
    pub fn of_run(folder: &Path) -> Result<Self> {
        let file = sources_file(folder);
        let json =
            fs::read(&file).with_context(|| format!("no run in {}: start `make run` first", folder.display()))?;
        serde_json::from_slice(&json).with_context(|| format!("cannot read {}", file.display()))
    }

    /// As the indexer takes it.
    pub fn environment(self) -> [(&'static str, OsString); 3] {
        [
            ("RPC_URL", self.rpc_url.into()),
            ("DATABASE_URL", self.database_url.into()),
            ("DEPLOYMENT", self.deployment.into()),
        ]
    }
}

fn sources_file(folder: &Path) -> PathBuf {
    folder.join("sources.json")
}

/// The folder, ours as long as this value lives.
#[derive(Debug)]
pub(crate) struct State {
    folder: PathBuf,
    _lock: Flock<File>,
}

impl State {
    /// Takes the folder, creating it if it is missing.
    pub fn take(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let folder = folder.canonicalize()?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock"))?;
        match Flock::lock(lock, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Self { folder, _lock: lock }),
            Err((_, Errno::EWOULDBLOCK)) => {
                bail!("another run is using {}: stop it first (Ctrl-C where it runs)", folder.display())
            }
            Err((_, error)) => Err(error).with_context(|| format!("cannot lock {}", folder.display())),
        }
    }

    /// Forgets everything that runs kept in `folder`.
    pub fn erase(tools: &Toolchain, folder: &Path) -> Result<()> {
        if !folder.exists() {
            return Ok(());
        }
        let state = Self::take(folder)?;
        postgres::erase(tools, &state.folder)?;
        delete(&state.folder)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn chain(&self) -> PathBuf {
        self.folder.join("chain")
    }

    pub fn deployment(&self) -> PathBuf {
        self.folder.join("deployment.json")
    }

    pub fn indexer_log(&self) -> PathBuf {
        self.folder.join("indexer.log")
    }

    /// Remembers what the indexer has, for its owner's eyes only.
    pub fn keep_sources(&self, sources: &Sources) -> Result<()> {
        let file = sources_file(&self.folder);
        gone(fs::remove_file(&file), &file)?;
        let mut written = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&file)?;
        written.write_all(&serde_json::to_vec(sources)?).with_context(|| format!("cannot write {}", file.display()))
    }

    /// Forgets the chain and what belongs to it; the database is the caller's.
    pub fn erase_chain(&self) -> Result<()> {
        delete(&self.chain())?;
        delete(&self.folder.join("records"))?;
        for file in [self.deployment(), self.folder.join("demo.json")] {
            gone(fs::remove_file(&file), &file)?;
        }
        Ok(())
    }
}

fn delete(folder: &Path) -> Result<()> {
    gone(fs::remove_dir_all(folder), folder)
}

fn gone(result: io::Result<()>, path: &Path) -> Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot delete {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn one_at_a_time() {
        let folder = Scratch::new().unwrap();
        let first = State::take(folder.path()).unwrap();
        let refused = State::take(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("another run") && !refused.contains('\n'), "{refused}");
        drop(first);
        State::take(folder.path()).unwrap();
    }
}
