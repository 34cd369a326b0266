//! Ids that are not ours, and places that are taken.

use chartkey_devnet::wait;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::client::{Stream, Told, place};
use super::{PATIENCE, history};
use crate::history::History;
use crate::indexer::{Indexer, Source};
use crate::world::{World, connect};

/// Status, and detail of the problem.
async fn refused(indexer: &Indexer, token: Option<&str>, query: &str, last: Option<&str>) -> (u16, String) {
    let opened = Stream::try_open(indexer, token, query, last).await;
    let (status, problem) = opened.err().unwrap_or_else(|| panic!("{query}, {last:?} is not refused"));
    assert_eq!(problem["status"], status.as_u16());
    (status.as_u16(), problem["detail"].as_str().unwrap().to_owned())
}

/// The id that a stream begins with at the head.
async fn head_id(indexer: &Indexer) -> String {
    let mut stream = Stream::open(indexer, None, "", None).await;
    loop {
        if let Some(id) = stream.next().await.unwrap().id {
            return id;
        }
    }
}

/// The same id with another part.
fn with(id: &str, part: usize, value: &str) -> String {
    let mut parts: Vec<&str> = id.split('-').collect();
    parts[part] = value;
    parts.join("-")
}

#[tokio::test]
async fn an_id_that_is_none_of_this_chain_is_refused_with_what_is_expected() {
    let world = World::new().await;
    let mut acts = History::begin(&world, 42).await;
    acts.act(20).await;
    // What is behind these blocks is final.
    world.mine(100).await;
    acts.act(20).await;
    let database = world.database().await;
    let indexer = Indexer::start(&world, &database).await;
    indexer.catch_up(&world).await;
    let status = indexer.get("/status").await;
    let (head, finalized) = (&status["data"]["indexedBlock"], &status["data"]["finalizedBlock"]);
    let (head, finalized) = (head.as_u64().unwrap(), finalized.as_u64().unwrap());
    assert!(finalized > 20, "{status}");
    let id = head_id(&indexer).await;

    for wrong in ["x", "12", "-", "12-end-0", &format!("{id}-"), &id.to_uppercase(), &with(&id, 0, "x")] {
        for (query, last) in [(String::new(), Some(wrong)), (format!("?lastEventId={wrong}"), None)] {
            let (status, detail) = refused(&indexer, None, &query, last).await;
            assert!(status == 400 && detail.contains("the id of the last frame"), "{wrong}: {detail}");
        }
    }
    let (status, detail) = refused(&indexer, None, "", Some(&with(&id, 4, "01020304"))).await;
    assert!(status == 400 && detail.contains("another chain"), "{detail}");
    let far = (head + 100_000).to_string();
    let (status, detail) = refused(&indexer, None, "", Some(&with(&id, 0, &far))).await;
    assert!(status == 400 && detail.contains(&far), "{detail}");
    let (status, detail) = refused(&indexer, None, "", Some(&with(&id, 0, &finalized.to_string()))).await;
    assert!(status == 400 && detail.contains("does not have"), "{detail}");
    // Another instance may have come farther.
    let (status, _) = refused(&indexer, None, "", Some(&with(&id, 0, &(head + 3).to_string()))).await;
    assert_eq!(status, 503);
    let (status, detail) = refused(&indexer, None, &format!("?fromBlock={}", head + 2), None).await;
    assert!(status == 400 && detail.contains("lies in the future"), "{detail}");
    for query in ["?fromBlock=-1", "?fromBlock=one", "?from=1", "?limit=3"] {
        assert_eq!(refused(&indexer, None, query, None).await.0, 400, "{query}");
    }
    Stream::open(&indexer, None, &format!("?fromBlock={}", head + 1), None).await;
    indexer.stop().await;
}

