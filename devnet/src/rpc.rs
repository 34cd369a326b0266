//! A small JSON-RPC client over HTTP.

use std::{
    sync::{
        Arc, Once,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ethers::types::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thiserror::Error;

/// The longest a node may take for one request: loading a chain's state is the slowest.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Why a call failed.
#[derive(Debug, Error)]
pub enum RpcError {
    /// The node could not be reached, or its answer was no JSON.
    #[error("no answer from the chain: {0}")]
    Transport(#[from] reqwest::Error),
    /// The node refused the call.
    #[error("{method}: {message} (code {code})")]
    Refused {
        /// The method called.
        method: String,
        /// JSON-RPC error code.
        code: i64,
        /// The node's words.
        message: String,
        /// What the contract reverted with, if it did.
        revert: Option<Bytes>,
    },
    /// The node's answer is not what the method gives.
    #[error("{method}: unexpected answer: {reason}")]
    Unexpected {
        /// The method called.
        method: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A node. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Rpc {
    url: Arc<str>,
    client: reqwest::Client,
    next_id: Arc<AtomicU64>,
}

impl Rpc {
    /// A node at `url` (`http://…`). Nothing is sent yet.
    ///
    /// # Panics
    /// When the system's random source fails, as everything else would.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self { url: url.into(), client: http_client(), next_id: Arc::default() }
    }

    /// Where the node is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Calls `method`. `params` is a JSON array.
    ///
    /// # Errors
    /// See [`RpcError`].
    pub async fn call<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T, RpcError> {
        let (_, request) = self.request(method, &params);
        let mut answer: Value = self.post(&request).await?;
        read(method, &mut answer)
    }

    /// Calls several methods in one request; the answers are in the order of the calls.
    ///
    /// # Errors
    /// See [`RpcError`]: the first call that failed.
    pub async fn batch<T: DeserializeOwned>(&self, calls: &[(&str, Value)]) -> Result<Vec<T>, RpcError> {
        let (ids, requests): (Vec<u64>, Vec<Value>) =
            calls.iter().map(|(method, params)| self.request(method, params)).unzip();
        let mut answers: Vec<Value> = self.post(&Value::Array(requests)).await?;
        let read_one = |(id, (method, _)): (u64, &(&str, Value))| {
            let missing = || unexpected(method, "missing from the batch");
            let answer = answers.iter_mut().find(|answer| answer["id"] == id).ok_or_else(missing)?;
            read(method, answer)
        };
        ids.into_iter().zip(calls).map(read_one).collect()
    }

    fn request(&self, method: &str, params: &Value) -> (u64, Value) {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        (id, json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
    }

    async fn post<T: DeserializeOwned>(&self, body: &Value) -> Result<T, RpcError> {
        Ok(self.client.post(&*self.url).json(body).send().await?.json().await?)
    }
}

/// An HTTP client for 127.0.0.1, which no proxy of the environment may answer for.
///
/// # Panics
/// When the system's random source fails, as everything else would.
#[must_use]
pub fn http_client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error says that the program chose a provider before: that one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let client = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build();
    client.expect("a provider is installed and nothing else of the configuration can fail")
}

fn read<T: DeserializeOwned>(method: &str, answer: &mut Value) -> Result<T, RpcError> {
    if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
        return Err(RpcError::Refused {
            method: method.to_owned(),
            code: error["code"].as_i64().unwrap_or_default(),
            message: error["message"].as_str().unwrap_or("no message").to_owned(),
            revert: serde_json::from_value(error["data"].clone()).ok(),
        });
    }
    serde_json::from_value(answer["result"].take()).map_err(|error| unexpected(method, &error.to_string()))
}

fn unexpected(method: &str, reason: &str) -> RpcError {
    RpcError::Unexpected { method: method.to_owned(), reason: reason.to_owned() }
}
