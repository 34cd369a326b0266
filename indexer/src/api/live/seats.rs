//! Who listens: at most so many at once, and of one account a few.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, broadcast, watch};

use super::batch::Batch;
use super::hub;
use crate::api::error::ApiError;
use crate::model::Address;
use crate::store::Reader;

/// Streams of one account at once: its browser's tabs, and some to spare.
const OF_ONE_ACCOUNT: usize = 10;
/// Listeners that read the database at once: requests need its connections too.
const READING: usize = 4;

/// The streams of this process.
pub(in crate::api) struct Streams {
    pub(super) reader: Reader,
    /// Turns true when all streams are to end.
    pub(super) stop: watch::Receiver<bool>,
    /// To read the database by oneself.
    pub(super) reading: Semaphore,
    /// Streams at once.
    most: usize,
    seats: Mutex<Seats>,
}

#[derive(Default)]
struct Seats {
    taken: usize,
    of_account: HashMap<Address, usize>,
    /// Where the hub hands batches round. Without a hub there is none: nobody listens, or it ended.
    batches: Option<broadcast::WeakSender<Arc<Batch>>>,
}

impl Streams {
    /// `most`: at once.
    pub fn new(reader: Reader, most: usize, stop: watch::Receiver<bool>) -> Arc<Self> {
        Arc::new(Streams { reader, stop, reading: Semaphore::new(READING), most, seats: Mutex::default() })
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more listener; one that is not signed in counts for all alone.
    pub(super) fn take_seat(self: &Arc<Self>, account: Option<Address>) -> Result<Seat, ApiError> {
        let mut seats = self.seats();
        if seats.taken >= self.most {
            return Err(ApiError::TooManyStreams);
        }
        if let Some(account) = account {
            let own = seats.of_account.entry(account).or_default();
            if *own >= OF_ONE_ACCOUNT {
                return Err(ApiError::TooManyOwnStreams(OF_ONE_ACCOUNT));
            }
            *own += 1;
        }
        seats.taken += 1;
        Ok(Seat { streams: Arc::clone(self), account })
    }

    /// What is handed round from now on.
    pub(super) fn listen(self: &Arc<Self>) -> broadcast::Receiver<Arc<Batch>> {
        let mut seats = self.seats();
        if let Some(batches) = seats.batches.as_ref().and_then(broadcast::WeakSender::upgrade) {
            return batches.subscribe();
        }
        let (batches, listener) = broadcast::channel(hub::KEPT);
        seats.batches = Some(batches.downgrade());
        tokio::spawn(hub::run(Arc::clone(self), batches));
        listener
    }

    /// Ends the hub's time if nobody listens: whoever comes from now on begins another.
    pub(super) fn retire_if_unheard(&self, batches: &broadcast::Sender<Arc<Batch>>) -> bool {
        let mut seats = self.seats();
        let unheard = batches.receiver_count() == 0;
        if unheard {
            seats.batches = None;
        }
        unheard
    }
}

/// A listener's place, given back when dropped.
pub(super) struct Seat {
    streams: Arc<Streams>,
    pub account: Option<Address>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.streams.seats();
        seats.taken -= 1;
        if let Some(account) = self.account
            && let Some(own) = seats.of_account.get_mut(&account)
        {
            *own -= 1;
            if *own == 0 {
                seats.of_account.remove(&account);
            }
        }
    }
}
