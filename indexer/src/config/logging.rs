//! What the process tells of itself.

use clap::ValueEnum;
use reqwest::Url;

use super::Secret;

/// What the process tells of itself. What is logged is in RUST_LOG.
#[derive(Debug, Clone, clap::Args)]
pub struct Logging {
    /// How lines of the log are written, to standard error.
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t, global = true)]
    pub log_format: LogFormat,
    /// Where to send traces, as OTLP over HTTP, like http://127.0.0.1:4318. Unless given, none are made. OpenTelemetry's other
    /// variables hold too (docs/LOGGING.md).
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", hide_env_values = true, global = true)]
    pub otlp_endpoint: Option<Secret<Url>>,
}

/// How lines of the log are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One object a line, for machines.
    Json,
}
