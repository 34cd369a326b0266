//! An API that lies: hands on what the true one answers, altered.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use reqwest::Url;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What an answer says: its lines, or its one value; and the head in its header.
pub struct Answer {
    /// Path and query, as asked.
    pub asked: String,
    pub values: Vec<Value>,
    pub as_of: Value,
    /// Ends before its end: so many bytes less, and not regularly.
    pub cut: bool,
}

impl Answer {
    /// Whether it is the history.
    pub fn is_events(&self) -> bool {
        self.asked.starts_with("/v1/events")
    }

    /// Whether it is the state.
    pub fn is_state(&self) -> bool {
        self.asked.starts_with("/v1/state")
    }

    /// The place of the first value that is so.
    pub fn find(&self, is: impl Fn(&Value) -> bool) -> usize {
        self.values.iter().position(is).unwrap_or_else(|| panic!("{}: no such value", self.asked))
    }

    /// The place of the first event of a kind.
    pub fn first(&self, kind: &str) -> usize {
        self.find(|value| value["kind"] == kind)
    }
}

type Lie = Arc<dyn Fn(&mut Answer) + Send + Sync>;

/// It listens until dropped.
pub struct Proxy {
    url: String,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Behind {
    api: Url,
    http: reqwest::Client,
    lie: Lie,
}

impl Proxy {
    pub async fn before(api: &str, lie: impl Fn(&mut Answer) + Send + Sync + 'static) -> Self {
        let behind =
            Behind { api: api.parse().unwrap(), http: chartkey_devnet::rpc::http_client(), lie: Arc::new(lie) };
        let router = Router::new().fallback(hand_on).with_state(behind);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Proxy { url, server: tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }) }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn hand_on(State(behind): State<Behind>, request: Request) -> Result<Response, Infallible> {
    let asked = request.uri().to_string();
    let mut ahead = behind.http.get(behind.api.join(&asked).unwrap());
    for name in ["accept", "authorization"] {
        if let Some(value) = request.headers().get(name) {
            ahead = ahead.header(name, value.as_bytes());
        }
    }
    let answer = ahead.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let body = answer.bytes().await.unwrap();
    let mut response = Response::builder().status(status.as_u16());
    for name in ["content-type", "retry-after"] {
        if let Some(value) = header(name) {
            response = response.header(name, value);
        }
    }
    if !status.is_success() {
        return Ok(response.body(Body::from(body)).unwrap());
    }
    let ndjson = header("content-type").is_some_and(|kind| kind.contains("ndjson"));
    let text = std::str::from_utf8(&body).unwrap();
    let values = if ndjson { text.lines().map(read).collect() } else { vec![read(text)] };
    let as_of = header("chartkey-as-of").map_or(Value::Null, |text| read(&text));
    let mut answer = Answer { asked, values, as_of, cut: false };
    (behind.lie)(&mut answer);
    if !answer.as_of.is_null() {
        response = response.header("chartkey-as-of", answer.as_of.to_string());
    }
    Ok(response.body(body_of(&answer)).unwrap())
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn body_of(answer: &Answer) -> Body {
    let text: String = answer.values.iter().map(|value| format!("{value}\n")).collect();
    if !answer.cut {
        return Body::from(text);
    }
    let part = std::future::ready(Ok(text[..text.len() / 2].to_owned()));
    let rest = async {
        // What came so far is sent first.
        tokio::task::yield_now().await;
        Err(io::Error::other("cut"))
    };
    Body::from_stream(stream::once(part).chain(stream::once(rest)))
}
