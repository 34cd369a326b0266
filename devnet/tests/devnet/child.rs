use std::{fs, process::Command, time::Duration};

use chartkey_devnet::{
    child::{Child, Signal},
    scratch::Scratch,
    wait,
};

fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

#[tokio::test]
async fn output_goes_to_the_log_and_the_end_is_seen() {
    let folder = Scratch::new().unwrap();
    let script = "echo first; echo; echo last >&2; exit 3";
    let child = Child::spawn("three", sh(script), &folder.path().join("log"), Signal::SIGKILL).unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(3));
    assert_eq!(child.last_lines(5), ["first", "last"]);
    assert_eq!(child.last_lines(1), ["last"]);
}

#[tokio::test]
async fn what_does_not_stop_is_killed_with_all_it_started() {
    let folder = Scratch::new().unwrap();
    let (log, ready) = (folder.path().join("log"), folder.path().join("ready"));
    let script = format!("trap '' TERM; sleep 1000 & echo $! > {0}.new; mv {0}.new {0}; wait; wait", ready.display());
    let child = Child::spawn("stubborn", sh(&script), &log, Signal::SIGKILL).unwrap();
    let grandchild: u32 = wait::until("the script", Duration::from_secs(20), || async {
        Ok(fs::read_to_string(&ready).ok().map(|id| id.trim().parse().unwrap()))
    })
    .await
    .unwrap();
    let refused = child.stop(Signal::SIGTERM, Duration::from_millis(200)).await.unwrap_err().to_string();
    assert!(refused.contains("stubborn"), "{refused}");
    assert!(child.try_wait().unwrap().is_some());
    wait::until("the grandchild to die", Duration::from_secs(20), || async { Ok((!alive(grandchild)).then_some(())) })
        .await
        .unwrap();
}

#[tokio::test]
async fn dropping_kills() {
    let folder = Scratch::new().unwrap();
    let child = Child::spawn("sleeper", sh("exec sleep 1000"), &folder.path().join("log"), Signal::SIGKILL).unwrap();
    let id = child.id();
    assert!(alive(id));
    drop(child);
    assert!(!alive(id));
}

#[test]
fn a_missing_program_is_named() {
    let folder = Scratch::new().unwrap();
    let missing = Command::new("/no/such/program");
    let refused = Child::spawn("it", missing, &folder.path().join("log"), Signal::SIGKILL).unwrap_err().to_string();
    assert!(refused.contains("/no/such/program"), "{refused}");
}

fn alive(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // Dead but not yet reaped by init counts as dead.
    !stat.is_empty() && !stat.contains(") Z ")
}
