//! Each question of the API is one that indexes answer, whatever it is about and however much there is.

mod fixture;
mod plan;
mod statements;

use chartkey_devnet::postgres::DatabaseUrl;
use chartkey_indexer::store::read::Reader;
use chartkey_indexer::store::{Connection, Transaction};
use sqlx::{Connection as _, PgConnection};

use fixture::{CHART, READER, RECORD, TEAM, run};
use plan::Plan;
use statements::{Statement, the};

/// A snapshot as a request has it: the API's role and settings.
async fn snapshot(database: &DatabaseUrl) -> Transaction<'static> {
    Reader::new(database.expose()).unwrap().snapshot().await.unwrap().0
}

/// What only names the directory's order reads it in that order, until the page is full.
fn is_the_directory(statement: &Statement) -> bool {
    statement.place == "read/practitioners.rs" && statement.sql.contains("lower(p.specialty)")
}

/// What compares all of it with itself, once, when a verification is asked for.
fn is_the_verification(statement: &Statement) -> bool {
    statement.place == "journal/chain.rs"
}

fn complain(faults: &mut Vec<String>, statement: &Statement, plan: &Plan) {
    // PLANS=1 prints them all.
    if std::env::var_os("PLANS").is_some() {
        println!("{}: {}\n{}", statement.place, statement.sql, plan.lines());
    }
    for fault in plan.faults() {
        faults.push(format!("{}: {fault}: {}\n{}", statement.place, statement.sql, plan.lines()));
    }
}

