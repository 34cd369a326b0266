//! A database to ask: a replayed history, with statistics and many partitions; and one chart, one team and one directory far
//! beyond the ordinary.

use std::sync::Arc;

use chartkey_devnet::postgres::{DatabaseUrl, Postgres};
use chartkey_devnet::replay::ReplayOptions;
use chartkey_devnet::toolchain::Toolchain;
use chartkey_indexer::store;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use crate::chaos::stage::Stage;
use crate::world::{connect, database_on, postgres};

const SEED: u64 = 13;
const EVENTS: u64 = 8_000;
/// Blocks of a partition of `event`: the history lies in some forty of them.
const WIDTH: u32 = 16;

/// A subject with a long history; and records, grants, requests and a team of theirs.
pub const CHART: &str = "decode(repeat('c1', 20), 'hex')";
/// Who opened the records, and is a member of the team.
pub const READER: &str = "decode(repeat('d1', 20), 'hex')";
/// A record of the chart.
pub const RECORD: &str = "decode(lpad(to_hex(1), 64, '0'), 'hex')";
pub const TEAM: &str = "decode(repeat('e1', 20), 'hex')";

/// What is asked, as long as this is kept.
pub struct Indexed {
    pub database: DatabaseUrl,
    _postgres: Arc<Postgres>,
}

/// What the history leaves empty: what nothing is in, no plan needs an index for.
const FILL: &str = "
    insert into withdrawal select n, 1 from generate_series(1, 500) n;
    insert into withdrawn_block
    select n, b, decode(repeat('00', 32), 'hex') from generate_series(1, 500) n, generate_series(1, 10) b;
    insert into withdrawn_event
    select n, b, i, array[decode(repeat('c1', 20), 'hex')]
    from generate_series(1, 500) n, generate_series(1, 10) b, generate_series(0, 3) i;
    insert into sign_in_nonce
    select md5(n::text), now() + (n - 100) * interval '1 s' from generate_series(1, 5000) n;
    insert into session (token_hash, account, created_at, expires_at)
    select decode(lpad(to_hex(n), 64, '0'), 'hex'), decode(repeat('d1', 20), 'hex'), now() - interval '1 h',
           now() + (n - 100) * interval '1 s'
    from generate_series(1, 5000) n;
    insert into query (patient, route, asked, request_id, block_number, block_hash, block_time)
    select patient, '/v1/patients/{address}', '/', 'r', 1, decode(repeat('00', 32), 'hex'), now()
    from patient, generate_series(1, 20);";

/// Indexes the history.
pub async fn replayed() -> Indexed {
    println!("replayed chain with seed {SEED}");
    let stage = Stage::new(ReplayOptions { events: EVENTS, seed: SEED, ..ReplayOptions::default() });
    let postgres = postgres(&Toolchain::find().unwrap()).await;
    let database = database_on(&postgres).await;
    store::connect_writer(database.expose()).await.unwrap().unwrap().close().await.unwrap();
    let mut db = connect(&database).await;
    run(&mut db, &format!("alter table deployment alter event_width set default {WIDTH}")).await;
    let indexer = stage.start(&database, &[]).await;
    stage.complete(&indexer).await;
    indexer.stop().await;
    run(&mut db, FILL).await;
    run(&mut db, "analyze").await;
    Indexed { database, _postgres: postgres }
}

pub async fn run(db: &mut PgConnection, sql: &str) {
    db.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
}

/// Goes on with the history: 110 000 opens in one chart by one reader, of one record of 10 000, with 10 000 grants; a team of 500
/// members; 20 000 practitioners. Rows alone: nothing here checks a trail.
pub async fn grown() -> Indexed {
    let indexed = replayed().await;
    let mut db = connect(&indexed.database).await;
    run(&mut db, &grow()).await;
    run(&mut db, "vacuum analyze").await;
    indexed
}

/// From the head on: blocks of 110 events each.
fn grow() -> String {
    let address = |number: &str| format!("decode(lpad(to_hex({number}), 40, '0'), 'hex')");
    let word = |number: &str| format!("decode(lpad(to_hex({number}), 64, '0'), 'hex')");
    let none = "decode(repeat('00', 32), 'hex')";
    let practitioner = address("n");
    format!(
        "create temp table head as select max(number) as number, max(timestamp) as time from block;
         insert into block select number + n, {none}, time + n * interval '12 s' from head, generate_series(1, 1000) n;
         update progress set head = number + 1000, headers_to = number + 1000 from head;
         select ensure_event_partitions(number, number + 1000) from head;
         insert into event (block_number, log_index, transaction_hash, subject, topics, data, link, kind, actor, party, digest,
                            scope, purpose)
         select number + b, i, {none}, {CHART}, decode(repeat('00', 128), 'hex'), '', {none}, 'RecordOpened', {READER},
                {READER}, {RECORD}, {none}, 0
         from head, generate_series(1, 1000) b, generate_series(0, 109) i;
         insert into trail select {CHART}, number + 1, number + 1000, 109, 110000, {none} from head;
         insert into patient select {CHART}, number, 0 from head;
         insert into record (patient, digest, codec, folder, author, key_commit, sealed_metadata, added_block, added_log)
         select {CHART}, {digest}, 85, n % 5, {CHART}, {none}, '', number + 1 + n / 110, n % 110
         from head, generate_series(0, 9999) n;
         insert into practitioner (practitioner, from_block, from_log, registrar, valid_until, suspended, emergency_capable,
                                   name, licence, specialty, organisation)
         select {practitioner}, number, n, {CHART}, time + interval '1 year', n % 1000 = 0, false, 'Dr. ' || md5(n::text),
                'L-' || n, 'Specialty ' || n % 200, 'Clinic ' || n % 300
         from head, generate_series(1, 20000) n;
         insert into practitioner (practitioner, from_block, from_log, registrar, valid_until, suspended, emergency_capable,
                                   name, licence, specialty, organisation)
         select {READER}, number, 20001, {CHART}, time + interval '1 year', false, false, 'The reader', '', '', '' from head;
         insert into access_grant (patient, grantee, scope, granted_block, granted_log, actor, rights, purposes, expires_at,
                                   epoch, sealed_key)
         select {CHART}, {practitioner}, {none}, number + 1 + n / 110, n % 110, {CHART}, 1, 1, time + interval '1 year', 0, ''
         from head, generate_series(1, 10000) n;
         insert into access_grant (patient, grantee, scope, granted_block, granted_log, actor, rights, purposes, expires_at,
                                   epoch, sealed_key)
         select {CHART}, {TEAM}, {none}, number + 900, 0, {CHART}, 1, 1, time + interval '1 year', 0, '' from head;
         insert into team (team, registrar, name, organisation, created_block, created_log)
         select {TEAM}, {CHART}, 'Board', 'Clinic', number, 1 from head;
         insert into team_member (team, member, from_block, from_log, ends_at)
         select {TEAM}, {practitioner}, number, n, time + interval '1 year' from head, generate_series(1, 499) n
         union all select {TEAM}, {READER}, number, 500, time + interval '1 year' from head;",
        digest = word("n"),
    )
}
