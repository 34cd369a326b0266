//! A private PostgreSQL server.

mod account;
mod cluster;
mod place;
mod standby;
mod url;

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Result, bail};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
pub use url::DatabaseUrl;

use crate::{
    child::{Child, Signal},
    port,
    scratch::Scratch,
    toolchain::Toolchain,
    wait,
};
use account::Account;
use place::Place;

/// How long the server may take until it answers, crash recovery included.
const START: Duration = Duration::from_secs(60);
/// How long the server may take to end.
const STOP: Duration = Duration::from_secs(15);
/// How long a server may linger on the data after its devnet was killed, or its processes after it was.
const LINGER: Duration = Duration::from_secs(3);
/// How often a free port is looked for, when another program takes the one just found.
const PORT_TRIES: usize = 5;

/// How to start a server.
#[derive(Clone, Debug, Default)]
pub struct PostgresOptions {
    /// Port on 127.0.0.1; `None`: any free one.
    pub port: Option<u16>,
    /// Folder that keeps the data (created if missing); `None`: they are gone with the server.
    pub state: Option<PathBuf>,
    /// Whether a commit survives a crash of the machine. Off is several times faster: for tests.
    pub durable: bool,
    /// Further settings of `postgresql.conf`, by name; they win over the ones above.
    pub settings: Vec<(String, String)>,
}

/// A running server, listening on 127.0.0.1 only, by password only. Dropping it ends it.
///
/// As root it runs under an unprivileged account, because PostgreSQL refuses root; where that account cannot
/// reach the folder of the data or the programs, they are below `/var/tmp/chartkey-<hash of the checkout>`.
#[derive(Debug)]
pub struct Postgres {
    // Ends before the folder below it goes.
    server: Server,
    place: Place,
    password: String,
    /// As it runs: the port is chosen.
    options: PostgresOptions,
    port: u16,
    _scratch: Option<Scratch>,
}

#[derive(Debug)]
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // Killed outright it would leave its shared memory behind.
        self.0.stop_blocking(Signal::SIGQUIT, STOP);
    }
}

impl Postgres {
    /// Starts a server, on the data in `options.state` if there are some.
    ///
    /// # Errors
    /// When PostgreSQL is missing, the port is taken, the data are in use, or the server does not answer.
    pub async fn start(tools: &Toolchain, options: PostgresOptions) -> Result<Self> {
        let (place, scratch) = place_of(tools, &options)?;
        let password = cluster::ensure(&place).await?;
        Self::run(place, password, options, scratch).await
    }

    /// Starts a server on data that are in place.
    async fn run(place: Place, password: String, options: PostgresOptions, scratch: Option<Scratch>) -> Result<Self> {
        // The server of a run that was just killed takes a moment to end.
        let unused = || async { Ok(cluster::server_on(&place)?.is_none().then_some(())) };
        if wait::until("the data to be free", LINGER, unused).await.is_err() {
            cluster::refuse_if_in_use(&place)?;
        }
        let (server, port) = serve(&place, &options, &password).await?;
        let options = PostgresOptions { port: Some(port), ..options };
        Ok(Self { server, place, password, options, port, _scratch: scratch })
    }

    /// The URL of a database. It holds the password.
    #[must_use]
    pub fn url(&self, database: &str) -> DatabaseUrl {
        DatabaseUrl::new(&self.password, self.port, database)
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process.
    #[must_use]
    pub fn child(&self) -> &Child {
        &self.server.0
    }

    /// Where the data are.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.place.data()
    }

    /// Creates a database if there is none of that name.
    ///
    /// # Errors
    /// When `name` is not of `a-z`, `0-9` and `_`, or the server refuses.
    pub async fn create_database(&self, name: &str) -> Result<()> {
        let mut connection = PgConnection::connect(self.url("postgres").expose()).await?;
        let known = sqlx::query("select 1 from pg_database where datname = $1").bind(name);
        if known.fetch_optional(&mut connection).await?.is_none() {
            connection.execute(about_database("create database", name)?).await?;
        }
        Ok(connection.close().await?)
    }

    /// Deletes a database, if there is one of that name.
    ///
    /// # Errors
    /// When `name` is not of `a-z`, `0-9` and `_`, or the server refuses.
    pub async fn drop_database(&self, name: &str) -> Result<()> {
        let mut connection = PgConnection::connect(self.url("postgres").expose()).await?;
        connection.execute(about_database("drop database if exists", name)?).await?;
        Ok(connection.close().await?)
    }

    /// Stops it in order: clients are disconnected, everything is written.
    ///
    /// # Errors
    /// When it had to be killed.
    pub async fn stop(self) -> Result<()> {
        self.server.0.stop(Signal::SIGINT, STOP).await
    }

    /// Kills it at once, as a crash would. The next start recovers the data.
    pub fn kill(self) {
        self.server.0.kill();
    }

