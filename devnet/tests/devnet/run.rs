//! What `make run` starts, from the outside: the built programs, other ports, a folder of its own.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use chartkey_devnet::{port, scratch::Scratch, wait};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(180);

fn devnet(state: &Path, ports: (u16, u16), arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_devnet"));
    command.args(arguments).arg("--state").arg(state);
    command.env("API_PORT", ports.0.to_string()).env("CHAIN_PORT", ports.1.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// A run that said all it says at its start.
struct Run {
    process: Child,
    lines: Vec<String>,
    started: Vec<i32>,
}

struct Ended {
    status: ExitStatus,
    out: String,
    error: String,
}

impl Run {
    async fn start(state: &Path, ports: (u16, u16)) -> Self {
        let mut process = devnet(state, ports, &["run"]).spawn().unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut lines = Vec::new();
        while !lines.last().is_some_and(|line: &String| line.starts_with("Ctrl-C stops")) {
            match timeout(PATIENCE, out.next_line()).await.expect("devnet says something").unwrap() {
                Some(line) => lines.push(line),
                None => {
                    let mut error = String::new();
                    process.stderr.take().unwrap().read_to_string(&mut error).await.unwrap();
                    panic!("devnet ended: {lines:#?} {error}");
                }
            }
        }
        process.stdout = Some(out.into_inner().into_inner());
        let started = descendants(process.id().unwrap().try_into().unwrap());
        Self { process, lines, started }
    }

    fn line(&self, containing: &str) -> &str {
        self.lines.iter().find(|line| line.contains(containing)).unwrap()
    }

    fn child(&self, name: &str) -> i32 {
        let is = |id: &&i32| name_of(**id).as_deref() == Some(name);
        *self.started.iter().find(is).unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.process.id().unwrap().try_into().unwrap()), signal).unwrap();
    }

    async fn end(self) -> Ended {
        let Self { process, started, .. } = self;
        let output = timeout(PATIENCE, process.wait_with_output()).await.expect("devnet ends").unwrap();
        assert!(started.len() >= 3, "{started:?}");
        nothing_left(&started).await;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { status: output.status, out: text(output.stdout), error: text(output.stderr) }
    }
}

async fn nothing_left(started: &[i32]) {
    wait::until("what it started to be gone", PATIENCE, || async {
        Ok(started.iter().all(|&id| name_of(id).is_none()).then_some(()))
    })
    .await
    .unwrap();
}

/// A living process's name.
fn name_of(id: i32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (before, after) = stat.rsplit_once(") ")?;
    // Ended, and only not yet reaped by whoever inherited it.
    if after.starts_with('Z') {
        return None;
    }
    Some(before.split_once('(')?.1.to_owned())
}

fn descendants(of: i32) -> Vec<i32> {
    let parent = |id: i32| -> Option<i32> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
    };
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let all: Vec<i32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    let mut family = vec![of];
    while let Some(&new) =
        all.iter().find(|id| !family.contains(id) && parent(**id).is_some_and(|p| family.contains(&p)))
    {
        family.push(new);
    }
    family.split_off(1)
}

fn two_ports() -> (u16, u16) {
    // Held together, so that they differ.
    let held = [TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap()];
    let [api, chain] = held.map(|listener| listener.local_addr().unwrap().port());
    (api, chain)
}

/// Runs a printed line as a shell would, and wants 200 and JSON.
async fn answer(line: &str) -> Value {
    let output = Command::new("sh").args(["-c", &format!("{line} -w '\\n%{{http_code}}'")]).output().await.unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let (body, code) = output.rsplit_once('\n').unwrap();
    assert_eq!(code, "200", "{line}: {body}");
    serde_json::from_str(body).unwrap()
}

async fn indexed_block(ports: (u16, u16)) -> u64 {
    let status = answer(&format!("curl -s http://127.0.0.1:{}/status", ports.0)).await;
    status["data"]["indexedBlock"].as_u64().unwrap()
}

