//! What the clients share: one connection pool, limits on times and answers, errors by what a status means.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Client, RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::store::StoreError;

/// Until a connection stands, and between two pieces of an answer.
const CONNECT: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(30);
/// A whole exchange: a batch of some 8 MiB over a slow line.
const WHOLE: Duration = Duration::from_secs(180);
/// Bytes of an answer that is not a block.
pub(super) const MAX_ANSWER: usize = 16 << 20;
/// Bytes of an error's text that are repeated.
const MAX_MESSAGE: usize = 300;

/// A bearer token. Never prints; wiped when it ends.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// As it stands behind `Authorization: Bearer`.
    pub fn new(token: impl Into<String>) -> Self {
        Token(Zeroizing::new(token.into()))
    }

    pub(in crate::store) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// One server.
#[derive(Debug, Clone)]
pub(super) struct Server {
    client: Client,
    base: Url,
    token: Option<Token>,
}

impl Server {
    /// By its base URL, http or https, to whose path those of requests are added.
    pub(super) fn new(base: &str, token: Option<Token>) -> Result<Self, StoreError> {
        // A second installation fails and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let base = Url::parse(&format!("{}/", base.trim_end_matches('/')))
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none())
            .ok_or_else(|| StoreError::BadPolicy("a store's URL is http:// or https://, without a query".into()))?;
        // A redirect could lead a token elsewhere.
        let redirects = reqwest::redirect::Policy::none();
        let client =
            Client::builder().connect_timeout(CONNECT).read_timeout(SILENCE).timeout(WHOLE).redirect(redirects);
        Ok(Server { client: client.build().map_err(unreachable)?, base, token })
    }

    /// A request to a path relative to the base.
    pub(super) fn request(&self, method: reqwest::Method, path: &str) -> Result<RequestBuilder, StoreError> {
        let url = self.base.join(path).map_err(|error| StoreError::Protocol(error.to_string()))?;
        let request = self.client.request(method, url);
        Ok(match &self.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        })
    }
}

/// Sends, and takes an error's text for an error.
pub(super) async fn send(request: RequestBuilder) -> Result<Response, StoreError> {
    let response = request.send().await.map_err(unreachable)?;
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status();
    let body = limited(response, MAX_ANSWER, "an error").await.unwrap_or_default();
    let message: String =
        String::from_utf8_lossy(&body).chars().filter(|c| !c.is_control()).take(MAX_MESSAGE).collect();
    Err(match status.as_u16() {
        502..=504 | 408 | 429 => StoreError::Unreachable(format!("{status}: {message}")),
        status => StoreError::Refused { status, message },
    })
}

/// The whole body, if it has at most `limit` bytes.
pub(super) async fn limited(mut response: Response, limit: usize, what: &'static str) -> Result<Bytes, StoreError> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(unreachable)? {
        if body.len() + piece.len() > limit {
            return Err(StoreError::TooLarge { what, limit: limit as u64 });
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.into())
}

/// The whole body as JSON.
pub(super) async fn json<T: DeserializeOwned>(response: Response) -> Result<T, StoreError> {
    let body = limited(response, MAX_ANSWER, "an answer").await?;
    serde_json::from_slice(&body).map_err(|error| StoreError::Protocol(error.to_string()))
}

/// reqwest's errors without their URLs, which name records.
pub(super) fn unreachable(error: reqwest::Error) -> StoreError {
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
    StoreError::Unreachable(format!("{error}{cause}"))
}
