//! The database is gone, killed, read-only, full.

use std::time::Instant;

use sqlx::AssertSqlSafe;

use super::tmpfs::Small;
use super::*;
use crate::world::connect;

async fn execute(server: &Postgres, database: &str, sql: &str) {
    let mut db = connect(&server.url(database)).await;
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut db).await.unwrap();
}

/// The name of the one database that tests here have.
const NAME: &str = "index";

async fn begin(seed: u64, server: &Postgres) -> (Stage, DatabaseUrl, Indexer) {
    let stage = Stage::new(options(seed));
    let database = server.url(NAME);
    let indexer = stage.start(&database, &[]).await;
    stage.complete(&indexer).await;
    (stage, database, indexer)
}

#[tokio::test]
async fn a_database_that_is_gone_for_a_while_or_killed_is_waited_for() {
    let mut server = server().await;
    server.create_database(NAME).await.unwrap();
    let (stage, database, indexer) = begin(201, &server).await;

    let since = Instant::now();
    server.pause().await.unwrap();
    let knocks = Knocks::on(server.port());
    stage.replay.extend(3);
    said(&indexer, "waiting for the database").await;
    knocks.wait_for(TRIES, &indexer).await;
    drop(knocks);
    for path in ["/v1/practitioners", "/ready", "/status"] {
        let unavailable = "urn:chartkey:problem:database-unavailable".to_owned();
        assert_eq!(problem(&indexer, path).await, (StatusCode::SERVICE_UNAVAILABLE, unavailable, true), "{path}");
    }
    assert_eq!(indexer.ask("/health").await.0, StatusCode::OK);
    waits(&indexer, "the database", since.elapsed().as_secs());
    server.start_again().await.unwrap();
    stage.complete(&indexer).await;
    said(&indexer, "the database answers again").await;

    for _ in 0..3 {
        stage.replay.extend(40);
        server.crash();
        server.start_again().await.unwrap();
        stage.complete(&indexer).await;
    }
    recovers(&stage, &server, &database, indexer, "after outages of the database").await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn an_indexer_that_starts_before_its_database_waits_for_it() {
    let mut server = server().await;
    server.create_database(NAME).await.unwrap();
    server.pause().await.unwrap();
    let stage = Stage::new(options(202));
    let database = server.url(NAME);
    let indexer = stage.start(&database, &[]).await;
    said(&indexer, "waiting for the database").await;
    assert_eq!(problem(&indexer, "/ready").await.0, StatusCode::SERVICE_UNAVAILABLE);
    server.start_again().await.unwrap();
    recovers(&stage, &server, &database, indexer, "after it started without a database").await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_read_only_for_a_while_is_waited_for_and_read() {
    let server = server().await;
    server.create_database(NAME).await.unwrap();
    let (stage, database, indexer) = begin(203, &server).await;
    let since = Instant::now();
    execute(&server, "postgres", &format!("alter database {NAME} set default_transaction_read_only = on")).await;
    let end = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{NAME}'");
    execute(&server, "postgres", &end).await;
    stage.replay.extend(3);
    said(&indexer, "waiting for the database").await;
    refused(&server, "read-only transaction").await;
    waits(&indexer, "the database", since.elapsed().as_secs());
    // What is indexed is still served.
    assert_eq!(indexer.ask("/v1/practitioners").await.0, StatusCode::OK);
    execute(&server, "postgres", &format!("alter database {NAME} reset default_transaction_read_only")).await;
    recovers(&stage, &server, &database, indexer, "after the database was read-only").await;
    server.stop().await.unwrap();
}

/// Waits until the server has refused something so many times.
async fn refused(server: &Postgres, words: &str) {
    let log = || std::fs::read_to_string(server.child().log());
    let often = wait::until(words, PATIENCE, || async { Ok((log()?.matches(words).count() >= TRIES).then_some(())) });
    often.await.unwrap_or_else(|error| panic!("{error}: {}", log().unwrap()));
}

#[tokio::test]
async fn a_full_disk_is_waited_for() {
    let server = server().await;
    let disk = Small::mount(&server);
    let Some(disk) = disk else {
        println!("cannot mount a small disk here: a trigger says that the disk is full instead");
        server.create_database(NAME).await.unwrap();
        return full_by_trigger(&server).await;
    };
    let folder = disk.folder().display();
    execute(&server, "postgres", &format!("create tablespace small location '{folder}'")).await;
    execute(&server, "postgres", &format!("create database {NAME} tablespace small")).await;
    let (stage, database, indexer) = begin(204, &server).await;
    let since = Instant::now();
    disk.fill();
    // More than fits into what is free in pages.
    stage.replay.extend_events(3000);
    said(&indexer, "waiting for the database").await;
    refused(&server, "No space left on device").await;
    waits(&indexer, "the database", since.elapsed().as_secs());
    // It answers, whatever it knows.
    assert_eq!(indexer.ask("/status").await.0, StatusCode::OK);
    disk.relieve();
    recovers(&stage, &server, &database, indexer, "after the disk was full").await;
    execute(&server, "postgres", &format!("drop database {NAME} with (force)")).await;
    server.stop().await.unwrap();
}

async fn full_by_trigger(server: &Postgres) {
    let (stage, database, indexer) = begin(204, server).await;
    let since = Instant::now();
    let full = "create function full_disk() returns trigger language plpgsql as $$ begin \
                raise exception using errcode = '53100', message = 'No space left on device'; end $$";
    execute(server, NAME, full).await;
    execute(
        server,
        NAME,
        "create trigger full_disk before insert on block for each statement execute function full_disk()",
    )
    .await;
    stage.replay.extend(3);
    said(&indexer, "waiting for the database").await;
    refused(server, "No space left on device").await;
    waits(&indexer, "the database", since.elapsed().as_secs());
    execute(server, NAME, "drop trigger full_disk on block").await;
    execute(server, NAME, "drop function full_disk").await;
    recovers(&stage, server, &database, indexer, "after the disk was full").await;
}
