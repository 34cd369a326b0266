use std::process::ExitCode;

use chartkey_custodian::{app, config::Cli};
use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Whatever `RUST_LOG` says: they would log what they are sent.
const LIBRARIES: [&str; 6] = ["axum", "ethers_core", "hyper", "hyper_util", "reqwest", "sqlx"];

#[tokio::main]
async fn main() -> ExitCode {
    let mut filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    for library in LIBRARIES {
        filter = filter.add_directive(format!("{library}=info").parse().expect("a name and a level are a directive"));
    }
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    // An error says that a provider was chosen before: that one is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match app::run(Cli::parse().command, asked_to_stop()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chartkey-custodian: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn asked_to_stop() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
