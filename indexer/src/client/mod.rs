//! The query API from the outside: what an auditor, or a patient, asks of it. It believes nothing of what it is told; who uses it checks.

mod error;
mod lines;

use std::time::Duration;

pub use error::ClientError;
pub use lines::Lines;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::config::Secret;
use crate::model::view::{AsOf, HistoryEvent, TrailLink};
use crate::model::{Address, TrailDomain};

const CONNECT: Duration = Duration::from_secs(10);
/// Between two parts of an answer: longer than the API takes for any.
const READ: Duration = Duration::from_secs(60);
/// Times that a request is sent which the API would rather answer later, and the longest that it may ask to wait.
const TRIES: u32 = 4;
const LONGEST_WAIT: u64 = 30;

/// An API, and who asks it.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    name: String,
    token: Option<Secret<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    chain_id: u64,
    contract: Address,
}

#[derive(Deserialize)]
struct One<T> {
    data: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    data: Vec<Value>,
    page: Page,
    as_of: AsOf,
}

#[derive(Deserialize)]
struct Page {
    next: Option<String>,
}

impl Client {
    /// Prepares to ask; does not connect. A token is for encrypted connections, or this machine.
    pub fn new(base: &Url, token: Option<Secret<String>>) -> Result<Self, ClientError> {
        let name = base.origin().ascii_serialization();
        if token.is_some() && base.scheme() != "https" && !is_this_machine(base) {
            return Err(ClientError::Address(format!(
                "a token is not sent to {name}, because whoever listens on the way could take it: expected https, or this machine"
            )));
        }
        // Somebody else in the process may have chosen a provider before; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().connect_timeout(CONNECT).read_timeout(READ);
        // Another place that it sends us to was not chosen by who runs this.
        let http = http.redirect(reqwest::redirect::Policy::none()).build();
        let http = http.map_err(|error| ClientError::Address(format!("no HTTP client: {error}")))?;
        Ok(Client { http, base: base.clone(), name, token })
    }

    /// How it is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which contract it says that it is about.
    pub async fn domain(&self) -> Result<TrailDomain, ClientError> {
        let status: One<Status> = self.json("/status", &[]).await?;
        Ok(TrailDomain { chain_id: status.data.chain_id, contract: status.data.contract })
    }

    /// All events, or those of one subject, in the chain's order, up to a block.
    pub async fn events(
        &self,
        subject: Option<Address>,
        to_block: Option<u64>,
    ) -> Result<Lines<HistoryEvent>, ClientError> {
        let subject = subject.map(|subject| ("subject", subject.to_string()));
        let to_block = to_block.map(|block| ("toBlock", block.to_string()));
        let query: Vec<_> = subject.into_iter().chain(to_block).collect();
        self.lines("/v1/events", &query).await
    }

    /// The links of a patient's trail.
    pub async fn trail(&self, patient: Address) -> Result<Lines<TrailLink>, ClientError> {
        self.lines(&format!("/v1/patients/{patient}/trail"), &[]).await
    }

    /// The state at a moment, as `at=` names it: its lines as they are.
    pub async fn state(&self, at: &str) -> Result<Lines<Value>, ClientError> {
        self.lines("/v1/state", &[("at", at.to_owned())]).await
    }

    /// All pages of a list, each with the head that it was read at.
    pub async fn list(&self, path: &str, query: &[(&str, &str)]) -> Result<(Vec<Value>, Vec<AsOf>), ClientError> {
        let mut query: Vec<_> = query.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        query.push(("limit", "200".into()));
        let (mut rows, mut heads) = (Vec::new(), Vec::new());
        let mut cursor = None;
        loop {
            let asked: Vec<_> = query.iter().cloned().chain(cursor.map(|cursor| ("cursor", cursor))).collect();
            let list: List = self.json(path, &asked).await?;
            rows.extend(list.data);
            heads.push(list.as_of);
            let Some(next) = list.page.next else { return Ok((rows, heads)) };
            cursor = Some(next);
        }
    }

    async fn lines<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<Lines<T>, ClientError> {
        let response = self.ask(path, query, "application/x-ndjson").await?;
        Lines::new(response, self.name.clone(), path.to_owned())
    }

    async fn json<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T, ClientError> {
        let response = self.ask(path, query, "application/json").await?;
        let (api, route) = (self.name.clone(), path.to_owned());
        let body = response.bytes().await.map_err(|error| {
            let cause = lines::cause_of(&error);
            ClientError::Cut { api: api.clone(), route: route.clone(), lines: 0, cause }
        })?;
        serde_json::from_slice(&body).map_err(|error| ClientError::Nonsense { api, route, detail: error.to_string() })
    }

    /// A 200. What the API would rather answer later is asked for again.
    async fn ask(&self, path: &str, query: &[(&str, String)], form: &'static str) -> Result<Response, ClientError> {
        let mut tries = 1;
        loop {
            let response = self.send(path, query, form).await?;
            match wait_for(&response) {
                _ if response.status() == StatusCode::OK => return Ok(response),
                Some(seconds) if tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                }
                _ => return Err(self.refused(path, response).await),
            }
        }
    }

    async fn send(&self, path: &str, query: &[(&str, String)], form: &'static str) -> Result<Response, ClientError> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query.iter().map(|(name, value)| (*name, value.as_str())));
        }
        let mut request = self.http.get(url).header(ACCEPT, form);
        if let Some(token) = &self.token {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
                .map_err(|_| ClientError::Address("the token is none: it holds what no header can".into()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        request.send().await.map_err(|error| ClientError::Unreachable {
            api: self.name.clone(),
            route: path.to_owned(),
            cause: lines::cause_of(&error),
        })
    }

    async fn refused(&self, path: &str, response: Response) -> ClientError {
        let status = response.status();
        let problem = error::problem(&response.bytes().await.unwrap_or_default());
        ClientError::Refused { api: self.name.clone(), route: path.to_owned(), status, problem }
    }
}

/// Seconds after which an answer may be had that there is not now.
fn wait_for(response: &Response) -> Option<u64> {
    if ![StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&response.status()) {
        return None;
    }
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    (seconds <= LONGEST_WAIT).then_some(seconds)
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(url: &str, token: Option<&str>) -> Result<Client, ClientError> {
        Client::new(&url.parse().unwrap(), token.map(|token| token.parse().unwrap()))
    }

    #[test]
    fn a_token_goes_to_nobody_who_could_be_listened_to() {
        for url in
            ["http://api.example", "http://10.0.0.1:80", "http://localhost.example", "http://user:secret@api.example"]
        {
            let refused = client(url, Some("token")).unwrap_err().to_string();
            assert!(refused.contains("https") && !refused.contains("secret"), "{refused}");
            client(url, None).unwrap();
        }
        for url in ["https://api.example", "http://127.0.0.1:1", "http://localhost:80/base", "http://[::1]:80"] {
            client(url, Some("token")).unwrap();
        }
        assert!(!format!("{:?}", client("http://[::1]", Some("sesame")).unwrap()).contains("sesame"));
    }

    #[test]
    fn problems_are_told_in_words() {
        let body = br#"{"type":"urn:x","title":"Not yours","status":403,"detail":"no","requestId":"6-1"}"#;
        assert_eq!(error::problem(body), "Not yours: no (request 6-1)");
        assert!(error::problem(b"<html>").contains("is it one?"));
    }
}
