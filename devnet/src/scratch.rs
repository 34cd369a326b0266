//! Folders that last as long as the value that owns them.

use std::{
    env, fs,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// A new folder under the system's temporary folder, deleted when dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Creates the folder. Other users may pass through it (PostgreSQL's own user has to), not list it.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn new() -> Result<Self> {
        let path = env::temp_dir().join(format!("chartkey-{}-{:016x}", std::process::id(), rand::random::<u64>()));
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
