//! `devnet replay`: a replayed chain as a process of its own.

use std::path::PathBuf;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};

use super::{Replay, ReplayOptions};

/// Bar updates are that many events apart.
const STEP: u64 = 1000;

/// Generates a chain, says where it is served, and serves it until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the port is taken or the deployment file cannot be written.
pub(crate) async fn run(options: ReplayOptions, deployment: Option<PathBuf>) -> Result<()> {
    // From here on, so that a signal during the generation is not lost.
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for Ctrl-C")?;
    let generating = tokio::task::spawn_blocking(move || generate(options));
    let replay = tokio::select! {
        generated = generating => generated.context("generating the chain failed")??,
        // The process ends; what it generates goes with it.
        _ = terminate.recv() => std::process::exit(143),
        _ = interrupt.recv() => std::process::exit(130),
    };
    if let Some(path) = deployment {
        replay.deployment().write(&path)?;
    }
    let head = replay.head();
    println!(
        "replayed chain: {}, {} events in {} blocks, head {:?}",
        replay.url(),
        replay.events(),
        head.number + 1,
        head.hash
    );
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn generate(options: ReplayOptions) -> Result<Replay> {
    let bar = ProgressBar::new(options.events);
    if let Ok(style) = ProgressStyle::with_template("generating {bar:30} {pos}/{len} events, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let replay = Replay::start_watched(options, |events| {
        if events >= bar.position() + STEP {
            bar.set_position(events);
        }
    });
    bar.finish_and_clear();
    replay
}
