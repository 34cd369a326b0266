//! One node, by JSON-RPC over HTTP.

use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::ChainError;

/// For one request with its answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A method and its parameters.
pub type Call = (&'static str, Value);

pub struct Node {
    url: Url,
    /// Its host: URLs may hold a provider's key.
    name: String,
    client: reqwest::Client,
}

#[derive(Deserialize)]
struct Answer {
    id: u64,
    result: Option<Value>,
    error: Option<Refused>,
}

#[derive(Deserialize)]
struct Refused {
    message: String,
}

impl Node {
    pub fn new(url: Url) -> Result<Self, ChainError> {
        let name = url.host_str().unwrap_or("a node").to_owned();
        let client = reqwest::Client::builder().timeout(TIMEOUT).build();
        let client = client.map_err(|error| ChainError::Unreachable { node: name.clone(), why: error.to_string() })?;
        Ok(Node { url, name, client })
    }

    /// One answer.
    pub async fn ask<R: DeserializeOwned>(&self, method: &'static str, params: Value) -> Result<R, ChainError> {
        let mut answers = self.ask_all(&[(method, params)]).await?;
        answers.pop().ok_or_else(|| self.nonsense(method, "no answer"))
    }

    /// As many answers as calls, in their order, or the first error.
    pub async fn ask_all<R: DeserializeOwned>(&self, calls: &[Call]) -> Result<Vec<R>, ChainError> {
        let ids = 0_u64..;
        let batch: Vec<Value> = ids
            .zip(calls)
            .map(|(id, (method, params))| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .collect();
        let sent = self.client.post(self.url.clone()).json(&batch).send().await;
        let answers = async { sent?.error_for_status()?.json::<Vec<Answer>>().await }.await;
        let mut answers = answers.map_err(|error| ChainError::Unreachable {
            node: self.name.clone(),
            why: error.without_url().to_string(),
        })?;
        answers.sort_by_key(|answer| answer.id);
        if answers.len() != calls.len() {
            return Err(self.nonsense("a batch", "not as many answers as calls"));
        }
        answers.into_iter().zip(calls).map(|(answer, (method, _))| self.read(answer, method)).collect()
    }

    fn read<R: DeserializeOwned>(&self, answer: Answer, method: &'static str) -> Result<R, ChainError> {
        if let Some(Refused { message }) = answer.error {
            return Err(ChainError::Refused { node: self.name.clone(), method, message });
        }
        let result = answer.result.unwrap_or(Value::Null);
        R::deserialize(result).map_err(|error| self.nonsense(method, &error.to_string()))
    }

    /// For an answer that the method does not give.
    pub fn nonsense(&self, method: &'static str, why: &str) -> ChainError {
        ChainError::Nonsense { node: self.name.clone(), method, why: why.to_owned() }
    }
}
