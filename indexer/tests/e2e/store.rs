//! The store's doors for the writer: rebuilding facts from stored events, headers that are filled in, what is noted about
//! the trails.

use chartkey_devnet::postgres::DatabaseUrl;
use chartkey_indexer::config::Deployment;
use chartkey_indexer::decode::decode;
use chartkey_indexer::model::{Block, Hash, LoggedEvent, Moment};
use chartkey_indexer::store::{self, Binding, StoreError, StoredEvent, Writer};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::history::History;
use crate::indexer::Indexer;
use crate::world::{World, assert_same_tables, connect, tables};

/// A writer on a database of this world's deployment, set up as the indexer would.
async fn writer(world: &World, database: &DatabaseUrl) -> Writer {
    let mut writer = store::connect_writer(database.expose()).await.unwrap().expect("nobody else writes");
    let deployment = Deployment::read(&world.deployment_file()).unwrap();
    let block: serde_json::Value =
        world.rpc().call("eth_getBlockByNumber", serde_json::json!(["0x0", false])).await.unwrap();
    let binding = Binding {
        chain_id: deployment.chain_id,
        contract: deployment.contract,
        deployment_block: deployment.block,
        genesis_hash: block["hash"].as_str().unwrap().parse().unwrap(),
    };
    let mut tx = writer.begin().await.unwrap();
    store::bind(&mut tx, &binding).await.unwrap();
    tx.commit().await.unwrap();
    writer
}

/// Sets a database up before an indexer starts on it.
pub async fn set_up(world: &World, database: &DatabaseUrl) {
    writer(world, database).await.close().await.unwrap();
}

fn read(stored: Vec<StoredEvent>) -> anyhow::Result<Vec<LoggedEvent>> {
    let read =
        |e: StoredEvent| Ok(LoggedEvent { event: decode(&e.log)?, log: e.log, subject: e.subject, link: e.link });
    stored.into_iter().map(read).collect()
}

async fn execute(db: &mut PgConnection, sql: &str) {
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(db).await.unwrap();
}

#[tokio::test]
async fn facts_are_rebuilt_from_stored_events_while_readers_go_on() {
    let world = World::new().await;
    let mut history = History::begin(&world, 31).await;
    history.act(120).await;
    let database = world.database().await;
    let indexer = Indexer::start(&world, &database).await;
    indexer.catch_up(&world).await;
    indexer.stop().await;
    let expected = tables(&database).await;
    let mut writer = writer(&world, &database).await;
    let mut db = connect(&database).await;
    let (first, last): (i64, i64) =
        sqlx::query_as("select min(block_number), max(block_number) from event").fetch_one(&mut db).await.unwrap();

    let middle = (first + last).cast_unsigned() / 2;
    for from in [last.cast_unsigned() + 1, last.cast_unsigned(), middle, first.cast_unsigned() + 1] {
        rebuild(&mut writer, from).await;
        assert_same_tables(&tables(&database).await, &expected, &format!("rebuilt from {from} on"));
    }

    // Whatever was broken is whole again from the deployment on, and only once it is committed.
    execute(&mut db, "delete from record").await;
    execute(&mut db, "update access_grant set rights = 1, granted_log = granted_log + 1000").await;
    execute(&mut db, "update trail set link = decode(repeat('00', 32), 'hex')").await;
    execute(&mut db, "insert into patient values (decode(repeat('aa', 20), 'hex'), 1, 1)").await;
    let broken = tables(&database).await;
    let mut tx = writer.begin().await.unwrap();
    let mut told = Vec::new();
    store::reindex(&mut tx, first.cast_unsigned(), read, |done, total| told.push((done, total))).await.unwrap();
    assert_eq!(tables(&database).await, broken);
    tx.commit().await.unwrap();
    assert_same_tables(&tables(&database).await, &expected, "rebuilt from the deployment on");
    let (done, total) = told.last().unwrap();
    assert!(done == total && *total > 100, "{told:?}");
    writer.close().await.unwrap();
}

async fn rebuild(writer: &mut Writer, from: u64) {
    let mut tx = writer.begin_bulk().await.unwrap();
    store::reindex(&mut tx, from, read, |_, _| ()).await.unwrap();
    tx.commit().await.unwrap();
}

fn block(number: u64, hash: u8) -> Block {
    Block { number, hash: Hash([hash; 32]), timestamp: Moment::from_unix(1_700_000_000 + number).unwrap() }
}

