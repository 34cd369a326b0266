//! The API's server, in this process and without a database: connections, limits, and what every answer carries.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use chartkey_devnet::rpc::http_client;
use chartkey_devnet::wait;
use chartkey_indexer::api::{self, Limits, Options, Origin, Proxies, Site, Sources};
use chartkey_indexer::store::{Journal, Reader};
use reqwest::header::HeaderMap;
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

mod connections;
mod conventions;
mod rates;
mod streams;

const PATIENCE: Duration = Duration::from_secs(30);
/// Shorter than anybody waits, longer than a busy machine hesitates.
const SHORT: Duration = Duration::from_millis(500);

/// A database that nobody answers for.
const NO_DATABASE: &str = "postgres://nobody@127.0.0.1:1/none";

struct Server {
    address: SocketAddr,
    http: reqwest::Client,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        Self::start_with(limits, NO_DATABASE, &[]).await
    }

    async fn start_with(limits: Limits, database: &str, guests: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let guests = guests.iter().map(|guest| guest.parse().unwrap()).collect();
        let site = Site::new(Origin::of(address), address, guests);
        let sources = Sources {
            accounts: None,
            reader: Reader::new(database).unwrap(),
            journal: Journal::new(database).unwrap(),
            writing: <_>::default(),
            options: Options { open: true, site, session: PATIENCE, limits, streams: 10 },
        };
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(api::serve(listener, sources, stopped));
        Server { address, http: http_client(), stop, serving }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self.http.request(method, format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.ask(Method::GET, path, headers).await
    }

    async fn connect(&self) -> Conversation {
        Conversation(TcpStream::connect(self.address).await.unwrap())
    }

    /// A request, as it is sent.
    fn request(&self, what: &str) -> String {
        format!("{what} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address)
    }

    fn health(&self) -> String {
        self.request("GET /health")
    }

    /// The value of a metric, labels included in its name.
    async fn metric(&self, name: &str) -> Option<f64> {
        let text = self.get("/metrics", &[]).await.text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map(|value| value.parse().unwrap())
    }

    /// Asks it to stop, and waits until it has.
    async fn stop(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(PATIENCE, self.serving).await.expect("it ends").unwrap();
    }
}

/// Bytes to and from the server.
struct Conversation(TcpStream);

impl Conversation {
    async fn say(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// All that is said until it is closed.
    async fn listen(&mut self) -> String {
        let mut said = Vec::new();
        // A connection that was cut says no more either.
        let _ = tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut said)).await.expect("it is closed");
        String::from_utf8(said).unwrap()
    }

    /// Waits for the head of an answer and what follows in the same breath.
    async fn hear(&mut self) -> String {
        let mut said = [0; 4_096];
        let size = tokio::time::timeout(PATIENCE, self.0.read(&mut said)).await.expect("an answer").unwrap();
        String::from_utf8_lossy(&said[..size]).into_owned()
    }
}

/// Without rates.
fn limits() -> Limits {
    Limits { requests_per_minute: None, auth_requests_per_minute: None, ..Limits::default() }
}

/// A problem as API.md has it.
async fn problem(response: Response) -> (u16, String, HeaderMap) {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    assert_eq!(headers["content-type"], "application/problem+json");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status);
    assert_eq!(problem["requestId"], headers["x-request-id"].to_str().unwrap());
    let kind = problem["type"].as_str().unwrap().strip_prefix("urn:chartkey:problem:").unwrap().to_owned();
    (status, kind, headers)
}
