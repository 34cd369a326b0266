//! What the process tells of itself: its log and its traces. What neither may ever hold is in docs/LOGGING.md.

mod collector;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::env;
use std::panic;

use anyhow::Context as _;
use tokio::task::spawn_blocking;
use tracing::{Level, Metadata, error};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

use crate::config::{LogFormat, Logging};
use collector::Traces;

/// Traces that are still to be sent.
pub struct Telemetry(Option<Traces>);

impl Telemetry {
    /// Sends what is left, or gives it up after some seconds.
    pub async fn end(self) {
        if let Some(traces) = self.0 {
            let _ = spawn_blocking(move || traces.end()).await;
        }
    }
}

/// Logs to `lines`, and sends traces if it is said where to, from now on until the process ends. `colours`: whether a terminal
/// shows it.
pub fn start<W>(logging: &Logging, lines: W, colours: bool) -> anyhow::Result<Telemetry>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let log = fmt::layer().with_target(false).with_ansi(colours).with_writer(lines);
    let log = match logging.log_format {
        LogFormat::Text => log.boxed(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let log = log.with_filter(wanted()?.and(filter_fn(is_fit_to_log)));
    let traces = logging.otlp_endpoint.as_ref().map(|endpoint| Traces::to(endpoint.expose())).transpose()?;
    let spans = traces.as_ref().map(|traces| traces.layer().with_filter(filter_fn(|of| is_ours(of) && is_told(of))));
    registry().with(log).with(spans).init();
    panic::set_hook(Box::new(|panicked| tell_of_panic(panicked.location())));
    Ok(Telemetry(traces))
}

/// What RUST_LOG asks for.
fn wanted() -> anyhow::Result<EnvFilter> {
    match env::var(EnvFilter::DEFAULT_ENV) {
        Ok(text) if !text.is_empty() => EnvFilter::try_new(text)
            .context("RUST_LOG is not a filter: expected one like info, or chartkey_indexer=debug"),
        _ => Ok(EnvFilter::new("info")),
    }
}

fn is_ours(of: &Metadata<'_>) -> bool {
    of.target().starts_with(env!("CARGO_CRATE_NAME"))
}

fn is_told(of: &Metadata<'_>) -> bool {
    *of.level() <= Level::INFO
}

/// Whatever RUST_LOG says: details of libraries hold what they are sent, headers and paths included.
fn is_fit_to_log(of: &Metadata<'_>) -> bool {
    is_ours(of) || is_told(of)
}

/// The place, and the way to it if RUST_BACKTRACE is set. Not the words: those of a string cut wrongly repeat the string.
fn tell_of_panic(place: Option<&panic::Location<'_>>) {
    let place = place.map(ToString::to_string);
    let way = Backtrace::capture();
    let way = (way.status() == BacktraceStatus::Captured).then(|| way.to_string());
    error!(place, way, "panicked");
}
