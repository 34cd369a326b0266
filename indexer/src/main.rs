use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;

use chartkey_indexer::config::Cli;
use chartkey_indexer::sync::Bar;
use chartkey_indexer::{app, telemetry};
use clap::Parser as _;
use indicatif::MultiProgress;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// glibc's keeps what each thread's arena once needed, and a backfill's work wanders from thread to thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc.h: milliseconds that freed memory is kept for the next who needs some.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Freed memory goes back to the system at once: half the memory of a backfill, for some percent of its own CPU time.
#[expect(unsafe_code, reason = "the allocator's options are set by a C function")]
fn give_memory_back_at_once() {
    // SAFETY: it stores a number under a valid index, and may be called at any time.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, 0) }
}

#[tokio::main]
async fn main() -> ExitCode {
    give_memory_back_at_once();
    let cli = Cli::parse();
    let bars = MultiProgress::new();
    let terminal = io::stderr().is_terminal();
    let lines = bars.clone();
    let telemetry = match telemetry::start(&cli.logging, move || AboveBars(lines.clone()), terminal) {
        Ok(telemetry) => telemetry,
        Err(error) => return failed(&error),
    };
    let ended = run(cli, if terminal { Bar::on(bars) } else { Bar::default() }).await;
    telemetry.end().await;
    ended.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("chartkey-indexer: {error:#}");
    ExitCode::from(app::exit_code(error))
}

async fn run(cli: Cli, bar: Bar) -> anyhow::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        let _ = stop.send(true);
    });
    app::run(cli, bar, stopped).await
}

/// Standard error, with progress bars kept below what is logged.
struct AboveBars(MultiProgress);

impl Write for AboveBars {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(text))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
