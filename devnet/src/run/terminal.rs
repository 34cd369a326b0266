//! What people see.

use std::{
    io::{IsTerminal, Write, stdout},
    sync::Mutex,
};

use indicatif::{ProgressBar, ProgressStyle};

/// One line. Whether anybody reads it is not our matter: a closed pipe must not end us.
pub(super) fn say(line: &str) {
    let mut out = stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Progress of something that takes long: a bar on a terminal, else a line for each quarter.
pub(super) struct Progress {
    what: &'static str,
    bar: Option<ProgressBar>,
    quarter: Mutex<Option<u64>>,
}

impl Progress {
    pub fn new(what: &'static str) -> Self {
        let bar = stdout().is_terminal().then(|| {
            let style = ProgressStyle::with_template("  {prefix} [{bar:30}] {pos}/{len} {wide_msg}");
            let bar = ProgressBar::new(0).with_prefix(what);
            // A template that does not parse leaves the usual bar.
            if let Ok(style) = style { bar.with_style(style) } else { bar }
        });
        Self { what, bar, quarter: Mutex::new(None) }
    }

    /// `done` of `of` is done, and `now` comes.
    pub fn at(&self, done: u64, of: u64, now: &str) {
        if let Some(bar) = &self.bar {
            bar.set_length(of);
            bar.set_position(done);
            bar.set_message(now.to_owned());
            return;
        }
        let Ok(mut last) = self.quarter.lock() else { return };
        let quarter = Some(done * 4 / of.max(1));
        if *last != quarter {
            *last = quarter;
            say(&format!("  {} {done}/{of}", self.what));
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
