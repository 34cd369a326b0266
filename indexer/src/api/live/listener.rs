//! One listener: catches up by reading for itself, goes on with what the hub hands round, and catches up again whenever it fell
//! behind or missed something. What it is told depends on where it is alone, so it makes no difference which of the two it was.

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;
use tracing::warn;

use super::batch::{Batch, Frame, reorg_frame};
use super::page::View;
use super::seats::{Seat, Streams};
use super::start::Start;
use crate::api::error::ApiError;
use crate::api::snapshot::Record;
use crate::model::view::Reorg;
use crate::model::{Address, Block, Position, REGISTRY};
use crate::store::read::{Reached, Withdrawal};

/// How often a listener is told how far it is, and is looked at whether it may still listen.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(15);
/// A frame that says nothing.
const NOTHING: Bytes = Bytes::from_static(b":\n\n");

/// Whether the caller still is who they were.
pub(super) type StillWelcome = Box<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send>;

pub(super) struct Listener {
    streams: Arc<Streams>,
    seat: Seat,
    still_welcome: StillWelcome,
    record: Record,
    /// Whom it has told of, which is on record. `None`: of everybody, on record from the beginning.
    told_of: Option<HashSet<Address>>,
    batches: broadcast::Receiver<Arc<Batch>>,
    stop: watch::Receiver<bool>,
    reached: Reached,
    /// `reached` as a frame, if it is known.
    mark: Bytes,
    caught_up: bool,
    unsent: VecDeque<Bytes>,
    heartbeat: Instant,
}

/// The stream is over: the client comes again, with the last id it has.
struct Over;

impl Listener {
    /// `of_everybody`: it is on record already that everybody is told of.
    pub fn new(
        streams: Arc<Streams>,
        seat: Seat,
        still_welcome: StillWelcome,
        (record, of_everybody): (Record, bool),
        start: Start,
    ) -> Self {
        let first = HEARTBEAT.mul_f64(rand::random_range(0.5..1.0));
        Listener {
            stop: streams.stop.clone(),
            batches: streams.listen(),
            streams,
            seat,
            still_welcome,
            record,
            told_of: (!of_everybody).then(HashSet::new),
            reached: start.reached,
            mark: NOTHING,
            caught_up: start.at_head,
            unsent: start.frames.into(),
            heartbeat: Instant::now() + first,
        }
    }

    /// What is sent, frame by frame, only as fast as it is taken.
    pub fn frames(self) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> + Send {
        stream::unfold(self, async |mut listener| listener.next().await.map(|frame| (Ok(frame), listener)))
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if *self.stop.borrow() {
                return None;
            }
            if let Some(frame) = self.unsent.pop_front() {
                return Some(frame);
            }
            self.go_on().await.ok()?;
        }
    }

    async fn go_on(&mut self) -> Result<(), Over> {
        if self.heartbeat <= Instant::now() {
            return self.beat().await;
        }
        if !self.caught_up {
            return self.catch_up().await;
        }
        let heard = tokio::select! {
            biased;
            _ = self.stop.wait_for(|stop| *stop) => return Err(Over),
            () = tokio::time::sleep_until(self.heartbeat) => return Ok(()),
            heard = self.batches.recv() => heard,
        };
        match heard {
            Ok(batch) if batch.from <= self.reached => self.take(&batch).await,
            // Something lies between.
            Ok(_) | Err(RecvError::Lagged(_)) => {
                self.caught_up = false;
                Ok(())
            }
            Err(RecvError::Closed) => Err(Over),
        }
    }

    async fn beat(&mut self) -> Result<(), Over> {
        self.heartbeat = Instant::now() + HEARTBEAT;
        if !(self.still_welcome)().await {
            return Err(Over);
        }
        self.unsent.push_back(self.mark.clone());
        Ok(())
    }

    /// Reads the next page; the last one ends at the head.
    async fn catch_up(&mut self) -> Result<(), Over> {
        let read = read_page(&self.streams, self.reached, self.seat.account);
        let read = tokio::select! {
            _ = self.stop.wait_for(|stop| *stop) => return Err(Over),
            read = read => read,
        };
        let (batch, at_head) = read.map_err(over("it could not catch up"))?;
        self.caught_up = at_head;
        self.take(&batch).await
    }

    /// Comes as far as a batch, and has what is new in it sent.
    async fn take(&mut self, batch: &Batch) -> Result<(), Over> {
        let to = batch.to.reached();
        if to.withdrawals < self.reached.withdrawals {
            return Ok(());
        }
        if let Some(reorg) = rewind(&mut self.reached, &batch.withdrawals, self.seat.account) {
            self.unsent.push_back(reorg_frame(&reorg).map_err(over("a reorg could not be written"))?);
        }
        self.reached.withdrawals = to.withdrawals;
        let own = batch.own(self.seat.account, self.reached.at);
        self.write_down(&own, batch.head).await.map_err(over("it could not be written down whom it tells of"))?;
        self.unsent.extend(own.iter().map(|frame| frame.text.clone()));
        if to.at >= self.reached.at {
            self.reached = to;
            self.mark = batch.mark.clone();
        }
        Ok(())
    }

    /// Puts on record who is told of for the first time in this stream.
    async fn write_down(&mut self, frames: &[&Frame], head: Block) -> Result<(), ApiError> {
        let Some(known) = &mut self.told_of else { return Ok(()) };
        let subjects = frames.iter().map(|frame| frame.subject);
        let new: Vec<Address> = subjects.filter(|subject| *subject != REGISTRY && known.insert(*subject)).collect();
        if new.is_empty() { Ok(()) } else { self.record.write_down(new, head).await }
    }
}

fn over<E: std::fmt::Debug>(what: &'static str) -> impl Fn(E) -> Over {
    move |error| {
        warn!(?error, "a stream ends: {what}");
        Over
    }
}

async fn read_page(streams: &Streams, reached: Reached, account: Option<Address>) -> Result<(Batch, bool), ApiError> {
    let _turn = streams.reading.acquire().await;
    View::open(&streams.reader).await?.next_own(reached, account).await
}

/// Takes a reader back to before what was withdrawn since. `None`: they were told of nothing that was.
fn rewind(reached: &mut Reached, withdrawals: &[Withdrawal], account: Option<Address>) -> Option<Reorg> {
    let mut reorg = Reorg { from_block: u64::MAX, withdrawn: Vec::new() };
    for withdrawal in withdrawals.iter().filter(|withdrawal| withdrawal.number > reached.withdrawals) {
        let Some(at) = reached.at.filter(|at| at.block_number >= withdrawal.first_block) else { continue };
        let told = withdrawal.events.iter().filter(|(event, concerned)| {
            (event.block_number, event.log_index) <= (at.block_number, at.log_index)
                && account.is_none_or(|account| concerned.contains(&account))
        });
        reorg.withdrawn.extend(told.map(|(event, _)| *event));
        reorg.from_block = withdrawal.first_block;
        reached.at = Position::before(withdrawal.first_block);
    }
    reorg.withdrawn.sort_unstable_by_key(|event| (event.block_number, event.log_index));
    (!reorg.withdrawn.is_empty()).then_some(reorg)
}
