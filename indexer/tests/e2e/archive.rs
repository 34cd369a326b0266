//! Old events can be archived: facts and trails stay, and the events come back.

use chartkey_devnet::postgres::DatabaseUrl;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::history::History;
use crate::indexer::Indexer;
use crate::store::set_up;
use crate::world::{World, assert_same_tables, connect, tables};

/// Blocks of a partition.
const WIDTH: i64 = 20;
const FACTS: [&str; 12] = [
    "access_grant",
    "access_request",
    "account_key",
    "block",
    "emergency_policy",
    "guardian",
    "patient",
    "practitioner",
    "record",
    "team",
    "team_member",
    "trail",
];

/// The tables of facts and trails.
async fn facts(database: &DatabaseUrl) -> Vec<(String, Vec<String>)> {
    tables(database).await.into_iter().filter(|(name, _)| FACTS.contains(&name.as_str())).collect()
}

async fn archive(db: &mut PgConnection, before: i64) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("select archive_events($1)").bind(before).fetch_all(db).await
}

async fn number(db: &mut PgConnection, sql: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(db).await.unwrap()
}

/// Sets every transaction's hash to null, as archiving does.
fn without_transactions(answer: &mut Value) {
    match answer {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| match name.as_str() {
            "transactionHash" | "requestId" => *value = Value::Null,
            _ => without_transactions(value),
        }),
        Value::Array(items) => items.iter_mut().for_each(without_transactions),
        _ => {}
    }
}

async fn charts(indexer: &Indexer, history: &History<'_>) -> Vec<Value> {
    let mut answers = Vec::new();
    for patient in &history.patients {
        for route in ["", "/records", "/grants?state=all", "/viewers", "/requests"] {
            answers.push(indexer.get(&format!("/v1/patients/{patient:?}{route}")).await);
        }
        answers.push(indexer.get(&format!("/v1/accounts/{patient:?}/keys")).await);
    }
    let teams = history.teams.iter().map(|team| format!("/v1/teams/{:?}", team.address));
    for path in teams {
        // Some of them may not be made yet.
        answers.push(indexer.ask(&path).await.1);
    }
    for answer in &mut answers {
        without_transactions(answer);
        if let Some(as_of) = answer["asOf"].as_object_mut() {
            as_of.remove("archivedBefore");
        }
    }
    answers
}

#[tokio::test]
async fn facts_and_trails_outlive_archived_events() {
    let world = World::new().await;
    let mut history = History::begin(&world, 21).await;
    history.act(60).await;
    history.mine(200).await;
    history.act(30).await;
    // Until all of it is final.
    history.mine(100).await;
    let database = world.database().await;
    set_up(&world, &database).await;
    let mut db = connect(&database).await;
    sqlx::query("update deployment set event_width = $1").bind(WIDTH).execute(&mut db).await.unwrap();
    let indexer = Indexer::start(&world, &database).await;
    indexer.catch_up(&world).await;
    let before = charts(&indexer, &history).await;
    let events = number(&mut db, "select count(*) from event").await;
    let partitions = number(&mut db, "select count(*) from pg_inherits where inhparent = 'event'::regclass").await;
    assert!(partitions > 2, "{partitions} partitions");

    let final_block = number(&mut db, "select finalized from progress").await;
    let refused = archive(&mut db, final_block + 2 * WIDTH).await.unwrap_err();
    assert!(refused.to_string().contains("not all final"), "{refused}");
    let archived = archive(&mut db, final_block).await.unwrap();
    assert!(!archived.is_empty(), "nothing is archived of {partitions} partitions, final up to {final_block}");
    assert!(archive(&mut db, final_block).await.unwrap().is_empty(), "archived twice");
    let left = number(&mut db, "select count(*) from event").await;
    assert_eq!(left, 0, "of {events} events are left");
    assert_eq!(charts(&indexer, &history).await, before);

    // Live on, and back by reorgs that take all events that are not archived: trails go back to where these left them.
    for depth in 1..=5_u64 {
        history.act(4).await;
        indexer.catch_up(&world).await;
        let _: Value = world.rpc().call("anvil_reorg", serde_json::json!([depth, []])).await.unwrap();
        indexer.catch_up(&world).await;
        history.time += 10_000;
    }
    let fresh = world.database().await;
    let other = Indexer::start(&world, &fresh).await;
    other.catch_up(&world).await;
    assert_same_tables(&facts(&database).await, &facts(&fresh).await, "with archived events");
    indexer.stop().await;
    other.stop().await;

    sqlx::query(AssertSqlSafe(format!("alter table {} rename to elsewhere", archived[0])))
        .execute(&mut db)
        .await
        .unwrap();
    let missing = sqlx::query("select unarchive_events()").execute(&mut db).await.unwrap_err();
    assert!(missing.to_string().contains("not all archived events"), "{missing}");
    sqlx::query(AssertSqlSafe(format!("alter table elsewhere rename to {}", archived[0])))
        .execute(&mut db)
        .await
        .unwrap();
    sqlx::query("select unarchive_events()").execute(&mut db).await.unwrap();
    let event =
        |all: Vec<(String, Vec<String>)>| all.into_iter().filter(|(name, _)| name == "event").collect::<Vec<_>>();
    assert_same_tables(&event(tables(&database).await), &event(tables(&fresh).await), "with the events back");
}
