//! What operators see: phases, readiness, metrics.

use chartkey_devnet::contract::bindings::RegisterPatientCall;
use chartkey_devnet::postgres::DatabaseUrl;
use ethers::utils::to_checksum;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};

use crate::indexer::Indexer;
use crate::world::{World, connect};

/// An index that was followed to the chain's head, and is only served now: what a test writes stays.
struct Served {
    world: World,
    database: DatabaseUrl,
    api: Indexer,
    patient: String,
    head: u64,
}

impl Served {
    async fn new() -> Self {
        let world = World::new().await;
        let patient = world.accounts[1];
        world.contract.send(patient, RegisterPatientCall { key: [7; 32].into() }).await.unwrap();
        world.mine(5).await;
        let database = world.database().await;
        let indexer = Indexer::start(&world, &database).await;
        indexer.catch_up(&world).await;
        indexer.stop().await;
        let (head, _) = world.head().await;
        let api = Indexer::serve(&world, &database).await;
        Served { world, database, api, patient: to_checksum(&patient, None), head }
    }

    async fn execute(&self, statement: &str) {
        connect(&self.database).await.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
    }

    async fn set(&self, assignments: &str) {
        self.execute(&format!("update progress set {assignments}")).await;
    }

    async fn status(&self) -> Value {
        self.api.get("/status").await["data"].clone()
    }

    /// The value of a metric without labels.
    async fn metric(&self, name: &str) -> Option<f64> {
        let text = self.api.send("/metrics", &[]).await.text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map(|value| value.parse().unwrap())
    }

    /// Both /ready and /v1 refuse with this problem.
    async fn assert_refused(&self, kind: &str, hint: &str, retry_after: &str) {
        for path in ["/ready", "/v1/practitioners", "/v1/events"] {
            let response = self.api.send(path, &[]).await;
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert_eq!(response.headers()["retry-after"], retry_after, "{path}");
            let problem: Value = response.json().await.unwrap();
            assert_eq!(problem["type"], format!("urn:chartkey:problem:{kind}"), "{path}");
            assert!(problem["detail"].as_str().unwrap().contains(hint), "{path}: {problem}");
        }
        assert_eq!(self.metric("chartkey_ready").await, Some(0.0));
    }
}

#[tokio::test]
async fn charts_are_served_only_while_the_index_is_live_and_its_history_verifies() {
    let served = Served::new().await;
    assert_eq!(served.api.get("/ready").await, json!({ "status": "ready", "indexedBlock": served.head }));
    let status = served.status().await;
    assert_eq!((&status["phase"], &status["halted"]), (&json!("live"), &Value::Null));
    assert_eq!((&status["uncheckedFrom"], &status["archivedBefore"]), (&Value::Null, &Value::Null));
    assert_eq!(status["replica"], false);
    for (name, value) in [("ready", 1.0), ("unchecked", 0.0), ("trail_mismatch", 0.0), ("writer", 0.0)] {
        assert_eq!(served.metric(&format!("chartkey_{name}")).await, Some(value), "{name}");
    }

    served.set("unchecked_from = 3").await;
    served.assert_refused("not-indexed-yet", "the trails from block 3 on", "1").await;
    let status = served.status().await;
    assert_eq!((&status["phase"], &status["uncheckedFrom"]), (&json!("checking"), &json!(3)));
    assert_eq!(served.metric("chartkey_unchecked").await, Some(1.0));

    // A long way to go: not yet a matter of checking, unless all that is final is there.
    served.set("head = head + 100, finalized = head + 50").await;
    served.assert_refused("not-indexed-yet", &format!("block {} of {}", served.head, served.head + 100), "1").await;
    assert_eq!(served.status().await["phase"], "backfill");
    assert_eq!(served.metric("chartkey_lag_blocks").await, Some(100.0));
    served.set("finalized = 1").await;
    assert_eq!(served.status().await["phase"], "checking");

    served.set("head = head - 100, unchecked_from = null, halted = 'block 4 has another trail'").await;
    served.assert_refused("history-does-not-verify", "block 4 has another trail", "60").await;
    let status = served.status().await;
    assert_eq!((&status["phase"], &status["halted"]), (&json!("halted"), &json!("block 4 has another trail")));
    assert_eq!(served.metric("chartkey_trail_mismatch").await, Some(1.0));
    // Whatever else is wrong.
    served.set("unchecked_from = 3, updated_at = now() - interval '1 day'").await;
    served.assert_refused("history-does-not-verify", "block 4", "60").await;

    served.set("unchecked_from = null, halted = null").await;
    let (status, problem) = served.api.ask("/ready").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(problem["detail"].as_str().unwrap().contains("no writer has heard from the chain for 86"), "{problem}");
    served.set("updated_at = now()").await;
    served.api.get("/ready").await;
    served.api.get("/v1/practitioners").await;
}

