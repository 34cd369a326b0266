//! The indexer's process, and its API.

use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use chartkey_devnet::child::{Child, Signal};
use chartkey_devnet::postgres::DatabaseUrl;
use chartkey_devnet::rpc::http_client;
use chartkey_devnet::wait;
use ethers::types::Address;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::sign_in::letter::Letter;
use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(120);
/// More than the API waits for a database that is gone.
const SOON: Duration = Duration::from_secs(6);

/// Which chain an indexer follows, and where its log goes.
#[derive(Debug, Clone)]
pub struct Source {
    /// As in `RPC_URL`; empty: without.
    pub rpc_url: String,
    pub deployment: PathBuf,
    /// A folder.
    pub logs: PathBuf,
    /// Whether all reads are public.
    pub open: bool,
}

/// The binary with a chain and a database in its environment.
pub fn command(source: &Source, database: Option<&DatabaseUrl>, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartkey-indexer"));
    match database {
        Some(database) => command.env("DATABASE_URL", database.expose()),
        None => command.env_remove("DATABASE_URL"),
    };
    if source.rpc_url.is_empty() {
        command.env_remove("RPC_URL");
    } else {
        command.env("RPC_URL", &source.rpc_url);
    }
    command
        .args(arguments)
        .env("DEPLOYMENT", &source.deployment)
        .env("LISTEN", "127.0.0.1:0")
        .env("OPEN", source.open.to_string())
        .env("NO_PROXY", "127.0.0.1")
        .env("RATE_LIMIT", "0")
        .env("AUTH_RATE_LIMIT", "0")
        .env("RUST_LOG", "info");
    command
}

/// Runs the binary to its end: whether it succeeded, and what it said. One that does not end by itself fails the test.
pub async fn run_to_end(world: &World, database: &DatabaseUrl, arguments: &[&str]) -> (bool, String) {
    let (status, said) = run_on(&world.source(), database, arguments).await;
    (status.success(), said)
}

/// As [`run_to_end`], on any chain, with the exit code.
pub async fn run_on(source: &Source, database: &DatabaseUrl, arguments: &[&str]) -> (ExitStatus, String) {
    let log = source.logs.join(format!("run-{:08x}.log", rand::random::<u32>()));
    let child =
        Child::spawn("chartkey-indexer", command(source, Some(database), arguments), &log, Signal::SIGKILL).unwrap();
    let ended = tokio::time::timeout(PATIENCE, child.wait()).await;
    let said = std::fs::read_to_string(&log).unwrap();
    (ended.unwrap_or_else(|_| panic!("it runs on: {said}")).unwrap(), said)
}

/// A token as the value of `Authorization`.
pub fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

pub struct Indexer {
    child: Child,
    url: String,
    http: reqwest::Client,
}

impl Indexer {
    pub async fn start(world: &World, database: &DatabaseUrl) -> Self {
        Self::start_with(world, database, &[]).await
    }

    pub async fn start_with(world: &World, database: &DatabaseUrl, arguments: &[&str]) -> Self {
        Self::start_on(&world.source(), database, arguments).await
    }

    /// As [`Indexer::start_with`], on any chain.
    pub async fn start_on(source: &Source, database: &DatabaseUrl, arguments: &[&str]) -> Self {
        Self::spawn(source, database, &[&["run", "--poll-interval", "20"], arguments].concat()).await
    }

    /// One whose callers sign in.
    pub async fn start_closed(world: &World, database: &DatabaseUrl) -> Self {
        Self::start_on(&Source { open: false, ..world.source() }, database, &[]).await
    }

    /// Serves the API alone.
    pub async fn serve(world: &World, database: &DatabaseUrl) -> Self {
        Self::serve_on(&world.source(), database, &[]).await
    }

    /// As [`Indexer::serve`], with any chain to ask smart accounts on.
    pub async fn serve_on(source: &Source, database: &DatabaseUrl, arguments: &[&str]) -> Self {
        Self::spawn(source, database, &[&["serve"], arguments].concat()).await
    }

    /// As [`Indexer::start_on`], with more in its environment.
    pub async fn start_in(source: &Source, database: &DatabaseUrl, environment: &[(&str, &str)]) -> Self {
        let mut command = command(source, Some(database), &["run", "--poll-interval", "20"]);
        command.envs(environment.iter().copied());
        Self::spawn_command(source, command).await
    }

    async fn spawn(source: &Source, database: &DatabaseUrl, arguments: &[&str]) -> Self {
        Self::spawn_command(source, command(source, Some(database), arguments)).await
    }

