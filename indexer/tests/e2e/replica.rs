//! Reading from a standby of the database that is written.

use std::time::Duration;

use chartkey_devnet::postgres::{DatabaseUrl, Postgres, PostgresOptions};
use chartkey_devnet::toolchain::Toolchain;
use chartkey_devnet::wait;
use reqwest::StatusCode;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _};

use crate::indexer::Indexer;
use crate::world::{World, connect};

const PATIENCE: Duration = Duration::from_secs(60);
const DATABASE: &str = "chartkey";
/// Rows of a history that does not fit into the buffers between two processes.
const MANY: i64 = 20_000;

/// A chain, a server that an indexer writes, and a standby that it reads.
struct Pair {
    world: World,
    primary: Postgres,
    standby: Postgres,
    indexer: Indexer,
}

impl Pair {
    /// The standby tells the primary every second what its readers still need, and ends what holds it up for three.
    async fn new() -> Self {
        let (world, tools) = (World::new().await, Toolchain::find().unwrap());
        let primary = Postgres::start(&tools, PostgresOptions::default()).await.unwrap();
        primary.create_database(DATABASE).await.unwrap();
        let settings = [
            ("hot_standby_feedback", "on"),
            ("wal_receiver_status_interval", "1s"),
            ("max_standby_streaming_delay", "3s"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let standby =
            primary.standby(&tools, PostgresOptions { settings, ..PostgresOptions::default() }).await.unwrap();
        let read = standby.url(DATABASE);
        let arguments = ["--read-database-url", read.expose()];
        let indexer = Indexer::start_with(&world, &primary.url(DATABASE), &arguments).await;
        indexer.catch_up(&world).await;
        Pair { world, primary, standby, indexer }
    }

    async fn indexed(&self) -> u64 {
        let as_of = self.indexer.get("/v1/practitioners").await["asOf"]["blockNumber"].as_u64();
        let status = self.indexer.get("/status").await["data"]["indexedBlock"].as_u64();
        assert_eq!(as_of, status);
        as_of.unwrap()
    }

    async fn metric(&self, line: &str) -> bool {
        let response = self.indexer.send("/metrics", &[]).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.text().await.unwrap().lines().any(|one| one.starts_with(line))
    }

    async fn write(&self, statement: &str) {
        let mut primary = connect(&self.primary.url(DATABASE)).await;
        primary.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
    }
}

/// Waits until a database shows this many rows of a question.
async fn shows(database: &DatabaseUrl, question: &str, expected: i64) {
    wait::until(question, PATIENCE, || async {
        let mut db = connect(database).await;
        let found: i64 = sqlx::query_scalar(AssertSqlSafe(question.to_owned())).fetch_one(&mut db).await?;
        Ok((found == expected).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn answers_say_how_old_the_standby_is_and_follow_it() {
    let mut pair = Pair::new().await;
    assert_eq!(pair.indexer.get("/status").await["data"]["replica"], true);
    assert!(pair.metric("chartkey_writer 1").await && pair.metric("chartkey_ready 1").await);
    let (before, _) = pair.world.head().await;

    pair.standby.pause_replay().await.unwrap();
    pair.world.mine(3).await;
    let written = "select max(number) from block";
    shows(&pair.primary.url(DATABASE), written, (before + 3).cast_signed()).await;
    assert_eq!(pair.indexed().await, before);
    assert!(pair.metric(&format!("chartkey_indexed_block {before}")).await);
    pair.standby.resume_replay().await.unwrap();
    pair.indexer.catch_up(&pair.world).await;
    assert_eq!(pair.indexed().await, before + 3);

    pair.standby.crash();
    for path in ["/v1/practitioners", "/ready", "/status"] {
        let response = pair.indexer.send(path, &[]).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(response.headers()["retry-after"], "1");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["type"], "urn:chartkey:problem:database-unavailable", "{path}: {problem}");
    }
    assert_eq!(pair.indexer.get("/health").await["status"], "ok");
    assert!(pair.metric("chartkey_ready 0").await && !pair.metric("chartkey_indexed_block").await);
    pair.world.mine(2).await;
    pair.standby.start_again().await.unwrap();
    pair.indexer.catch_up(&pair.world).await;
    assert_eq!(pair.indexed().await, before + 5);
    pair.indexer.stop().await;
}

/// Asks for the whole history, and takes the first part of it.
async fn begin_stream(indexer: &Indexer) -> (reqwest::Response, usize) {
    let mut response = indexer.send("/v1/events", &[("accept", "application/x-ndjson")]).await;
    assert_eq!(response.status(), StatusCode::OK);
    let part = response.chunk().await.unwrap().unwrap();
    (response, part.len())
}

/// Takes the rest: whether it came to a regular end, and its bytes.
async fn finish(stream: &mut reqwest::Response) -> (bool, usize) {
    let mut taken = 0;
    loop {
        match stream.chunk().await {
            Ok(Some(part)) => taken += part.len(),
            Ok(None) => return (true, taken),
            Err(_) => return (false, taken),
        }
    }
}

#[tokio::test]
async fn a_stream_that_loses_its_snapshot_is_cut_and_never_looks_whole() {
    let mut pair = Pair::new().await;
    pair.write(&format!(
        "insert into event select (jsonb_populate_record(e, jsonb_build_object('log_index', e.log_index + n))).*
         from event e cross join generate_series(1000000, 999999 + {MANY}) n
         where (block_number, log_index) = (select block_number, log_index from event order by 1, 2 limit 1)"
    ))
    .await;
    let many = "select count(*) from event where log_index >= 1000000";
    shows(&pair.standby.url(DATABASE), many, MANY).await;
    let (mut whole, begun) = begin_stream(&pair.indexer).await;
    let (ended, size) = finish(&mut whole).await;
    let size = begun + size;
    assert!(ended, "{size} bytes of an undisturbed stream: {}", pair.indexer.log());
    assert!(size > 10_000_000, "{size} bytes fit into buffers");

    let (mut cut, begun) = begin_stream(&pair.indexer).await;
    pair.standby.crash();
    let (ended, taken) = finish(&mut cut).await;
    assert!(!ended && begun + taken < size, "after a crash: {} of {size} bytes, looks whole: {ended}", begun + taken);
    pair.standby.start_again().await.unwrap();
    shows(&pair.standby.url(DATABASE), many, MANY).await;

    // As when a part of the table is put away where it is written: the standby must replay the lock.
    let (mut cut, begun) = begin_stream(&pair.indexer).await;
    let away = "begin; lock table event in access exclusive mode; delete from event where log_index >= 1000000; commit";
    pair.write(away).await;
    shows(&pair.standby.url(DATABASE), many, 0).await;
    let (ended, taken) = finish(&mut cut).await;
    assert!(
        !ended && begun + taken < size,
        "after a conflict: {} of {size} bytes, looks whole: {ended}",
        begun + taken
    );
    pair.indexer.catch_up(&pair.world).await;
    assert!(pair.indexer.log().contains("a stream was cut"));
}
