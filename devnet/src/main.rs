use std::process::ExitCode;

use chartkey_devnet::cli;

#[tokio::main]
async fn main() -> ExitCode {
    cli::main().await
}
