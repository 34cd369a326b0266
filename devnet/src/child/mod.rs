//! Child processes that die with us, whatever ends us.

mod spawner;

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::{self, Command, ExitStatus, Stdio},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
pub use nix::sys::signal::Signal;
use nix::{sys::signal::killpg, unistd::Pid};

/// How often a child's state is looked at.
const POLL: Duration = Duration::from_millis(20);
/// How much of a log's end is searched for its last lines, in bytes.
const LOG_TAIL: u64 = 8 * 1024;

/// A running (or just ended) child in a process group of its own. Dropping it kills and reaps it.
#[derive(Debug)]
pub struct Child {
    name: String,
    log: PathBuf,
    id: u32,
    process: Mutex<process::Child>,
}

impl Child {
    /// Starts `command` with its output in the file `log` (emptied first) and no input. When this process
    /// ends in any way, the child gets `on_our_death` (Linux; elsewhere only an orderly end stops it).
    ///
    /// # Errors
    /// When the log cannot be written or the program cannot be started.
    pub fn spawn(name: &str, mut command: Command, log: &Path, on_our_death: Signal) -> Result<Self> {
        let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let program = command.get_program().to_owned();
        let process = spawner::spawn(command, on_our_death)
            .with_context(|| format!("cannot start {name} ({})", program.display()))?;
        let id = process.id();
        Ok(Self { name: name.to_owned(), log: log.to_owned(), id, process: Mutex::new(process) })
    }

    /// The process id, also of its group.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The name it was started under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file that holds its output.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// How it ended, if it did.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn try_wait(&self) -> Result<Option<ExitStatus>> {
        Ok(self.lock().try_wait()?)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When the system does not tell.
    pub async fn wait(&self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.try_wait()? {
                return Ok(status);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Asks it to end by `signal`, and kills it if it has not after `within`. Nothing happens if it ended before.
    ///
    /// # Errors
    /// When it had to be killed.
    pub async fn stop(&self, signal: Signal, within: Duration) -> Result<()> {
        self.signal(signal);
        if tokio::time::timeout(within, self.wait()).await.is_ok() {
            return Ok(());
        }
        self.kill();
        Err(anyhow!("{} did not stop within {within:?} and was killed", self.name))
    }

    /// As [`Child::stop`], blocking the thread, for `Drop`.
    pub fn stop_blocking(&self, signal: Signal, within: Duration) {
        let deadline = Instant::now() + within;
        self.signal(signal);
        while Instant::now() < deadline {
            if !matches!(self.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(POLL);
        }
        self.kill();
    }

    /// Kills it and its group at once (SIGKILL) and reaps it.
    pub fn kill(&self) {
        self.signal(Signal::SIGKILL);
        // It cannot be waited for only if it was reaped before.
        let _ = self.lock().wait();
    }

    /// The last lines of its output that are not blank, oldest first.
    #[must_use]
    pub fn last_lines(&self, count: usize) -> Vec<String> {
        last_lines(&self.log, count).unwrap_or_default()
    }

    /// Signals the whole group, unless the child was reaped: then its id may be somebody else's by now.
    pub fn signal(&self, signal: Signal) {
        let mut process = self.lock();
        if let (Ok(None), Ok(id)) = (process.try_wait(), i32::try_from(self.id)) {
            let _ = killpg(Pid::from_raw(id), signal);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, process::Child> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The last lines of a log that are not blank, oldest first.
///
/// # Errors
/// When the file cannot be read.
pub fn last_lines(log: &Path, count: usize) -> Result<Vec<String>> {
    let mut file = File::open(log)?;
    let length = fs::metadata(log)?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let tail = String::from_utf8_lossy(&tail);
    let lines: Vec<&str> = tail.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    Ok(lines[lines.len().saturating_sub(count)..].iter().map(|&line| line.to_owned()).collect())
}
