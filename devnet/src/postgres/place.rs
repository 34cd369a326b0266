//! Where the programs and the data are, such that the server's account reaches both.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use ethers::utils::keccak256;
use nix::unistd::Uid;

use super::account::Account;
use crate::toolchain::{PostgresBinaries, Toolchain};

/// Where things go that the server's account cannot reach in the checkout. Survives a restart of the machine.
const ELSEWHERE: &str = "/var/tmp";

#[derive(Debug)]
pub(super) struct Place {
    bin: PathBuf,
    /// Ours, of the server's account, closed to others: holds the data and the password.
    folder: PathBuf,
    log: PathBuf,
    account: Account,
}

impl Place {
    /// Finds or makes the place of the server whose state folder is `state`.
    pub fn prepare(tools: &Toolchain, state: &Path, account: Account) -> Result<Self> {
        fs::create_dir_all(state).with_context(|| format!("cannot create {}", state.display()))?;
        let state = state.canonicalize()?;
        let folder = folder(tools, &state, &account);
        if !folder.starts_with(&state) {
            own_folder(&elsewhere(tools))?;
        }
        if !folder.exists() {
            fs::DirBuilder::new().mode(0o700).create(&folder)?;
            account.give(&folder)?;
        }
        let bin = programs(tools, &tools.postgres()?, &account)?;
        Ok(Self { bin, folder, log: state.join("postgres.log"), account })
    }

    /// The place, if there are data.
    pub fn existing(tools: &Toolchain, state: &Path, account: Account) -> Option<Self> {
        let state = state.canonicalize().ok()?;
        let folder = folder(tools, &state, &account);
        let log = state.join("postgres.log");
        folder.exists().then(|| Self { bin: PathBuf::new(), folder, log, account })
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn password(&self) -> PathBuf {
        self.folder.join("password")
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn log(&self) -> PathBuf {
        self.log.clone()
    }

    pub fn account(&self) -> &Account {
        &self.account
    }

    /// A program of PostgreSQL, run under the server's account.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        // Wherever we are, its account may not be allowed to be.
        command.current_dir("/").env_clear().env("LC_ALL", "C").env("TZ", "UTC");
        self.account.run(&mut command);
        command
    }

    pub fn erase(self) -> Result<()> {
        delete(&self.folder)
    }
}

/// Deletes everything of this checkout that is elsewhere.
pub(super) fn erase_elsewhere(tools: &Toolchain) -> Result<()> {
    let folder = elsewhere(tools);
    if folder.exists() { delete(&folder) } else { Ok(()) }
}

fn delete(folder: &Path) -> Result<()> {
    fs::remove_dir_all(folder).with_context(|| format!("cannot delete {}", folder.display()))
}

fn folder(tools: &Toolchain, state: &Path, account: &Account) -> PathBuf {
    if account.reaches(state) {
        state.join("postgres")
    } else {
        elsewhere(tools).join(format!("data-{}", short_hash(state)))
    }
}

fn elsewhere(tools: &Toolchain) -> PathBuf {
    Path::new(ELSEWHERE).join(format!("chartkey-{}", short_hash(tools.root())))
}

fn short_hash(path: &Path) -> String {
    let hash = keccak256(path.as_os_str().as_encoded_bytes());
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes sure that `folder` is ours alone to write: anybody may create names below `/var/tmp`.
fn own_folder(folder: &Path) -> Result<()> {
    match fs::DirBuilder::new().mode(0o711).create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(error).with_context(|| format!("cannot create {}", folder.display()));
        }
        _ => {}
    }
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() || found.uid() != Uid::effective().as_raw() || found.mode() & 0o022 != 0 {
        bail!("{} is not ours: somebody else made it; look at it and delete it", folder.display());
    }
    // The mode above went through the umask.
    Ok(fs::set_permissions(folder, fs::Permissions::from_mode(0o711))?)
}

/// The folder of the programs, copied elsewhere if the account cannot reach them.
fn programs(tools: &Toolchain, found: &PostgresBinaries, account: &Account) -> Result<PathBuf> {
    if account.reaches(&found.bin) {
        return Ok(found.bin.clone());
    }
    let Some(movable) = &found.movable else {
        bail!("PostgreSQL's account cannot reach {}: run `make setup`", found.bin.display())
    };
    let shared = elsewhere(tools);
    own_folder(&shared)?;
    let copy = shared.join(format!("programs-{}", version(movable)?));
    if !copy.exists() {
        // Several may copy at once: each its own, and the first to finish wins.
        let new = shared.join(format!("new-{:016x}", rand::random::<u64>()));
        copy_tree(movable, &new)?;
        if fs::rename(&new, &copy).is_err() {
            fs::remove_dir_all(&new)?;
        }
    }
    Ok(copy.join("bin"))
}

fn version(movable: &Path) -> Result<String> {
    let package = movable.join("../package.json");
    let package = fs::read_to_string(&package).with_context(|| format!("cannot read {}", package.display()))?;
    let package: serde_json::Value = serde_json::from_str(&package)?;
    Ok(package["version"].as_str().context("the npm package has no version")?.to_owned())
}

/// Copies files, folders and symbolic links, readable by everybody.
fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(from)? {
        let (entry, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
        let target = to.join(entry.file_name().context("a folder's entry has a name")?);
        if kind.is_dir() {
            copy_tree(&entry, &target)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&entry)?, &target)?;
        } else {
            fs::copy(&entry, &target)?;
            let executable = entry.metadata()?.mode() & 0o111 != 0;
            fs::set_permissions(&target, fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 }))?;
        }
    }
    Ok(())
}
