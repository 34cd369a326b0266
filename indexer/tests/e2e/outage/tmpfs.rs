//! A disk that fills up.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use chartkey_devnet::postgres::Postgres;
use chartkey_devnet::scratch::Scratch;

/// A disk of 48 MB in memory, unmounted when dropped.
pub struct Small {
    folder: PathBuf,
    scratch: Scratch,
}

impl Small {
    /// `None` where mounting is not allowed.
    pub fn mount(server: &Postgres) -> Option<Self> {
        let scratch = Scratch::new().unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=48m", "tmpfs"]).arg(scratch.path()).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            return None;
        }
        let disk = Small { folder: scratch.path().join("data"), scratch };
        fs::create_dir(&disk.folder).unwrap();
        let owner = fs::metadata(server.data()).unwrap();
        chown(&disk.folder, Some(owner.uid()), Some(owner.gid())).unwrap();
        Some(disk)
    }

    /// Where data go.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn ballast(&self) -> PathBuf {
        self.scratch.path().join("ballast")
    }

    /// Takes all that is free.
    pub fn fill(&self) {
        let mut ballast = fs::File::create(self.ballast()).unwrap();
        while ballast.write_all(&[0; 4096]).is_ok() {}
    }

    /// Gives it back.
    pub fn relieve(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Lazily: a server that is killed with a failed test may still have files open.
        let _ = Command::new("umount").arg("-l").arg(self.scratch.path()).status();
    }
}
