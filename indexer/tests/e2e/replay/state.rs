//! The state rebuilt from events beside the one that the tables hold: each is the other's oracle.

use std::collections::BTreeMap;

use chartkey_indexer::model::Moment;
use serde_json::Value;

use super::Stage;
use crate::world::World;

fn assert_same(ours: &[Value], expected: &[Value], when: &str) {
    for (number, (ours, expected)) in ours.iter().zip(expected).enumerate() {
        assert_eq!(ours, expected, "{when}, line {number}");
    }
    assert_eq!(ours.len(), expected.len(), "{when}");
}

#[tokio::test]
async fn the_state_from_events_is_the_state_of_the_tables_at_any_block() {
    let world = World::new().await;
    let stage = Stage::new(&world, 31, 320).await;
    let mut kinds = BTreeMap::<String, usize>::new();
    for block in stage.blocks(12).await {
        let at = format!("block:{block}");
        let expected = stage.stream(&format!("/v1/state?at={at}")).await;
        let by_api = stage.by_api(&stage.without_node(), &["replay", "state", "--at", &at]).await;
        assert_same(&by_api.lines(), &expected, &format!("by the API, {at}"));
        assert!(by_api.err.contains("not compared with the chain"), "{}", by_api.err);
        let by_database = stage.by_database(&stage.node(), &["replay", "state", "--at", &at]).await;
        assert_same(&by_database.lines(), &expected, &format!("by the database, {at}"));
        assert!(by_database.err.contains("compared with the chain at block"), "{}", by_database.err);
        for line in expected {
            *kinds.entry(line["line"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    println!("lines compared: {kinds:?}");
    assert_eq!(kinds.len(), 10, "{kinds:?}");
}

/// At a time between blocks, too, and at the head.
#[tokio::test]
async fn the_state_at_a_time_and_now() {
    let world = World::new().await;
    let stage = Stage::new(&world, 32, 120).await;
    let now = stage.by_api(&stage.node(), &["replay", "state"]).await.lines();
    assert_same(&now, &stage.stream("/v1/state").await, "now");
    let head: Moment = now[0]["timestamp"].as_str().unwrap().parse().unwrap();
    for before in [1, 977, 5_003, 11_111] {
        let time = Moment::from_unix(head.unix() - before).unwrap().to_string();
        let expected = stage.stream(&format!("/v1/state?at={time}")).await;
        let ours = stage.by_database(&stage.without_node(), &["replay", "state", "--at", &time]).await;
        assert_same(&ours.lines(), &expected, &time);
        let ours = stage.by_api(&stage.without_node(), &["replay", "state", "--at", &time]).await;
        assert_same(&ours.lines(), &expected, &time);
    }
    let future = stage.by_database(&stage.without_node(), &["replay", "state", "--at", "2099-01-01T00:00:00Z"]).await;
    future.must("the future", 3, &["lies in the future"]);
}

#[tokio::test]
async fn events_are_those_of_the_api_and_what_is_asked_for_of_them() {
    let world = World::new().await;
    let stage = Stage::new(&world, 33, 150).await;
    let all = stage.stream("/v1/events").await;
    let none = stage.without_node();
    let patient = format!("{:?}", stage.history.patients[0]);
    let middle = all[all.len() / 2]["blockNumber"].to_string();
    for (arguments, query) in [
        (vec![], String::new()),
        (vec!["--subject", &patient], format!("?subject={patient}")),
        (vec!["--from-block", &middle], format!("?fromBlock={middle}")),
        (vec!["--to-block", &middle, "--kind", "AccessGranted"], format!("?toBlock={middle}&kind=AccessGranted")),
    ] {
        let expected = stage.stream(&format!("/v1/events{query}")).await;
        assert!(!expected.is_empty());
        let arguments = [vec!["replay", "events"], arguments].concat();
        assert_same(&stage.by_api(&none, &arguments).await.lines(), &expected, &query);
        assert_same(&stage.by_database(&none, &arguments).await.lines(), &expected, &query);
        assert_same(&stage.by_api(&stage.node(), &arguments).await.lines(), &expected, &query);
    }
}