#[tokio::test]
async fn a_block_whose_header_is_not_there_yet_can_be_asked_for_by_time_only() {
    let served = Served::new().await;
    let (last, missing) = (served.head, served.head - 2);
    let path = format!("/v1/patients/{}/viewers?at=", served.patient);
    let time =
        "select to_char(timestamp at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from block where number = ";
    let time: String = sqlx::query_scalar(AssertSqlSafe(format!("{time}{missing}")))
        .fetch_one(&mut connect(&served.database).await)
        .await
        .unwrap();
    served.api.get(&format!("{path}block:{missing}")).await;

    served.execute(&format!("delete from block where number in ({missing}, {missing} - 1)")).await;
    served.set(&format!("headers_to = {missing} - 2")).await;
    let response = served.api.send(&format!("{path}block:{missing}"), &[]).await;
    assert_eq!(
        (response.status(), &response.headers()["retry-after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"1".parse().unwrap())
    );
    let detail = response.json::<Value>().await.unwrap()["detail"].clone();
    let expected = format!(
        "the header of block {missing} is not fetched yet (up to {} so far): ask by time, or later",
        missing - 2
    );
    assert_eq!(detail, expected);
    let status = served.status().await;
    assert_eq!((&status["headersTo"], &status["phase"]), (&json!(missing - 2), &json!("live")));
    assert_eq!(served.metric("chartkey_headers_to_block").await, u32::try_from(missing - 2).ok().map(f64::from));
    // Nothing happened in it, so a time in it is answered all the same.
    served.api.get(&format!("{path}{time}")).await;
    served.api.get(&format!("{path}block:{last}")).await;
    for (asked, hint) in [("block:0", "before the contract's deployment"), (&*format!("block:{}", last + 1), "future")]
    {
        let (status, problem) = served.api.ask(&format!("{path}{asked}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(problem["detail"].as_str().unwrap().contains(hint), "{problem}");
    }
}

#[tokio::test]
async fn answers_tell_what_is_archived() {
    let served = Served::new().await;
    let before = served.api.send("/v1/practitioners", &[]).await;
    let tag = before.headers()["etag"].clone();
    assert!(before.json::<Value>().await.unwrap()["asOf"].get("archivedBefore").is_none());
    served.set("archived_before = 2").await;
    let after = served.api.send("/v1/practitioners", &[("if-none-match", tag.to_str().unwrap())]).await;
    assert_eq!(after.status(), StatusCode::OK);
    assert_eq!(after.json::<Value>().await.unwrap()["asOf"]["archivedBefore"], 2);
    assert_eq!(served.status().await["archivedBefore"], 2);
}

#[tokio::test]
async fn metrics_count_requests_by_route_and_name_nobody() {
    let served = Served::new().await;
    let stranger = to_checksum(&served.world.accounts[7], None);
    served.api.get(&format!("/v1/patients/{}", served.patient)).await;
    served.api.get(&format!("/v1/patients/{}/viewers?at=block:{}", served.patient, served.head)).await;
    for path in
        [format!("/v1/patients/{stranger}"), format!("/v1/patients/{stranger}/{stranger}"), format!("/{stranger}")]
    {
        assert_eq!(served.api.ask(&path).await.0, StatusCode::NOT_FOUND);
    }
    let response = served.api.send("/metrics", &[("x-request-id", "mine-1")]).await;
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = response.text().await.unwrap();
    for line in [
        r#"chartkey_request_duration_seconds_count{route="/v1/patients/{patient}",status="2xx"} 1"#,
        r#"chartkey_request_duration_seconds_count{route="/v1/patients/{patient}",status="4xx"} 1"#,
        r#"chartkey_request_duration_seconds_count{route="(no route)",status="4xx"} 2"#,
        &format!("chartkey_indexed_block {}", served.head),
        &format!("chartkey_head_block {}", served.head),
        "chartkey_lag_blocks 0",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}: {text}");
    }
    for metric in ["chartkey_finalized_block", "chartkey_seconds_since_head"] {
        assert!(text.contains(&format!("# TYPE {metric} gauge")), "{metric}: {text}");
    }
    for secret in ["0x", "mine-1", &served.patient[2..], &served.patient.to_lowercase()[2..], "password"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
