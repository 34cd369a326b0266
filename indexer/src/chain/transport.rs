//! JSON-RPC over HTTP for ethers: a current `reqwest` with rustls in place of ethers' own transport, which is old and carries
//! advisories (deny.toml). Adds batches, and retries with backoff for what a moment may cure.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ethers::providers::{JsonRpcClient, JsonRpcError, ProviderError, RpcError};
use reqwest::{StatusCode, Url};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::ChainError;

/// Attempts at one request before it fails; the waits between them double from `FIRST_WAIT`.
const ATTEMPTS: u32 = 4;
const FIRST_WAIT: Duration = Duration::from_millis(100);
const TIMEOUT: Duration = Duration::from_secs(30);

/// A node behind one HTTP endpoint.
pub struct Transport {
    client: reqwest::Client,
    url: Url,
    /// The endpoint without path, query and user info, where providers put their keys: what may be logged.
    shown: String,
    id: AtomicU64,
}

impl Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Transport").field(&self.shown).finish()
    }
}

#[derive(Deserialize)]
struct Answer {
    id: Value,
    #[serde(default)]
    result: Value,
    error: Option<JsonRpcError>,
}

impl Transport {
    /// Prepares a client; does not connect.
    pub fn new(url: Url) -> Result<Self, ChainError> {
        let shown = format!(
            "{}://{}:{}",
            url.scheme(),
            url.host_str().unwrap_or("?"),
            url.port_or_known_default().unwrap_or(0)
        );
        // Somebody else in the process may have chosen a provider before; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(TIMEOUT).build();
        let client = client.map_err(|e| ChainError::Unreachable { endpoint: shown.clone(), cause: e.to_string() })?;
        Ok(Transport { client, url, shown, id: AtomicU64::new(1) })
    }

    /// Sends the same method with each of `params` in one HTTP request; answers come back in that order.
    pub async fn batch<R: DeserializeOwned>(&self, method: &str, params: Vec<Value>) -> Result<Vec<R>, ChainError> {
        let count = params.len() as u64;
        let first = self.id.fetch_add(count, Ordering::Relaxed);
        let body: Vec<_> = (first..).zip(params).map(|(id, params)| request_body(id, method, &params)).collect();
        let mut answers: Vec<Answer> = self.post(method, &json!(body)).await?;
        // The specification allows any order.
        answers.sort_by_key(|answer| answer.id.as_u64());
        let ids: Vec<_> = answers.iter().map(|answer| answer.id.as_u64().unwrap_or(0)).collect();
        if ids != (first..first + count).collect::<Vec<_>>() {
            let detail = format!("{} answers to {count} requests, or of other ids", ids.len());
            return Err(ChainError::Nonsense { method: method.into(), detail });
        }
        answers.into_iter().map(|answer| unwrap_answer(method, answer)).collect()
    }

    async fn single<R: DeserializeOwned>(&self, method: &str, params: Value) -> Result<R, ChainError> {
        let id = self.id.fetch_add(1, Ordering::Relaxed);
        let answer = self.post(method, &request_body(id, method, &params)).await?;
        unwrap_answer(method, answer)
    }

    async fn post<A: DeserializeOwned>(&self, method: &str, body: &Value) -> Result<A, ChainError> {
        let mut wait = FIRST_WAIT;
        for _ in 1..ATTEMPTS {
            match self.post_once(method, body).await {
                Err(ChainError::Unreachable { .. }) => tokio::time::sleep(wait).await,
                done => return done,
            }
            wait *= 2;
        }
        self.post_once(method, body).await
    }

    fn failed(&self, error: reqwest::Error) -> ChainError {
        let endpoint = self.shown.clone();
        if error.is_timeout() {
            return ChainError::TimedOut { endpoint, seconds: TIMEOUT.as_secs() };
        }
        // `without_url`: the URL may hold a provider's key.
        ChainError::Unreachable { endpoint, cause: root_cause(&error.without_url()) }
    }

    async fn post_once<A: DeserializeOwned>(&self, method: &str, body: &Value) -> Result<A, ChainError> {
        let unreachable = |cause: String| ChainError::Unreachable { endpoint: self.shown.clone(), cause };
        let response = self.client.post(self.url.clone()).json(body).send().await.map_err(|e| self.failed(e))?;
        let status = response.status();
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Err(unreachable(format!("HTTP {status}")));
        }
        let bytes = response.bytes().await.map_err(|e| self.failed(e))?;
        serde_json::from_slice(&bytes).map_err(|e| {
            let detail = format!("HTTP {status}, {} bytes: {e}", bytes.len());
            ChainError::Nonsense { method: method.into(), detail }
        })
    }
}

fn request_body(id: u64, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

fn unwrap_answer<R: DeserializeOwned>(method: &str, answer: Answer) -> Result<R, ChainError> {
    if let Some(error) = answer.error {
        return Err(ChainError::Refused { method: method.into(), code: error.code, message: error.message });
    }
    serde_json::from_value(answer.result)
        .map_err(|e| ChainError::Nonsense { method: method.into(), detail: e.to_string() })
}

/// reqwest's own words say only that sending failed; the reason is at the end of the chain of causes.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[async_trait]
impl JsonRpcClient for Transport {
    type Error = ChainError;

    async fn request<T, R>(&self, method: &str, params: T) -> Result<R, ChainError>
    where
        T: Debug + Serialize + Send + Sync,
        R: DeserializeOwned + Send,
    {
        let params = serde_json::to_value(params)
            .map_err(|e| ChainError::Nonsense { method: method.into(), detail: e.to_string() })?;
        // ethers passes () for "no parameters", which is null; JSON-RPC wants an array.
        self.single(method, if params.is_null() { json!([]) } else { params }).await
    }
}

impl RpcError for ChainError {
    fn as_error_response(&self) -> Option<&JsonRpcError> {
        None
    }

    fn as_serde_error(&self) -> Option<&serde_json::Error> {
        None
    }
}

impl From<ChainError> for ProviderError {
    fn from(error: ChainError) -> Self {
        ProviderError::JsonRpcClientError(Box::new(error))
    }
}
