//! Folders that last as long as the value that owns them.

use std::{
    env, fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Once,
    time::Duration,
};

use anyhow::{Context, Result};
use nix::{
    errno::Errno,
    sys::signal::kill,
    unistd::{Pid, Uid},
};

/// How old a folder must be before it counts as forgotten: its process may be one we cannot see, in a container.
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);

/// A new folder under the system's temporary folder, deleted when dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Creates the folder. Other users may pass through it (PostgreSQL's own user has to), not list it.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn new() -> Result<Self> {
        static SWEPT: Once = Once::new();
        let parent = env::temp_dir();
        SWEPT.call_once(|| sweep(&parent));
        let path = parent.join(format!("chartkey-{}-{:016x}", std::process::id(), rand::random::<u64>()));
        fs::DirBuilder::new()
            .mode(0o711)
            .create(&path)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o711)))
            .with_context(|| format!("cannot create the folder {}", path.display()))?;
        Ok(Self(path))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing can be done about a failure here, and nothing depends on it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Deletes what killed processes of ours left behind: they could not.
fn sweep(parent: &Path) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for folder in entries.map(|entry| entry.path()).filter(|folder| is_forgotten(folder).unwrap_or(false)) {
        let _ = fs::remove_dir_all(folder);
    }
}

fn is_forgotten(folder: &Path) -> io::Result<bool> {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let owner = name.strip_prefix("chartkey-").and_then(|rest| rest.split_once('-'));
    let Some(owner) = owner.and_then(|(id, _)| id.parse().ok()) else { return Ok(false) };
    let found = fs::symlink_metadata(folder)?;
    let old = found.modified()?.elapsed().is_ok_and(|age| age > FORGOTTEN);
    let dead = kill(Pid::from_raw(owner), None) == Err(Errno::ESRCH);
    Ok(found.is_dir() && found.uid() == Uid::effective().as_raw() && old && dead)
}

#[cfg(test)]
mod tests {
    use std::{fs::File, process::Command, time::SystemTime};

    use super::*;

    #[test]
    fn is_deleted_with_its_owner() {
        let scratch = Scratch::new().unwrap();
        let path = scratch.path().to_owned();
        fs::write(path.join("file"), "content").unwrap();
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn what_killed_processes_left_is_swept_once_it_is_old() {
        let parent = Scratch::new().unwrap();
        let mut process = Command::new("true").spawn().unwrap();
        process.wait().unwrap();
        let make = |owner: u32, name: &str, old: bool| {
            let folder = parent.path().join(format!("chartkey-{owner}-{name}"));
            fs::create_dir(&folder).unwrap();
            let age = if old { FORGOTTEN * 2 } else { Duration::ZERO };
            File::open(&folder).unwrap().set_modified(SystemTime::now() - age).unwrap();
            folder
        };
        let (forgotten, new) = (make(process.id(), "old", true), make(process.id(), "new", false));
        let alive = make(std::process::id(), "alive", true);
        sweep(parent.path());
        assert!(!forgotten.exists() && new.exists() && alive.exists());
    }
}
