//! Saying the same trouble once in a while instead of each time.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The same trouble is said again after this.
const EVERY: Duration = Duration::from_secs(30);

/// One kind of trouble.
#[derive(Debug, Default)]
pub struct Worry(Mutex<Option<Instant>>);

impl Worry {
    /// Runs `say` unless it ran less than 30 s ago.
    pub fn say(&self, say: impl FnOnce()) {
        let mut said = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if said.is_none_or(|said| said.elapsed() >= EVERY) {
            *said = Some(Instant::now());
            say();
        }
    }
}
