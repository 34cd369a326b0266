//! Schemathesis: the API asked what its own description allows, and what it does not.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::tool::{root, run};
use crate::api::text;
use crate::api::ward::{FIRST, MISTAKE, SECOND, Ward};
use crate::indexer::{Indexer, Source};
use crate::viewers::cid;

const UNLIMITED: [&str; 2] = ["--auth-rate-limit", "0"];

/// Cases for each operation and phase. `make fuzz-api` sets more.
fn examples() -> String {
    std::env::var("FUZZ_API_EXAMPLES").unwrap_or_else(|_| "20".into())
}

/// What Schemathesis cannot make up (tests/schemathesis/hooks.py).
async fn known(ward: &Ward) -> Value {
    let Ward { patient, guardian, registrar, team, member, referrer, colleague, .. } = ward;
    let people = [patient, guardian, registrar, team, member, referrer, colleague];
    let as_of = ward.indexer.get("/v1/practitioners?limit=1").await["asOf"].take();
    let head = as_of["blockNumber"].as_u64().unwrap();
    let first = ward.world.deployment.block;
    let blocks =
        [first, u64::midpoint(first, head), ward.before_retraction, head].map(|block| format!("block:{block}"));
    let moments: Vec<_> = blocks.into_iter().chain([as_of["timestamp"].as_str().unwrap().to_owned()]).collect();
    let addresses = people.map(|account| text(*account));
    let cids = [FIRST, SECOND, MISTAKE].map(|digest| cid(digest).to_string());
    json!({ "addresses": addresses, "cids": cids, "moments": moments, "eventIds": [last_event(ward).await], "head": head,
            "team": text(*team) })
}

/// Where a stream that begins now has come to.
async fn last_event(ward: &Ward) -> String {
    let mut stream = ward.indexer.send("/v1/stream", &[]).await;
    let mut said = String::new();
    loop {
        said += std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap();
        if let Some((id, _)) = said.split_once("id: ").and_then(|(_, rest)| rest.split_once('\n')) {
            return id.to_owned();
        }
    }
}

/// Has it ask, and returns how many cases it asked.
async fn ask(ward: &Ward, indexer: &Indexer, name: &str, arguments: &[&str]) -> u64 {
    let mut command = Command::new(root().join("script/fuzz-api"));
    command
        .arg(format!("http://{}", indexer.address()))
        .args(["--max-examples", &examples()])
        .args(arguments)
        .env("CHARTKEY_KNOWN", known(ward).await.to_string());
    let log = ward.world.scratch.path().join(format!("schemathesis-{name}.log"));
    let said = run(&format!("schemathesis ({name})"), command, &log, Duration::from_secs(7_200)).await;
    println!("{name}: {said}");
    let cases = said.split_once("Test cases:").and_then(|(_, rest)| rest.split_whitespace().next());
    cases.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("it does not say how many cases: {said}"))
}

#[tokio::test]
async fn every_answer_is_as_described() {
    let ward = Ward::tell().await;
    let source = Source { open: false, ..ward.world.source() };
    let closed = Indexer::serve_on(&source, &ward.database, &UNLIMITED).await;
    let token = format!("Authorization: Bearer {}", closed.sign_in(&ward.world, ward.registrar).await);
    // Who signs out asks nothing any more.
    let auditor = ["--header", &token, "--exclude-operation-id", "logout"];
    let mut cases = ask(&ward, &closed, "auditor", &auditor).await;
    cases += ask(&ward, &closed, "anonymous", &[]).await;
    // There, nobody is refused for not being signed in.
    let open = Indexer::serve_on(&ward.world.source(), &ward.database, &UNLIMITED).await;
    cases += ask(&ward, &open, "open", &["--exclude-checks", "ignored_auth"]).await;
    println!("{cases} cases");
    for indexer in [&closed, &open] {
        assert!(!indexer.log().contains("status=500"), "{}", indexer.log());
    }
}
