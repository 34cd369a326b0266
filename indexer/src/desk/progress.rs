//! How far a replay is: a bar on a terminal, a line every two seconds elsewhere. On standard error, below what is told.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::sync::Bar;

const SAY_EVERY: Duration = Duration::from_secs(2);
const TEMPLATE: &str = "{bar:30} block {pos} of {len}, {eta} left";

pub(super) struct Progress {
    last: u64,
    said: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// `last`: the block that it goes up to.
    pub fn start(bar: &Bar, last: u64) -> Self {
        let bar = bar.terminal().map(|terminal| {
            let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
            terminal.add(ProgressBar::new(last).with_style(style))
        });
        Progress { last, said: Instant::now(), bar }
    }

    /// It has come to this block.
    pub fn at(&mut self, block: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(block);
        } else if self.said.elapsed() >= SAY_EVERY {
            self.said = Instant::now();
            eprintln!("replayed block {block} of {}", self.last);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
