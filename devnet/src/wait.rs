//! Waiting for a condition, with a deadline.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Asks `condition` until it answers `Some`, at most for `within`.
///
/// # Errors
/// The condition's own error at once; after `within`, one that names `what` was waited for.
pub async fn until<T, F>(what: &str, within: Duration, mut condition: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = condition().await? {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            bail!("gave up after {within:?} waiting for {what}");
        }
        tokio::time::sleep(POLL).await;
    }
}
