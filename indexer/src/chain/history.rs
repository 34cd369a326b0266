//! Final blocks, fetched ahead of whoever reads them: many ranges in flight, spans in order, memory bounded.

use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use super::Span;
use super::core::Core;
use super::endpoint::IN_FLIGHT;
use super::error::ChainError;
use super::logs::length;
use super::pool::First;

/// Ranges in flight over all endpoints.
const MOST_IN_FLIGHT: usize = 16;
/// Bytes in memory of what is fetched and not yet read, with what is expected of the ranges in flight.
const BUDGET: usize = 16 << 20;
/// An answer as text, while it is being read, takes about this much more than what is made of it.
const TEXT: usize = 3;
/// Spans fetched and not yet read: even empty ones.
const SPANS_AHEAD: usize = 8;

type Fetched = Result<Vec<Span>, ChainError>;

/// The spans of a range. Fetching goes on by itself while the reader is busy, and ends with the stream.
pub fn history(core: Arc<Core>, range: RangeInclusive<u64>) -> BoxStream<'static, Result<Span, ChainError>> {
    let (send, receive) = mpsc::channel(1);
    let task = Running(tokio::spawn(Ahead::new(core, range).run(send)));
    let next = |(mut receive, task): (mpsc::Receiver<_>, Running)| async move {
        receive.recv().await.map(|span| (span, (receive, task)))
    };
    stream::unfold((receive, task), next).boxed()
}

/// Ends the fetching when nobody reads any more.
struct Running(JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Ahead {
    core: Arc<Core>,
    /// What no range in flight or fetched covers yet.
    left: Option<RangeInclusive<u64>>,
    running: JoinSet<(usize, usize, Fetched)>,
    /// Ranges in flight at each endpoint.
    at: Vec<usize>,
    /// Ranges are numbered in order: the next to begin, and the next to be read.
    begun: usize,
    read: usize,
    fetched: BTreeMap<usize, Fetched>,
    ready: VecDeque<Result<Span, ChainError>>,
    held: usize,
}

impl Ahead {
    fn new(core: Arc<Core>, range: RangeInclusive<u64>) -> Self {
        let at = vec![0; core.pool.len()];
        Ahead {
            core,
            left: (!range.is_empty()).then_some(range),
            running: JoinSet::new(),
            at,
            begun: 0,
            read: 0,
            fetched: BTreeMap::new(),
            ready: VecDeque::new(),
            held: 0,
        }
    }

    async fn run(mut self, send: mpsc::Sender<Result<Span, ChainError>>) {
        loop {
            while self.may_begin() {
                self.begin();
            }
            if self.ready.is_empty() && self.running.is_empty() {
                return;
            }
            tokio::select! {
                place = send.reserve(), if !self.ready.is_empty() => {
                    let (Ok(place), Some(span)) = (place, self.take()) else { return };
                    let failed = span.is_err();
                    place.send(span);
                    if failed {
                        return;
                    }
                }
                Some(done) = self.running.join_next() => match done {
                    Ok((number, endpoint, fetched)) => self.finish(number, endpoint, fetched),
                    // Only when the runtime ends, or by a defect whose message the panic already gave.
                    Err(_) => return,
                },
            }
        }
    }

    fn may_begin(&self) -> bool {
        if self.left.is_none() {
            return false;
        }
        if self.running.is_empty() && self.ready.is_empty() && self.fetched.is_empty() {
            return true;
        }
        let most = (IN_FLIGHT * self.core.pool.len()).min(MOST_IN_FLIGHT);
        let expected = usize::try_from(self.core.sizer.expected_bytes()).unwrap_or(BUDGET).saturating_mul(TEXT);
        self.core.sizer.measured()
            && self.running.len() < most
            && self.ready.len() + self.fetched.len() < SPANS_AHEAD
            && self.held + expected.saturating_mul(self.running.len() + 1) <= BUDGET
    }

    /// Starts the next range, as large as the endpoint with the least to do allows.
    fn begin(&mut self) {
        let Some((start, end)) = self.left.take().map(RangeInclusive::into_inner) else { return };
        let pool = &self.core.pool;
        let least = |number: &usize| (pool.endpoint(*number).resting() != (None, None), self.at[*number]);
        let endpoint = (0..pool.len()).min_by_key(least).unwrap_or(0);
        let blocks = self.core.sizer.blocks().min(pool.endpoint(endpoint).allows.blocks.load(Ordering::Relaxed)).max(1);
        let last = end.min(start.saturating_add(blocks - 1));
        self.left = (last < end).then(|| last + 1..=end);
        self.at[endpoint] += 1;
        let (core, number) = (self.core.clone(), self.begun);
        self.begun += 1;
        self.running.spawn(async move {
            let fetched = core.spans(start..=last, First::This(endpoint)).await;
            (number, endpoint, fetched)
        });
    }

    fn finish(&mut self, number: usize, endpoint: usize, fetched: Fetched) {
        self.at[endpoint] -= 1;
        if let Ok(spans) = &fetched {
            self.held += spans.iter().map(Span::weight).sum::<usize>();
            debug_assert!(spans.iter().all(|span| length(&span.range) > 0));
        }
        self.fetched.insert(number, fetched);
        while let Some(next) = self.fetched.remove(&self.read) {
            self.read += 1;
            match next {
                Ok(spans) => self.ready.extend(spans.into_iter().map(Ok)),
                Err(error) => {
                    self.ready.push_back(Err(error));
                    self.left = None;
                }
            }
        }
    }

    fn take(&mut self) -> Option<Result<Span, ChainError>> {
        let span = self.ready.pop_front();
        if let Some(Ok(span)) = &span {
            self.held -= span.weight();
        }
        span
    }
}
