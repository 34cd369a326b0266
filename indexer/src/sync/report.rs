//! How a backfill goes: a bar on a terminal, a line every few seconds elsewhere.

use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tracing::info;

const REPORT_EVERY: Duration = Duration::from_secs(5);
const TEMPLATE: &str = "{bar:30} block {pos} of {len}, {msg}, {eta} left";

/// Where bars are drawn, if anywhere. What is logged meanwhile must be written through it.
#[derive(Clone, Default)]
pub struct Bar(Option<MultiProgress>);

impl Bar {
    /// Drawn on a terminal.
    pub fn on(terminal: MultiProgress) -> Self {
        Bar(Some(terminal))
    }

    /// The terminal, if they are drawn on one.
    pub fn terminal(&self) -> Option<&MultiProgress> {
        self.0.as_ref()
    }
}

pub(super) struct Report {
    first: u64,
    last: u64,
    events: usize,
    started: Instant,
    said: Instant,
    bar: Option<ProgressBar>,
}

impl Report {
    /// `first`: the next block to index. `last`: the chain's head.
    pub fn start(bar: &Bar, first: u64, last: u64) -> Self {
        let bar = bar.0.as_ref().map(|terminal| {
            let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = terminal.add(ProgressBar::new(last).with_style(style).with_position(first));
            bar.reset_eta();
            bar
        });
        let now = Instant::now();
        Report { first, last, events: 0, started: now, said: now, bar }
    }

    /// Another step is read, up to this block.
    pub fn done(&mut self, block: u64, events: usize) {
        self.events += events;
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let events_per_second = (to_f64(self.events as u64) / seconds).round();
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{events_per_second} events/s"));
            bar.set_position(block);
        } else if self.said.elapsed() >= REPORT_EVERY {
            self.said = Instant::now();
            let blocks_per_second = to_f64(block + 1 - self.first) / seconds;
            let eta_seconds = (to_f64(self.last.saturating_sub(block)) / blocks_per_second).round();
            info!(block, head = self.last, events = self.events, events_per_second, eta_seconds, "backfill");
        }
    }

    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let seconds = self.started.elapsed().as_secs_f64();
        info!(events = self.events, seconds, "backfill done");
    }
}

#[expect(clippy::cast_precision_loss, reason = "rates to read, not to compute with")]
fn to_f64(number: u64) -> f64 {
    number as f64
}
