//! Connections: how many, how long, how they end.

use std::fs;
use std::process::Command;

use chartkey_devnet::child::{Child, Signal};
use chartkey_devnet::scratch::Scratch;

use super::*;

#[tokio::test]
async fn who_does_not_get_to_the_point_is_not_waited_for() {
    let slow = Server::start(Limits { header_time: SHORT, ..limits() }).await;
    let (mut silent, mut dripping) = (slow.connect().await, slow.connect().await);
    dripping.say("GET /health HTTP/1.1\r\nHost: loc").await;
    assert_eq!(silent.listen().await, "");
    assert_eq!(dripping.listen().await, "");

    // The first request was in time; the next one is not.
    let idle = Server::start(Limits { idle_time: SHORT, ..limits() }).await;
    let mut kept = idle.connect().await;
    kept.say(&idle.health()).await;
    assert!(kept.hear().await.starts_with("HTTP/1.1 200"));
    kept.say("GET /health HTTP/1.1\r\n").await;
    assert!(!kept.listen().await.contains("200 OK"));
    // Somebody who asks is not held to the first one's time.
    let mut patient = slow.connect().await;
    for _ in 0..3 {
        patient.say(&slow.health()).await;
        assert!(patient.hear().await.starts_with("HTTP/1.1 200"));
        tokio::time::sleep(SHORT / 2).await;
    }
    slow.stop().await;
    idle.stop().await;
}

/// By an option of Linux's TCP.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_takes_nothing_of_what_they_asked_for_is_given_up() {
    let server = Server::start(Limits { stalled_time: SHORT, ..limits() }).await;
    // Some hundred megabytes, more than any buffer on the way holds.
    let large = server.request("GET /docs/swagger-ui-bundle.js");
    let mut stalled = server.connect().await;
    stalled.say(&large.repeat(100)).await;
    stalled.hear().await;
    wait::until("the connection to be given up", PATIENCE, || async {
        Ok((server.metric("chartkey_connections").await == Some(1.0)).then_some(()))
    })
    .await
    .unwrap();
    drop(stalled);
    server.stop().await;
}

#[tokio::test]
async fn beyond_the_last_place_there_is_a_503_and_places_come_back() {
    let server = Server::start(Limits { connections: 2, ..limits() }).await;
    let mut held = vec![server.connect().await, server.connect().await];
    for conversation in &mut held {
        conversation.say(&server.health()).await;
        assert!(conversation.hear().await.starts_with("HTTP/1.1 200"));
    }
    let mut refused = server.connect().await;
    refused.say(&server.health()).await;
    let said = refused.listen().await;
    assert!(said.starts_with("HTTP/1.1 503"), "{said}");
    for part in ["retry-after: 1", "connection: close", "urn:chartkey:problem:no-place", "x-request-id: "] {
        assert!(said.to_lowercase().contains(part), "{part}: {said}");
    }
    held.pop();
    wait::until("a place", PATIENCE, || async {
        Ok((server.get("/health", &[]).await.status() == StatusCode::OK).then_some(()))
    })
    .await
    .unwrap();
    assert!(server.metric("chartkey_connections_refused_total").await >= Some(1.0));
    assert_eq!(server.metric("chartkey_connections").await, Some(2.0));
    drop(held);
    server.stop().await;
}

#[tokio::test]
async fn one_conversation_gone_wrong_harms_no_other() {
    let server = Server::start(limits()).await;
    for nonsense in ["\0\u{1}\u{2}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET  HTTP/1.1\r\nA b: c\r\n\r\n"] {
        let mut rude = server.connect().await;
        rude.say(nonsense).await;
        assert!(rude.listen().await.starts_with("HTTP/1.1 4"), "{nonsense:?}");
    }
    let mut endless = server.connect().await;
    endless.say(&format!("GET / HTTP/1.1\r\nA: {}", "a".repeat(100_000))).await;
    assert!(endless.listen().await.starts_with("HTTP/1.1 431"));
    // Closed with unread bytes: a reset.
    let mut gone = server.connect().await;
    gone.say(&server.health()).await;
    gone.0.set_zero_linger().unwrap();
    drop(gone);
    assert_eq!(server.get("/health", &[]).await.status(), StatusCode::OK);
    server.stop().await;
}

