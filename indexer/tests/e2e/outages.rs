//! Reading while the database comes and goes.

use std::time::Duration;

use chartkey_devnet::postgres::{DatabaseUrl, Postgres, PostgresOptions};
use chartkey_devnet::toolchain::Toolchain;
use chartkey_devnet::wait;
use reqwest::StatusCode;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::indexer::Indexer;
use crate::world::{World, connect};

const PATIENCE: Duration = Duration::from_secs(60);

async fn server() -> (Postgres, DatabaseUrl) {
    let options = PostgresOptions { durable: true, ..PostgresOptions::default() };
    let server = Postgres::start(&Toolchain::find().unwrap(), options).await.unwrap();
    server.create_database("chartkey").await.unwrap();
    let url = server.url("chartkey");
    (server, url)
}

/// Served by one process, written by another which is gone.
async fn served(world: &World, database: &DatabaseUrl) -> Indexer {
    let writer = Indexer::start(world, database).await;
    writer.catch_up(world).await;
    writer.stop().await;
    Indexer::serve(world, database).await
}

#[tokio::test]
async fn reads_are_served_before_after_and_without_a_writer() {
    let world = World::new().await;
    let database = world.database().await;
    let api = Indexer::serve(&world, &database).await;
    for path in ["/v1/practitioners", "/ready", "/status"] {
        let (status, problem) = api.ask(path).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(problem["type"], "urn:chartkey:problem:not-indexed-yet", "{path}");
    }
    let tables = "select count(*) from pg_tables where schemaname = 'public'";
    let made: i64 = sqlx::query_scalar(tables).fetch_one(&mut connect(&database).await).await.unwrap();
    assert_eq!(made, 0, "serving wrote");
    let writer = Indexer::start(&world, &database).await;
    api.catch_up(&world).await;
    writer.kill();
    api.get("/v1/practitioners").await;
    api.stop().await;
}

#[tokio::test]
async fn an_index_of_another_contract_is_not_served_in_its_place() {
    let world = World::new().await;
    let (written, read) = (world.database().await, world.database().await);
    served(&world, &read).await.stop().await;
    let api = Indexer::start_with(&world, &written, &["--read-database-url", read.expose()]).await;
    api.get("/v1/practitioners").await;
    connect(&read).await.execute("update deployment set chain_id = 5").await.unwrap();
    for path in ["/v1/practitioners", "/ready", "/status"] {
        assert_eq!(api.ask(path).await.0, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
    let log = api.log();
    assert!(log.contains("READ_DATABASE_URL") && log.contains("on chain 5, not of"), "{log}");
}

#[tokio::test]
async fn connections_that_broke_are_not_handed_out() {
    let world = World::new().await;
    let (mut server, database) = server().await;
    let api = served(&world, &database).await;
    for outage in 0..2 {
        // More than there are connections: all of them are open, and idle afterwards.
        let asked = (0..20).map(|_| api.send("/v1/practitioners", &[]));
        for response in futures_util::future::join_all(asked).await {
            assert_eq!(response.status(), StatusCode::OK, "outage {outage}");
        }
        server.crash();
        server.start_again().await.unwrap();
    }
}

/// Waits until a connection of the API waits for a lock, and does this to it.
async fn to_who_waits(database: &DatabaseUrl, act: &str) {
    let statement = format!(
        "select {act}(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'chartkey-indexer api' and wait_event_type = 'Lock'"
    );
    wait::until("a request that waits", PATIENCE, || async {
        let mut db = connect(database).await;
        Ok(sqlx::query_scalar::<_, bool>(AssertSqlSafe(statement.clone())).fetch_optional(&mut db).await?)
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn what_the_database_ends_is_asked_again_or_told() {
    let world = World::new().await;
    let database = world.database().await;
    let api = served(&world, &database).await;
    let mut held = connect(&database).await;

    // Before there is an answer: unnoticed.
    let mut lock = held.begin().await.unwrap();
    lock.execute("lock table deployment in access exclusive mode").await.unwrap();
    let (status, ()) = tokio::join!(api.ask("/v1/practitioners"), async {
        to_who_waits(&database, "pg_terminate_backend").await;
        lock.rollback().await.unwrap();
    });
    assert_eq!(status.0, StatusCode::OK, "{}", status.1);

    // In the middle of it, and for good.
    for (act, kind) in [("pg_terminate_backend", "database-unavailable"), ("pg_cancel_backend", "took-too-long")] {
        let mut lock = held.begin().await.unwrap();
        lock.execute("lock table practitioner in access exclusive mode").await.unwrap();
        let (response, ()) = tokio::join!(api.send("/v1/practitioners", &[]), to_who_waits(&database, act));
        lock.rollback().await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{act}");
        assert!(response.headers().contains_key("retry-after"), "{act}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["type"], format!("urn:chartkey:problem:{kind}"), "{act}: {problem}");
    }
    api.get("/v1/practitioners").await;
}

#[tokio::test]
async fn a_history_is_not_streamed_to_who_could_not_tell_that_it_was_cut() {
    let world = World::new().await;
    let database = world.database().await;
    let api = served(&world, &database).await;
    let mut connection = TcpStream::connect(api.address()).await.unwrap();
    let host = api.address();
    let request = format!("GET /v1/events HTTP/1.0\r\nhost: {host}\r\naccept: application/x-ndjson\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains(" 400 ") && answer.contains("HTTP/1.1\""), "{answer}");
}
