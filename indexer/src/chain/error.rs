//! What goes wrong between us and the chain.

use std::time::Duration;

use reqwest::Url;

use super::refusal::Refusal;

/// What goes wrong between us and a node. Endpoints are named without what may be a key.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ChainError {
    /// No usable answer: connection, HTTP status. Worth trying again.
    #[error("{endpoint} did not answer: {cause}")]
    Unreachable { endpoint: String, cause: String },
    /// No answer in time: asking again at once would only double the wait.
    #[error("{endpoint} did not answer within {seconds} s")]
    TimedOut { endpoint: String, seconds: u64 },
    /// The node answered with a JSON-RPC error.
    #[error("{endpoint} refused {method}: {message} (code {code})")]
    Refused { endpoint: String, method: String, code: i64, message: String, why: Refusal },
    /// The node answered with something that is not what was asked for.
    #[error("the answer of {endpoint} to {method} makes no sense: {detail}")]
    Nonsense { endpoint: String, method: String, detail: String },
    /// The node does not have this block: it lags, or the chain was cut back while we asked.
    #[error("the node has no block {0}")]
    NoBlock(u64),
    /// No endpoint holds the contract's state at this block any more: what it was cannot be asked for.
    #[error("no node holds the state at block {block} any more: {message}")]
    NoState { block: u64, message: String },
}

impl ChainError {
    pub(super) fn nonsense(endpoint: &str, method: &str, detail: impl Into<String>) -> Self {
        ChainError::Nonsense { endpoint: endpoint.into(), method: method.into(), detail: detail.into() }
    }

    pub(super) fn refusal(&self) -> Option<&Refusal> {
        match self {
            ChainError::Refused { why, .. } => Some(why),
            _ => None,
        }
    }

    /// Adds what an answer's `Retry-After` says to a refusal for quota.
    pub(super) fn with_retry_after(mut self, seconds: Option<u64>) -> Self {
        if let (ChainError::Refused { why: Refusal::Quota { retry_after }, .. }, Some(seconds)) = (&mut self, seconds) {
            *retry_after = Some(Duration::from_secs(seconds));
        }
        self
    }
}

/// A URL without path, query and user info, where providers put their keys.
pub(super) fn shown(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or(0);
    format!("{}://{}:{port}", url.scheme(), url.host_str().unwrap_or("?"))
}