/// A database that takes connections and says nothing: whoever asks it waits.
async fn silent_database() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://nobody@{}/none", listener.local_addr().unwrap());
    (listener, url)
}

/// A conversation with a request that is under way.
async fn under_way(server: &Server, database: &TcpListener) -> (Conversation, TcpStream) {
    let mut conversation = server.connect().await;
    conversation.say(&server.request("GET /status")).await;
    let (held, _) = tokio::time::timeout(PATIENCE, database.accept()).await.expect("the database is asked").unwrap();
    (conversation, held)
}

#[tokio::test]
async fn asked_to_stop_it_finishes_what_is_under_way_and_waits_for_nobody_else() {
    let (database, url) = silent_database().await;
    let server = Server::start_with(limits(), &url, &[]).await;
    let (mut fresh, mut idle) = (server.connect().await, server.connect().await);
    idle.say(&server.health()).await;
    idle.hear().await;
    let (mut asked, _held) = under_way(&server, &database).await;
    server.stop.send(true).unwrap();
    assert_eq!(fresh.listen().await, "");
    assert_eq!(idle.listen().await, "");
    assert!(TcpStream::connect(server.address).await.is_err(), "it takes connections still");
    let answer = asked.listen().await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("database-unavailable"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn what_takes_too_long_is_ended() {
    let (database, url) = silent_database().await;
    let server = Server::start_with(Limits { drain_time: Duration::from_millis(1), ..limits() }, &url, &[]).await;
    let (mut asked, _held) = under_way(&server, &database).await;
    server.stop().await;
    assert_eq!(asked.listen().await, "");
}

#[tokio::test]
async fn who_waits_for_the_database_is_counted() {
    let (database, url) = silent_database().await;
    let server = Server::start_with(limits(), &url, &[]).await;
    let (_asked, _held) = under_way(&server, &database).await;
    let text = server.get("/metrics", &[]).await.text().await.unwrap();
    for line in
        ["chartkey_database_waiting{pool=\"read\"} 1", "chartkey_database_connections_limit{pool=\"journal\"} 8"]
    {
        assert!(text.lines().any(|one| one == line), "{line}: {text}");
    }
    server.stop().await;
}

#[tokio::test]
async fn out_of_open_files_it_says_so_and_goes_on_when_there_are_some() {
    let scratch = Scratch::new().unwrap();
    let log = scratch.path().join("serve.log");
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "ulimit -n 64; exec \"$0\" serve --open --listen 127.0.0.1:0",
            env!("CARGO_BIN_EXE_chartkey-indexer"),
        ])
        .env("DATABASE_URL", NO_DATABASE)
        .env("RUST_LOG", "info");
    let child = Child::spawn("chartkey-indexer", command, &log, Signal::SIGKILL).unwrap();
    let said = |text: &str| fs::read_to_string(&log).unwrap().matches(text).count();
    let url = wait::until("it to listen", PATIENCE, || async {
        let log = fs::read_to_string(&log)?;
        let url = log.split_once("query API on ").and_then(|(_, rest)| rest.split_once(": "));
        Ok(url.map(|(url, _)| url.to_owned()))
    })
    .await
    .unwrap();
    assert_eq!(said("too few open files for MAX_CONNECTIONS"), 1);
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(TcpStream::connect(url.trim_start_matches("http://")).await.unwrap());
    }
    let refused = "no connection can be accepted for now";
    wait::until("open files to be used up", PATIENCE, || async { Ok((said(refused) > 0).then_some(())) })
        .await
        .unwrap();
    drop(held);
    let health = http_client().get(format!("{url}/health")).timeout(PATIENCE);
    assert_eq!(health.send().await.unwrap().status(), StatusCode::OK);
    // Not again for each that could not be accepted.
    assert!(said(refused) < 10);
    child.stop(Signal::SIGTERM, PATIENCE).await.unwrap();
}
