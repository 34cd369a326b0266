//! The server's data folder: making one, and who uses it.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::{Context, Result, bail};
use nix::{errno::Errno, sys::signal::kill, unistd::Pid};

use super::{place::Place, url::USER};
use crate::child::{Child, Signal};

/// Makes the data folder if there is none, and gives the password.
pub(super) async fn ensure(place: &Place) -> Result<String> {
    if !place.data().join("PG_VERSION").exists() {
        create(place).await?;
    }
    let password = fs::read_to_string(place.password());
    let password = password.with_context(|| format!("cannot read {}", place.password().display()))?;
    Ok(password.trim().to_owned())
}

/// Everything or nothing: data are in place only once `initdb` is through.
async fn create(place: &Place) -> Result<()> {
    let new = place.folder().join("new");
    for half_made in [&new, &place.data()] {
        if half_made.exists() {
            fs::remove_dir_all(half_made)?;
        }
    }
    write_password(place)?;
    let mut initdb = place.program("initdb");
    initdb.arg("--pgdata").arg(&new).arg("--pwfile").arg(place.password());
    initdb.args(["--username", USER, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"]);
    initdb.args(["--set", "timezone=UTC", "--set", "log_timezone=UTC"]);
    let initdb = Child::spawn("initdb", initdb, &place.log(), Signal::SIGKILL)?;
    if !initdb.wait().await?.success() {
        bail!("initdb failed: {} (log: {})", initdb.last_lines(3).join(" "), place.log().display());
    }
    Ok(fs::rename(new, place.data())?)
}

fn write_password(place: &Place) -> Result<()> {
    let path = place.password();
    if path.exists() {
        fs::remove_file(&path)?;
    }
    let password: String = rand::random::<[u8; 24]>().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(password.as_bytes())?;
    place.account().give(&path)
}

/// Refuses data that a server is using.
pub(super) fn refuse_if_in_use(place: &Place) -> Result<()> {
    if let Some(id) = server_on(place)? {
        bail!("PostgreSQL (process {id}) is already running on {}: stop it first", place.data().display());
    }
    Ok(())
}

/// The process of the server that uses the data. A server finds that out by itself, but takes a killed predecessor for
/// alive once its process id has gone to some other program: then the lock it left is deleted here.
pub(super) fn server_on(place: &Place) -> Result<Option<i32>> {
    let lock = place.data().join("postmaster.pid");
    let Ok(content) = fs::read_to_string(&lock) else { return Ok(None) };
    let id = content.lines().next().and_then(|line| line.trim().parse::<i32>().ok());
    let Some(id) = id.filter(|&id| kill(Pid::from_raw(id), None) != Err(Errno::ESRCH)) else { return Ok(None) };
    if is_postgres(id) {
        return Ok(Some(id));
    }
    fs::remove_file(&lock).with_context(|| format!("cannot delete {}", lock.display()))?;
    Ok(None)
}

/// Whether a process is a PostgreSQL; yes where the system does not tell.
fn is_postgres(id: i32) -> bool {
    let name = fs::read_to_string(Path::new("/proc").join(id.to_string()).join("comm"));
    name.map_or(true, |name| name.trim() == "postgres")
}
