//! Waiting for others without filling the log.

use std::fmt::Display;
use std::time::{Duration, Instant};

use tracing::{info, warn};

/// How often it is said.
const EVERY: Duration = Duration::from_secs(30);

/// Says once in a while that something does not answer, and once that it does again.
#[derive(Debug)]
pub struct Patience {
    what: &'static str,
    since: Option<Instant>,
    said: Option<Instant>,
    /// Whether the latest thing said was that it does not answer.
    open: bool,
}

impl Patience {
    /// `what`: whom we wait for, as in "waiting for the chain".
    pub fn new(what: &'static str) -> Self {
        Patience { what, since: None, said: None, open: false }
    }

    /// It failed once more.
    pub fn note(&mut self, error: &dyn Display) {
        let since = *self.since.get_or_insert_with(Instant::now);
        if self.said.is_none_or(|said| said.elapsed() >= EVERY) {
            (self.said, self.open) = (Some(Instant::now()), true);
            warn!(%error, seconds = since.elapsed().as_secs(), "waiting for {}", self.what);
        }
    }

    /// It works. What works and fails by turns (a database that answers but is full) is not said each time either.
    pub fn end(&mut self) {
        if let Some(since) = self.since.take()
            && std::mem::take(&mut self.open)
        {
            info!(seconds = since.elapsed().as_secs(), "{} answers again", self.what);
        }
    }
}