#[tokio::test]
async fn every_statement_goes_by_an_index() {
    let indexed = fixture::replayed().await;
    let database = &indexed.database;
    let mut faults = Vec::new();
    let reads = statements::of("read");
    assert!(reads.len() > 30, "only {} statements were found", reads.len());
    let mut db = snapshot(database).await;
    for statement in reads.iter().filter(|statement| !is_the_directory(statement)) {
        complain(&mut faults, statement, &Plan::of(&mut db, statement).await);
    }
    let writes = statements::of("journal");
    assert!(!writes.is_empty());
    // Its connections keep the planner's own ways: whether an index serves is what is asked.
    let mut db = PgConnection::connect(database.expose()).await.unwrap();
    run(&mut db, "set plan_cache_mode = force_generic_plan; set enable_seqscan = off").await;
    for statement in writes.iter().filter(|statement| !is_the_verification(statement)) {
        complain(&mut faults, statement, &Plan::of(&mut db, statement).await);
    }
    println!("{} statements that read, {} that write", reads.len(), writes.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn a_page_costs_the_same_wherever_it_is() {
    let indexed = fixture::grown().await;
    let database = &indexed.database;
    let head = sqlx::query_scalar("select max(number) from block");
    let head: i64 = head.fetch_one(&mut PgConnection::connect(database.expose()).await.unwrap()).await.unwrap();
    let mut db = snapshot(database).await;
    let reads = statements::of("read");
    // Where 100 000 of the 110 000 events lie before it, from the end on and from the start on.
    let (start, down, up) = (head - 999, head - 910, head - 90);
    let mut same = async |what: &str, words: &[&str], first: String, deep: String| {
        let statement = the(&reads, words);
        let first = touched(&mut db, statement, &first).await;
        let deep = touched(&mut db, statement, &deep).await;
        println!("{what}: the first page looks at {first} pages of the database, a deep one at {deep}");
        assert!(first < 51 * 40, "{what}: {first} pages for 51 rows");
        assert!(deep <= first + first / 4 + 20, "{what}: {deep} pages, {first} for the first one");
    };

    let registry = "decode(repeat('00', 20), 'hex')";
    let log = |at: i64| {
        format!(
            "{CHART}, true, true, null, null, null, null, null, null, {at}, 0, {at}, 0, {at}, 0, 51, {registry}, 1, 2, \
             {start}, {at}"
        )
    };
    same("the access log", &["'Queried'"], log(head + 1), log(down)).await;
    let trail = |at: i64| format!("{CHART}, {at}, {head}, null, {at}, 0, 51");
    same("the trail", &["e.subject = $1", "limit $7"], trail(start), trail(up)).await;
    let history = |at: i64| format!("{at}, {head}, null, {at}, 0, 51");
    same("the history", &["e.block_number between $1 and $2\n", "limit $6"], history(start), history(up)).await;
    let activity = |at: i64| format!("{READER}, {at}, 0, 51");
    same("activity", &["e.actor = $1"], activity(head + 1), activity(down)).await;
    let opens = |at: i64| format!("{RECORD}, array[{CHART}], {start}, {at}, {at}, 0, 51");
    same("opens", &["e.digest = $1 and e.kind = 'RecordOpened'"], opens(head + 1), opens(down)).await;

    // Of 10 000, nine in ten lie before it.
    let deep = start + 81;
    let records = |at: i64| format!("{head}, {CHART}, null, null, null, null, null, {at}, 0, 51, null, null");
    same("records", &["record_detail r where r.patient = $2\n"], records(0), records(deep)).await;
    let grants =
        |at: i64| format!("{CHART}, {head}, '2023-01-01', null, null, 'active', {at}, 0, 51, null, null, null");
    same("grants", &["else $6 = 'active'"], grants(0), grants(deep)).await;
}

/// Pages of the database that a full page of a list takes.
async fn touched(db: &mut Connection, statement: &Statement, parameters: &str) -> u64 {
    let plan = Plan::executed(db, statement, parameters).await;
    assert!((plan.rows() - 51.0).abs() < f64::EPSILON, "{} rows: {}", plan.rows(), statement.sql);
    plan.buffers()
}

#[tokio::test]
async fn large_charts_teams_and_directories_are_read_by_what_is_asked_of_them() {
    let indexed = fixture::grown().await;
    let database = &indexed.database;
    let mut db = snapshot(database).await;
    let reads = statements::of("read");
    let (end, now) = (i64::MAX - 1, "'2023-01-01'");
    let role = "decode(repeat('00', 32), 'hex')";
    let access = format!("{READER}, {CHART}, {end}, {now}, {role}");
    within(&mut db, &reads, "access to a chart with 10 000 grants", &["$1 = $2::bytea"], access, 100).await;
    let held = format!("{CHART}, {TEAM}, null, array[{role}], {end}");
    within(&mut db, &reads, "a verdict on it", &["order by array_position($4, g.scope)"], held, 60).await;
    let openable = format!("{end}, {now}, {READER}, -1, 0, 51, null, null");
    within(
        &mut db,
        &reads,
        "a page of 10 000 records through a team",
        &["select distinct held.added_block"],
        openable,
        3_000,
    )
    .await;
    let viewers = format!("{RECORD}, array[{CHART}], {end}, {now}, -1, 0, {READER}, 51");
    within(
        &mut db,
        &reads,
        "viewers of one of 10 000 records",
        &["r.patient = any($2)", "sight_shows"],
        viewers,
        200_000,
    )
    .await;

    // As it is asked: which index serves depends on what is asked by.
    run(&mut db, "set local plan_cache_mode = force_custom_plan").await;
    for (filter, what) in [
        ("'0a1b', null, null, null", "by a part of a name"),
        ("null, 'specialty 7', null, null", "by specialty"),
        ("null, null, 'clinic 7', null", "by organisation"),
        ("null, null, null, 'suspended'", "of the suspended"),
        ("null, null, null, null", "whole"),
    ] {
        let directory = format!("{filter}, {now}, null, 51");
        within(&mut db, &reads, &format!("the directory {what}"), &["lower(p.specialty)"], directory, 800).await;
    }
}

/// Finds something, and in at most so many pages of the database.
async fn within(db: &mut Connection, reads: &[Statement], what: &str, words: &[&str], parameters: String, most: u64) {
    let plan = Plan::executed(db, the(reads, words), &parameters).await;
    println!("{what}: {} pages of the database, {} rows", plan.buffers(), plan.rows());
    assert!(plan.rows() > 0.0, "{what}\n{}", plan.lines());
    assert!(plan.buffers() <= most, "{what}: {} pages\n{}", plan.buffers(), plan.lines());
}
