//! Programs that are not ours, run to their end.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use chartkey_devnet::child::{Child, Signal};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Runs a program in the repository, for at most `patience`. What it said; fails the test, with that, unless it succeeds.
pub async fn run(name: &str, mut command: Command, log: &Path, patience: Duration) -> String {
    command.current_dir(root()).env("NO_PROXY", "127.0.0.1");
    let child = Child::spawn(name, command, log, Signal::SIGKILL).unwrap();
    let ended = tokio::time::timeout(patience, child.wait()).await;
    let said = std::fs::read_to_string(log).unwrap();
    let status = ended.unwrap_or_else(|_| panic!("{name} runs on: {said}")).unwrap();
    assert!(status.success(), "{name}: {said}");
    said
}
