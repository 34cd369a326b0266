//! The one reader for all listeners of this process: looks for what is new while anybody listens, and hands it round.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use super::batch::Batch;
use super::id::EventId;
use super::page::View;
use super::seats::Streams;
use crate::api::error::ApiError;

/// Pause between two looks. Asking the database, instead of having it tell, works on a standby too.
const LOOK: Duration = Duration::from_millis(50);
/// Batches kept for listeners that are behind; who is farther behind reads by itself.
pub(super) const KEPT: usize = 64;

/// Why there is nothing to hand round.
enum Nothing {
    /// Nothing is new, or the index is not live for the moment.
    Yet,
    /// Nothing may be told any more: every stream ends.
    AnyMore,
}

/// Looks until nobody listens.
pub(super) async fn run(streams: Arc<Streams>, batches: broadcast::Sender<Arc<Batch>>) {
    let mut hub = Hub { streams, reached: None, silent: false };
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        if hub.streams.retire_if_unheard(&batches) {
            return;
        }
        loop {
            match hub.look().await {
                Ok(batch) => drop(batches.send(Arc::new(batch))),
                Err(Nothing::Yet) => break,
                Err(Nothing::AnyMore) => return,
            }
        }
    }
}

struct Hub {
    streams: Arc<Streams>,
    reached: Option<EventId>,
    /// Whether the database has not answered since, which is said once.
    silent: bool,
}

impl Hub {
    async fn look(&mut self) -> Result<Batch, Nothing> {
        match self.next().await {
            Ok(found) => {
                if std::mem::take(&mut self.silent) {
                    info!("the database answers streams again");
                }
                found
            }
            Err(ApiError::NotIndexed(_)) => Err(Nothing::Yet),
            Err(ApiError::DoesNotVerify(_)) => Err(Nothing::AnyMore),
            Err(error) => {
                if !std::mem::replace(&mut self.silent, true) {
                    warn!(?error, "what is new cannot be read for streams; said once");
                }
                Err(Nothing::Yet)
            }
        }
    }

    async fn next(&mut self) -> Result<Result<Batch, Nothing>, ApiError> {
        let reader = &self.streams.reader;
        let Some(tip) = reader.tip().await? else { return Ok(Err(Nothing::Yet)) };
        if tip.halted {
            return Ok(Err(Nothing::AnyMore));
        }
        let Some(from) = self.reached else {
            self.reached = Some(View::open(reader).await?.head());
            return Ok(Err(Nothing::Yet));
        };
        if from.reached() == tip.reached() && from.is_of(Some(&tip.block.hash)) {
            return Ok(Err(Nothing::Yet));
        }
        let Some(batch) = View::open(reader).await?.next(&from).await? else {
            warn!("the database went back to before what streams were told: they begin anew");
            return Ok(Err(Nothing::AnyMore));
        };
        self.reached = Some(batch.to);
        Ok(Ok(batch))
    }
}