    async fn spawn_command(source: &Source, command: Command) -> Self {
        let log = source.logs.join(format!("indexer-{:08x}.log", rand::random::<u32>()));
        let child = Child::spawn("chartkey-indexer", command, &log, Signal::SIGKILL).unwrap();
        let url = wait::until("the indexer to listen", PATIENCE, || async {
            let text = std::fs::read_to_string(&log)?;
            anyhow::ensure!(child.try_wait()?.is_none(), "the indexer ended: {text}");
            let url = text.split_once("query API on ").and_then(|(_, rest)| rest.split_once(": "));
            Ok(url.map(|(url, _)| url.to_owned()))
        })
        .await
        .unwrap();
        Indexer { child, url, http: http_client() }
    }

    pub fn kill(self) {
        self.child.kill();
    }

    pub async fn stop(self) {
        self.child.stop(Signal::SIGTERM, PATIENCE).await.unwrap();
    }

    /// Where the API is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the API listens, as host:port.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.child.log()).unwrap()
    }

    /// Waits until its log holds a text.
    pub async fn says(&self, text: &str) {
        let what = format!("the indexer to say: {text}");
        wait::until(&what, PATIENCE, || async { Ok(self.log().contains(text).then_some(())) }).await.unwrap();
    }

    /// Its log without the requests that it answered.
    pub fn told(&self) -> String {
        let log = self.log();
        log.lines().filter(|line| !line.contains("answered status=")).collect::<Vec<_>>().join("\n")
    }

    /// Its process: to freeze, and to see whether it still runs.
    pub fn child(&self) -> &Child {
        &self.child
    }

    /// Status and body of an answer; `None`: there was none soon.
    pub async fn try_ask(&self, path: &str) -> Option<(StatusCode, String)> {
        let request = self.http.get(format!("{}{path}", self.url)).timeout(SOON);
        let response = request.send().await.ok()?;
        Some((response.status(), response.text().await.ok()?))
    }

    pub async fn send(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.request(path, headers).send().await.unwrap()
    }

    /// As [`Indexer::send`], of an answer that goes on for as long as it likes.
    pub async fn listen(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.request(path, headers).timeout(Duration::from_secs(3_600)).send().await.unwrap()
    }

    fn request(&self, path: &str, headers: &[(&str, &str)]) -> RequestBuilder {
        let request = self.http.get(format!("{}{path}", self.url));
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    }

    /// Posts JSON, or nothing.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Response {
        let Some(body) = body else { return self.post_text(path, headers, String::new()).await };
        self.post_text(path, &[&[("content-type", "application/json")], headers].concat(), body.to_string()).await
    }

    /// Posts anything.
    pub async fn post_text(&self, path: &str, headers: &[(&str, &str)], body: String) -> Response {
        let mut request = self.http.post(format!("{}{path}", self.url)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// Signs an account of the chain in. The token, to be sent as [`bearer`] has it.
    pub async fn sign_in(&self, world: &World, account: Address) -> String {
        let letter = Letter::new(self, account).await;
        let response = letter.send(self, &letter.signed_by(world, account).await).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json::<Value>().await.unwrap()["data"]["token"].as_str().unwrap().to_owned()
    }

    /// Status and JSON of an answer to who has a token.
    pub async fn ask_as(&self, token: &str, path: &str) -> (StatusCode, Value) {
        let response = self.send(path, &[("authorization", &bearer(token))]).await;
        (response.status(), response.json().await.unwrap())
    }

    /// Status and JSON of an answer.
    pub async fn ask(&self, path: &str) -> (StatusCode, Value) {
        let response = self.send(path, &[]).await;
        let status = response.status();
        (status, response.json().await.unwrap())
    }

    /// JSON of an answer that must be a 200.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// Waits until the chain's head of this moment is the index's.
    pub async fn catch_up(&self, world: &World) {
        let head = world.head().await;
        wait::until("the index to reach the chain's head", PATIENCE, || async {
            anyhow::ensure!(self.child.try_wait()?.is_none(), "the indexer ended: {}", self.log());
            // Any answer about the head will do.
            let (status, body) = self.ask("/v1/practitioners?limit=1").await;
            let as_of = &body["asOf"];
            let reached = status == StatusCode::OK
                && as_of["blockNumber"].as_u64() == Some(head.0)
                && as_of["blockHash"].as_str() == Some(head.1.as_str());
            Ok(reached.then_some(()))
        })
        .await
        .unwrap();
    }
}