    /// As [`Postgres::kill`], but data and port stay for [`Postgres::start_again`]. Until then nothing answers at its URL.
    /// The last commits before it may be lost unless the server is `durable`.
    pub fn crash(&self) {
        self.server.0.kill();
    }

    /// Stops it in order; data and port stay for [`Postgres::start_again`].
    ///
    /// # Errors
    /// When it had to be killed.
    pub async fn pause(&self) -> Result<()> {
        self.server.0.stop(Signal::SIGINT, STOP).await
    }

    /// Starts it after [`Postgres::crash`] or [`Postgres::pause`], on the same data and port: URLs stay good.
    ///
    /// # Errors
    /// When it runs, another program took the port, or it does not answer.
    pub async fn start_again(&mut self) -> Result<()> {
        if self.server.0.try_wait()?.is_none() {
            bail!("PostgreSQL (process {}) runs: crash or pause it first", self.server.0.id());
        }
        let tried = wait::until("PostgreSQL to start again", LINGER, || async {
            // The processes of a killed server take a moment to notice.
            Ok(serve(&self.place, &self.options, &self.password).await.ok())
        });
        let (server, _) = match tried.await {
            Ok(started) => started,
            Err(_) => serve(&self.place, &self.options, &self.password).await?,
        };
        self.server = server;
        Ok(())
    }
}

/// The folder for a server's data, and that below it which goes with the server.
fn place_of(tools: &Toolchain, options: &PostgresOptions) -> Result<(Place, Option<Scratch>)> {
    if let Some(port) = options.port {
        port::ensure_free(port, "PostgreSQL", "the database's port")?;
    }
    let scratch = options.state.is_none().then(Scratch::new).transpose()?;
    let state = options.state.as_deref().or(scratch.as_ref().map(Scratch::path));
    let Some(state) = state else { bail!("a server needs a folder") };
    Ok((Place::prepare(tools, state, Account::for_server()?)?, scratch))
}

/// Deletes the data that servers started with `state` keep, wherever they are.
///
/// # Errors
/// When they are in use or cannot be deleted.
pub fn erase(tools: &Toolchain, state: &Path) -> Result<()> {
    if let Some(place) = Place::existing(tools, state, Account::for_server()?) {
        cluster::refuse_if_in_use(&place)?;
        place.erase()?;
    }
    Ok(())
}

/// Deletes the copy of PostgreSQL's programs that was made because its account cannot reach the checkout.
///
/// # Errors
/// When it cannot be deleted.
pub fn erase_programs(tools: &Toolchain) -> Result<()> {
    place::erase_elsewhere(tools)
}

/// SQL has no parameters for names, so a name is only put into it if it needs no quotes.
fn about_database(verb: &str, name: &str) -> Result<AssertSqlSafe<String>> {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if name.is_empty() || name.len() > 63 || !name.chars().all(plain) {
        bail!("{name:?} is no name for a database: a-z, 0-9 and _ only, at most 63");
    }
    Ok(AssertSqlSafe(format!("{verb} {name}")))
}

async fn serve(place: &Place, options: &PostgresOptions, password: &str) -> Result<(Server, u16)> {
    for _ in 1..PORT_TRIES {
        let port = options.port.map_or_else(port::free, Ok)?;
        let server = Server(Child::spawn("PostgreSQL", command(place, port, options), &place.log(), Signal::SIGQUIT)?);
        if answers(&server.0, &DatabaseUrl::new(password, port, "postgres")).await? {
            return Ok((server, port));
        }
        let said = server.0.last_lines(6).join(" ");
        let passing = said.contains("pre-existing shared memory block")
            || options.port.is_none() && said.contains("Address already in use");
        if !passing {
            bail!("PostgreSQL ended at once: {said} (log: {})", place.log().display());
        }
    }
    bail!("PostgreSQL did not start in {PORT_TRIES} tries (log: {})", place.log().display())
}

fn command(place: &Place, port: u16, options: &PostgresOptions) -> Command {
    let mut command = place.program("postgres");
    command.arg("-D").arg(place.data());
    let mut set = |name: &str, value: &str| {
        command.arg("-c").arg(format!("{name}={value}"));
    };
    set("listen_addresses", "127.0.0.1");
    set("port", &port.to_string());
    set("unix_socket_directories", "");
    set("max_connections", "200");
    if !options.durable {
        for name in ["fsync", "full_page_writes", "synchronous_commit"] {
            set(name, "off");
        }
    }
    for (name, value) in &options.settings {
        set(name, value);
    }
    command
}

/// Waits until the server takes connections; `false` if it ended instead.
async fn answers(server: &Child, url: &DatabaseUrl) -> Result<bool> {
    wait::until("PostgreSQL to answer", START, || async {
        if server.try_wait()?.is_some() {
            return Ok(Some(false));
        }
        match PgConnection::connect(url.expose()).await {
            Ok(connection) => {
                connection.close().await?;
                Ok(Some(true))
            }
            Err(_) => Ok(None),
        }
    })
    .await
}
