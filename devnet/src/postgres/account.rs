//! Which system account the server runs under.

use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::Command,
};

use anyhow::{Context, Result, bail};
use nix::unistd::{Uid, User, chown};

/// The account the server runs under.
#[derive(Clone, Debug)]
pub(super) struct Account {
    uid: u32,
    gid: u32,
    /// Whether it is another than ours.
    other: bool,
}

impl Account {
    /// Ours; as root, which PostgreSQL refuses, `postgres` or else `nobody`.
    pub fn for_server() -> Result<Self> {
        let us = Uid::effective();
        if !us.is_root() {
            return Ok(Self { uid: us.as_raw(), gid: nix::unistd::Gid::effective().as_raw(), other: false });
        }
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name)? {
                return Ok(Self { uid: user.uid.as_raw(), gid: user.gid.as_raw(), other: true });
            }
        }
        bail!("PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it: create one")
    }

    /// Makes `command` run under this account, with no other groups.
    pub fn run(&self, command: &mut Command) {
        if self.other {
            // The standard library drops all further groups when root changes the user.
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Gives `path` to this account.
    pub fn give(&self, path: &Path) -> Result<()> {
        if self.other {
            chown(path, Some(self.uid.into()), Some(self.gid.into()))
                .with_context(|| format!("cannot give {} to PostgreSQL's account", path.display()))?;
        }
        Ok(())
    }

    /// Whether this account can pass through every folder down to `path` and into it.
    pub fn reaches(&self, path: &Path) -> bool {
        !self.other || path.ancestors().all(|folder| self.passes(folder))
    }

    fn passes(&self, folder: &Path) -> bool {
        let Ok(folder) = fs::metadata(folder) else {
            return false;
        };
        let bits = if folder.uid() == self.uid {
            folder.mode() >> 6
        } else if folder.gid() == self.gid {
            folder.mode() >> 3
        } else {
            folder.mode()
        };
        bits & 0o1 != 0
    }
}
