//! The folder that keeps everything between runs, and that one run at a time may use.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
};

use crate::{postgres, toolchain::Toolchain};

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
