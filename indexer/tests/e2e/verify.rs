//! `verify` notices whatever is done to the stored history.

use chartkey_devnet::postgres::DatabaseUrl;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::history::History;
use crate::indexer::{Indexer, run_to_end};
use crate::world::{World, connect};

/// The event to tamper with: the first grant.
const EVENT: &str = "(block_number, log_index) = (select block_number, log_index from event \
                     where kind = 'AccessGranted' order by block_number, log_index limit 1)";

async fn verify(world: &World, database: &DatabaseUrl) -> (bool, String) {
    run_to_end(world, database, &["verify"]).await
}

async fn execute(db: &mut PgConnection, sql: &str) -> u64 {
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(db).await.unwrap().rows_affected()
}

#[tokio::test]
async fn every_change_of_the_stored_history_is_noticed_and_named() {
    let world = World::new().await;
    let mut history = History::begin(&world, 11).await;
    history.act(60).await;
    let database = world.database().await;
    let indexer = Indexer::start(&world, &database).await;
    indexer.catch_up(&world).await;
    indexer.stop().await;

    let (clean, said) = verify(&world, &database).await;
    assert!(clean, "{said}");
    // Three patients and the registry; the admin's role is the first link.
    assert!(said.contains("4 subjects") && said.contains("links"), "{said}");

    let mut db = connect(&database).await;
    for table in ["event", "block"] {
        execute(&mut db, &format!("create table kept_{table} as table {table}")).await;
    }
    let (block, log): (i64, i32) =
        sqlx::query_as(AssertSqlSafe(format!("select block_number, log_index from event where {EVENT}")))
            .fetch_one(&mut db)
            .await
            .unwrap();
    let at_event = format!("block {block}, log {log}: ");

    let flip = |column: &str, byte: usize| {
        format!("update event set {column} = set_byte({column}, {byte}, get_byte({column}, {byte}) # 1) where {EVENT}")
    };
    let last_of_a_patient = "delete from event where (block_number, log_index) = (select block_number, log_index from \
         event where subject <> decode(repeat('00', 20), 'hex') order by block_number desc, log_index desc limit 1)";
    let swap = "update event a set topics = b.topics, data = b.data, link = b.link, kind = b.kind, party = b.party, \
         subject = b.subject, actor = b.actor, digest = b.digest, scope = b.scope, via = b.via, purpose = b.purpose, \
         transaction_hash = b.transaction_hash \
         from event b \
         where (a.block_number, a.log_index) in (select block_number, log_index from event \
                where kind = 'AccessGranted' order by block_number, log_index limit 2) \
         and (b.block_number, b.log_index) in (select block_number, log_index from event \
                where kind = 'AccessGranted' order by block_number, log_index limit 2) \
         and (a.block_number, a.log_index) <> (b.block_number, b.log_index)";
    let tampers = [
        ("a byte of the data", flip("data", 31), at_event.as_str()),
        ("the first byte of the data", flip("data", 0), &at_event),
        ("a byte of the signature", flip("topics", 3), &at_event),
        ("a byte of the grantee", flip("topics", 95), &at_event),
        ("a byte of the link", flip("link", 0), &at_event),
        ("a byte of the transaction's hash", flip("transaction_hash", 9), &at_event),
        ("a byte of the actor's column", flip("actor", 5), &at_event),
        ("a byte of the subject's column", flip("subject", 5), &at_event),
        ("a byte of the grantee's column", flip("party", 5), &at_event),
        ("a byte of the scope's column", flip("scope", 31), &at_event),
        ("the kind's column", format!("update event set kind = 'AccessRevoked' where {EVENT}"), &at_event),
        ("its place in the block", format!("update event set log_index = log_index + 1 where {EVENT}"), &at_event),
        ("an event deleted", format!("delete from event where {EVENT}"), &at_event),
        ("the last event of a patient deleted", last_of_a_patient.into(), "missing"),
        ("two events swapped", swap.into(), &at_event),
        (
            "all events of a patient deleted",
            format!("delete from event where subject = (select subject from event where {EVENT})"),
            "missing",
        ),
        (
            "a byte of a block's hash",
            format!("update block set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where number = {block}"),
            "the chain of blocks: ",
        ),
        (
            "a block's time",
            format!("update block set timestamp = timestamp + interval '1 second' where number = {block}"),
            "the chain of blocks: ",
        ),
        ("a block deleted", format!("delete from block where number = {block}"), "the chain of blocks: "),
    ];
    for (what, sql, expected) in tampers {
        assert!(execute(&mut db, &sql).await > 0, "{what}: nothing was changed");
        let (clean, said) = verify(&world, &database).await;
        assert!(!clean, "{what}: verify did not notice");
        assert!(said.contains("first wrong link: ") && said.contains(expected), "{what}: {said}");
        for table in ["event", "block"] {
            execute(&mut db, &format!("delete from {table}")).await;
            execute(&mut db, &format!("insert into {table} select * from kept_{table}")).await;
        }
    }
    assert!(verify(&world, &database).await.0);
}

#[tokio::test]
async fn a_changed_column_of_any_kind_of_event_is_noticed() {
    let world = World::new().await;
    let mut history = History::begin(&world, 13).await;
    history.act(200).await;
    let database = world.database().await;
    let indexer = Indexer::start(&world, &database).await;
    indexer.catch_up(&world).await;
    indexer.stop().await;

    let mut db = connect(&database).await;
    execute(&mut db, "create table kept as table event").await;
    let first_of_each = "select distinct on (kind) kind, block_number, log_index from event \
                         order by kind, block_number, log_index";
    let kinds: Vec<(String, i64, i32)> = sqlx::query_as(first_of_each).fetch_all(&mut db).await.unwrap();
    println!("{} kinds", kinds.len());
    // A column that is null says that there is nothing: filling it is a change, too.
    let bytes = |column: &str, length: u8| {
        format!(
            "{column} = coalesce(set_byte({column}, 0, get_byte({column}, 0) # 1), decode(repeat('01', {length}), 'hex'))"
        )
    };
    let changes = [
        ("actor", bytes("actor", 20)),
        ("party", bytes("party", 20)),
        ("digest", bytes("digest", 32)),
        ("scope", bytes("scope", 32)),
        ("via", bytes("via", 20)),
        ("purpose", "purpose = coalesce(purpose + 1, 0)".into()),
    ];
    for (i, (kind, block, log)) in kinds.iter().enumerate() {
        let (column, change) = &changes[i % changes.len()];
        let event = format!("block_number = {block} and log_index = {log}");
        execute(&mut db, &format!("update event set {change} where {event}")).await;
        let (clean, said) = verify(&world, &database).await;
        let expected = format!("block {block}, log {log}: column {column} differs");
        assert!(!clean && said.contains(&expected), "{kind}: {said}");
        execute(&mut db, &format!("delete from event where {event}")).await;
        execute(&mut db, &format!("insert into event select * from kept where {event}")).await;
    }
    assert!(kinds.len() >= 25, "the history has only {kinds:?}");
    assert!(verify(&world, &database).await.0);
}
