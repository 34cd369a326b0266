//! What a process has used, as /proc tells it.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// Kernel ticks a second: fixed in Linux's interface to programs (`USER_HZ`).
const TICKS: f64 = 100.0;

/// What a process used by itself: seconds of processor time, in user and kernel mode.
pub fn cpu(id: u32) -> Result<Duration> {
    Ok(times(id)?.own)
}

/// What a server and all of its processes used, those that have ended included.
pub fn cpu_of_family(id: u32) -> Result<Duration> {
    let parent = times(id)?;
    let children = fs::read_dir("/proc")?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // One that ends while we look is counted by its parent the next time.
    let living: Duration =
        children.filter_map(|child| times(child).ok()).filter(|t| t.parent == id).map(|t| t.own).sum();
    Ok(parent.own + parent.ended_children + living)
}

/// The most memory that a process had resident so far, in MiB.
pub fn peak_memory(id: u32) -> Result<f64> {
    status(id, "VmHWM:")
}

/// The memory that a process has resident, in MiB.
pub fn memory(id: u32) -> Result<f64> {
    status(id, "VmRSS:")
}

fn status(id: u32, name: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib: f64 = line.with_context(|| format!("/proc tells no {name}"))?.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}

struct Times {
    parent: u32,
    own: Duration,
    ended_children: Duration,
}

fn times(id: u32) -> Result<Times> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name before is in brackets, and may hold blanks.
    let (_, rest) = stat.rsplit_once(')').context("/proc/<id>/stat is of another form")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |nth: usize| -> Result<f64> { Ok(fields.get(nth).context("/proc/<id>/stat is too short")?.parse()?) };
    Ok(Times {
        parent: fields.get(1).context("/proc/<id>/stat is too short")?.parse()?,
        own: Duration::from_secs_f64((ticks(11)? + ticks(12)?) / TICKS),
        ended_children: Duration::from_secs_f64((ticks(13)? + ticks(14)?) / TICKS),
    })
}