#[tokio::test]
async fn headers_fill_the_gaps_between_blocks_and_must_agree_with_them() {
    let world = World::new().await;
    let database = world.database().await;
    let mut writer = writer(&world, &database).await;
    let start = Deployment::read(&world.deployment_file()).unwrap().block;
    let mut tx = writer.begin().await.unwrap();
    store::write_progress(&mut tx, start + 20, Some(start + 10), Some(start)).await.unwrap();
    // Events in the second and the fourth block only.
    let sparse = [block(start + 1, 1), block(start + 3, 3)];
    store::append(&mut tx, &store::Batch::encode(&sparse, &[])).await.unwrap();
    assert_eq!(store::headers_to(&mut tx).await.unwrap(), None);

    let early = store::fill_headers(&mut tx, &[block(start + 1, 1)]).await.unwrap_err();
    assert!(matches!(early, StoreError::Refused(_)), "{early}");
    let dense: Vec<Block> = (0..3).map(|i| block(start + i, u8::try_from(i).unwrap())).collect();
    store::fill_headers(&mut tx, &dense).await.unwrap();
    assert_eq!(store::headers_to(&mut tx).await.unwrap(), Some(start + 2));
    let late = Block { timestamp: Moment::from_unix(1_800_000_000).unwrap(), ..block(start + 3, 3) };
    let other = store::fill_headers(&mut tx, &[late]).await.unwrap_err().to_string();
    assert!(other.contains(&format!("block {}", start + 3)), "{other}");
    // A log named another block at that height: of a final block, the header knows better.
    store::fill_headers(&mut tx, &[block(start + 3, 9)]).await.unwrap();
    let held = store::blocks_between(&mut tx, start + 3, start + 3).await.unwrap();
    assert_eq!(held, [block(start + 3, 9)]);

    // Dense batches take it along, withdrawing cuts it back.
    let live = [block(start + 4, 4), block(start + 5, 5)];
    store::append(&mut tx, &store::Batch::encode(&live, &[])).await.unwrap();
    assert_eq!(store::headers_to(&mut tx).await.unwrap(), Some(start + 5));
    // What is not final is never corrected: that is a reorg's business.
    let beyond: Vec<Block> = (6..=11).map(|i| block(start + i, 6)).collect();
    store::append(&mut tx, &store::Batch::encode(&beyond[5..], &[])).await.unwrap();
    let reorged: Vec<Block> = (6..=11).map(|i| block(start + i, 7)).collect();
    assert!(matches!(store::fill_headers(&mut tx, &reorged).await, Err(StoreError::Refused(_))));
    store::withdraw(&mut tx, start + 6).await.unwrap();
    store::withdraw(&mut tx, start + 5).await.unwrap();
    assert_eq!(store::headers_to(&mut tx).await.unwrap(), Some(start + 4));
    assert_eq!(store::cursor(&mut tx).await.unwrap(), Some(block(start + 4, 4)));
    store::withdraw(&mut tx, start).await.unwrap();
    assert_eq!(store::headers_to(&mut tx).await.unwrap(), None);
    assert_eq!(store::cursor(&mut tx).await.unwrap(), None);
    drop(tx);
    writer.close().await.unwrap();
}

#[tokio::test]
async fn what_is_unchecked_and_why_writing_stopped_is_remembered() {
    let world = World::new().await;
    let mut history = History::begin(&world, 33).await;
    history.act(40).await;
    let database = world.database().await;
    let indexer = Indexer::start(&world, &database).await;
    indexer.catch_up(&world).await;
    indexer.stop().await;
    let mut writer = writer(&world, &database).await;
    let mut tx = writer.begin().await.unwrap();
    store::mark_checked(&mut tx).await.unwrap();
    assert_eq!(store::unchecked_from(&mut tx).await.unwrap(), None);
    store::mark_unchecked(&mut tx, 5).await.unwrap();
    store::mark_unchecked(&mut tx, 7).await.unwrap();
    assert_eq!(store::unchecked_from(&mut tx).await.unwrap(), Some(5));
    let all = store::trails_after(&mut tx, None, 100).await.unwrap();
    assert!(all.len() > 3, "{all:?}");
    let rest = store::trails_after(&mut tx, Some(all[0].0), 2).await.unwrap();
    assert_eq!(rest, all[1..3]);
    let subjects: Vec<_> = all.iter().map(|(subject, _)| *subject).collect();
    let heads = store::trail_heads(&mut tx, &subjects).await.unwrap();
    assert!(all.iter().all(|(subject, link)| heads[subject] == *link));
    store::mark_checked(&mut tx).await.unwrap();
    assert_eq!(store::unchecked_from(&mut tx).await.unwrap(), None);

    assert_eq!(store::halted(&mut tx).await.unwrap(), None);
    store::halt(&mut tx, "the trail of 0x… ends elsewhere").await.unwrap();
    assert_eq!(store::halted(&mut tx).await.unwrap().as_deref(), Some("the trail of 0x… ends elsewhere"));
    store::recheck(&mut tx, 1).await.unwrap();
    assert_eq!(store::halted(&mut tx).await.unwrap(), None);
    assert_eq!(store::unchecked_from(&mut tx).await.unwrap(), Some(1));
    drop(tx);
    writer.close().await.unwrap();
}