#[tokio::test]
async fn starts_answers_stops_and_continues_whatever_ends_it() {
    let (state, ports) = (Scratch::new().unwrap(), two_ports());
    let run = Run::start(state.path(), ports).await;
    tells_the_story(&run).await;
    let contract = run.line("contract ").to_owned();
    let before = indexed_block(ports).await;

    let verified = devnet(state.path(), ports, &["verify"]).output().await.unwrap();
    let said = String::from_utf8(verified.stdout).unwrap();
    // Three patients and the registry.
    assert!(verified.status.success() && said.contains("4 subjects"), "{said}");

    for arguments in [&["run"][..], &["reset"]] {
        let second = devnet(state.path(), two_ports(), arguments).output().await.unwrap();
        let said = String::from_utf8(second.stderr).unwrap();
        assert!(!second.status.success() && said.contains("another run") && said.lines().count() == 1, "{said}");
    }
    run.signal(Signal::SIGINT);
    let ended = run.end().await;
    assert!(ended.status.success(), "{}", ended.error);
    for stopped in ["indexer stopped", "chain stopped", "database stopped"] {
        assert!(ended.out.lines().any(|line| line == stopped), "{}", ended.out);
    }
    for port in [ports.0, ports.1] {
        port::ensure_free(port, "nobody", "nothing").unwrap();
    }

    // It continues, and says which child died.
    let run = Run::start(state.path(), ports).await;
    assert_eq!(run.line("contract "), contract);
    assert!(!run.lines.iter().any(|line| line.contains("demo")), "{:#?}", run.lines);
    assert!(indexed_block(ports).await >= before);
    tells_the_story(&run).await;
    kill(Pid::from_raw(run.child("anvil")), Signal::SIGKILL).unwrap();
    let ended = run.end().await;
    assert!(!ended.status.success());
    let (lines, error) = (ended.error.lines().count(), &ended.error);
    assert!(lines == 1 && error.contains("anvil ended by itself") && error.contains("make run"), "{error}");

    // Killed outright it leaves nothing behind either.
    let run = Run::start(state.path(), ports).await;
    assert_eq!(run.line("contract "), contract);
    run.signal(Signal::SIGKILL);
    run.end().await;

    let reset = devnet(state.path(), ports, &["reset"]).output().await.unwrap();
    assert!(reset.status.success(), "{}", String::from_utf8_lossy(&reset.stderr));
    assert!(!state.path().exists());
}

async fn tells_the_story(run: &Run) {
    let lines: Vec<&String> = run.lines.iter().filter(|line| line.starts_with("curl ")).collect();
    let [now, before, why_not, log, ward_sees, ward, requests, trail] = lines[..] else {
        panic!("eight lines: {lines:#?}")
    };
    let account = |key: &str| run.line(&format!("  {key} ")).split_whitespace().nth(1).unwrap();
    let (cardiologist, nurse) = (account("cardiologist"), account("nurse"));
    let sees = |viewers: Value| viewers["data"].as_array().unwrap().iter().any(|row| row["viewer"] == cardiologist);
    assert!(!sees(answer(now).await));
    assert!(sees(answer(before).await));
    let verdict = answer(why_not).await;
    assert_eq!(verdict["data"]["allowed"], false);
    assert!(verdict["data"]["reason"].as_str().unwrap().eq_ignore_ascii_case("noGrant"), "{verdict}");
    let log = answer(log).await;
    let kinds: Vec<_> = log["data"].as_array().unwrap().iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"RecordOpened") && kinds.contains(&"AccessRevoked"), "{kinds:?}");
    let viewers = answer(ward_sees).await;
    let through_ward = |row: &&Value| row["via"] == account("ward");
    let by_ward: Vec<_> = viewers["data"].as_array().unwrap().iter().filter(through_ward).collect();
    for member in [cardiologist, nurse] {
        assert!(by_ward.iter().any(|row| row["viewer"] == member), "{viewers}");
        assert!(answer(ward).await["data"].to_string().contains(member));
    }
    assert!(answer(requests).await["data"].to_string().contains(account("radiologist")));
    assert!(answer(trail).await["data"].as_array().unwrap().len() > 5);
}

#[tokio::test]
async fn a_taken_port_is_one_line_and_nothing_is_started() {
    let state = Scratch::new().unwrap();
    for (held_first, name) in [(true, "API_PORT"), (false, "CHAIN_PORT")] {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let (taken, free) = (held.local_addr().unwrap().port(), two_ports().0);
        let ports = if held_first { (taken, free) } else { (free, taken) };
        let refused = devnet(state.path(), ports, &["run"]).output().await.unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && refused.stdout.is_empty());
        assert!(said.contains(&taken.to_string()) && said.contains(name) && said.lines().count() == 1, "{said}");
        assert!(!state.path().join("postgres").exists());
    }
}

#[tokio::test]
async fn a_missing_tool_is_one_line_with_what_installs_it() {
    let (state, checkout) = (Scratch::new().unwrap(), Scratch::new().unwrap());
    fs::write(checkout.path().join("package-lock.json"), "{}").unwrap();
    let mut run = devnet(state.path(), two_ports(), &["run"]);
    let refused = run.env("CHARTKEY_ROOT", checkout.path()).output().await.unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("anvil") && said.contains("make setup") && said.lines().count() == 1, "{said}");
}

#[tokio::test]
async fn what_an_older_version_kept_is_one_line_with_what_forgets_it() {
    let state = Scratch::new().unwrap();
    let without_forwarder = r#"{"chainId":31337,"contract":"0x5FbDB2315678afecb367f032d93F642f64180aa3","block":1}"#;
    fs::write(state.path().join("deployment.json"), without_forwarder).unwrap();
    let refused = devnet(state.path(), two_ports(), &["run"]).output().await.unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success());
    assert!(said.contains("forwarder") && said.contains("make reset") && said.lines().count() == 1, "{said}");
}

#[tokio::test]
async fn a_command_gets_a_database_and_its_exit_code_is_passed_on() {
    let state = Scratch::new().unwrap();
    let script = "echo $DATABASE_URL; exit 7";
    let mut command = devnet(state.path(), two_ports(), &["database"]);
    let output = command.args(["--", "sh", "-c", script]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("postgres://"));
}