#[tokio::test]
async fn a_branch_that_nobody_here_saw_is_told_from_what_is_final_on() {
    let world = World::new().await;
    let mut acts = History::begin(&world, 43).await;
    acts.act(20).await;
    world.mine(100).await;
    acts.act(30).await;
    let (one, other) = (world.database().await, world.database().await);
    let first = Indexer::start(&world, &one).await;
    first.catch_up(&world).await;
    // On the first database there has been a reorg, on the second there never was one.
    let mut before = Told::default();
    let mut stream = Stream::open(&first, None, "?fromBlock=0", None).await;
    let last = history(&first).await.pop().unwrap();
    before.take_until(&mut stream, |event| *event == last).await;
    let _: Value = world.rpc().call("anvil_reorg", json!([3, []])).await.unwrap();
    acts.time += 10_000;
    acts.act(10).await;
    first.catch_up(&world).await;
    let second = Indexer::start(&world, &other).await;
    second.catch_up(&world).await;
    let whole = history(&second).await;
    let last = whole.last().unwrap();

    // Of a branch that the second never saw.
    let mut told = before.clone();
    let mut stream = Stream::open(&second, None, "", before.last_id.as_deref()).await;
    let reorg = stream.next_event().await;
    assert_eq!((reorg.event.as_deref(), &reorg.data.as_ref().unwrap()["withdrawn"]), (Some("reorg"), &json!([])));
    let finalized = second.get("/status").await["data"]["finalizedBlock"].as_u64().unwrap();
    assert_eq!(reorg.data.unwrap()["fromBlock"], finalized + 1);
    told.events.retain(|event| place(event).0 <= finalized);
    told.take_until(&mut stream, |event| event == last).await;
    assert_eq!(told.events, whole);

    // Of the branch that is there, with either's count of reorgs, to the other.
    let mut told = before.clone();
    let mut stream = Stream::open(&first, None, "", before.last_id.as_deref()).await;
    told.take_until(&mut stream, |event| event == last).await;
    assert_eq!((&told.events, told.reorgs), (&whole, 1));
    let ids = [(&second, told.last_id), (&first, Some(head_id(&second).await))];
    let mut streams = Vec::new();
    for (indexer, id) in &ids {
        streams.push(Stream::open(indexer, None, "", id.as_deref()).await);
    }
    // Some of what is tried is refused.
    acts.act(10).await;
    for stream in &mut streams {
        let next = stream.next_event().await;
        assert!(next.event.as_deref() != Some("reorg") && place(&next.data.unwrap()) > place(last));
    }
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn places_are_limited_and_given_back() {
    let world = World::new().await;
    let database = world.database().await;
    let source = Source { open: false, ..world.source() };
    let closed = Indexer::start_on(&source, &database, &["--max-streams", "12"]).await;
    closed.catch_up(&world).await;
    assert_eq!(refused(&closed, None, "", None).await.0, 401);
    assert_eq!(refused(&closed, Some(&"0".repeat(64)), "", None).await.0, 401);
    let (one, other) =
        (closed.sign_in(&world, world.accounts[1]).await, closed.sign_in(&world, world.accounts[2]).await);
    let mut streams = Vec::new();
    for _ in 0..10 {
        streams.push(Stream::open(&closed, Some(&one), "", None).await);
    }
    let (status, detail) = refused(&closed, Some(&one), "", None).await;
    assert!(status == 429 && detail.contains("10 times"), "{status} {detail}");
    streams.push(Stream::open(&closed, Some(&other), "", None).await);
    streams.push(Stream::open(&closed, Some(&other), "", None).await);
    let full = closed.send("/v1/stream", &[("authorization", &crate::indexer::bearer(&other))]).await;
    assert_eq!(full.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(full.headers()["retry-after"], "30");
    drop(streams);
    wait::until("places to be given back", PATIENCE, || async {
        Ok(Stream::try_open(&closed, Some(&one), "", None).await.is_ok().then_some(()))
    })
    .await
    .unwrap();
    closed.stop().await;
}

#[tokio::test]
async fn an_index_that_is_not_live_streams_nothing() {
    let world = World::new().await;
    let database = world.database().await;
    let indexer = Indexer::start(&world, &database).await;
    indexer.catch_up(&world).await;
    indexer.stop().await;
    let reader = Indexer::serve(&world, &database).await;
    let mut stream = Stream::open(&reader, None, "", None).await;
    let mut db = connect(&database).await;
    sqlx::query("update progress set halted = 'for a test'").execute(&mut db).await.unwrap();
    assert!(stream.ends_without_events().await);
    let (status, detail) = refused(&reader, None, "", None).await;
    assert!(status == 503 && detail.contains("for a test"), "{detail}");
    sqlx::query("update progress set halted = null, head = head + 1000").execute(&mut db).await.unwrap();
    assert_eq!(refused(&reader, None, "", None).await.0, 503);
    reader.stop().await;
}
