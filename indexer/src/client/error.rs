//! What goes wrong between us and an API.

use reqwest::StatusCode;
use serde::Deserialize;

/// Why an API's answer cannot be had. It is named without what may be a key.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The API's address cannot be used as it was given; what would be right.
    #[error("{0}")]
    Address(String),
    #[error("{api} did not answer {route}: {cause}")]
    Unreachable { api: String, route: String, cause: String },
    /// It answered with a problem (RFC 9457), or with no answer of ours.
    #[error("{api} answered {route} with {status}: {problem}")]
    Refused { api: String, route: String, status: StatusCode, problem: String },
    /// The answer ended before its end.
    #[error("the answer of {api} to {route} was cut after {lines} lines: {cause}")]
    Cut { api: String, route: String, lines: u64, cause: String },
    #[error("the answer of {api} to {route} makes no sense: {detail}")]
    Nonsense { api: String, route: String, detail: String },
}

impl ClientError {
    /// Whether the API keeps it to others: nobody is signed in, or not the right one.
    pub fn is_not_ours(&self) -> bool {
        let Self::Refused { status, .. } = self else { return false };
        [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(status)
    }
}

/// What the API says of a request that it does not answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Problem {
    title: String,
    detail: String,
    request_id: Option<String>,
}

/// A problem in words, or what can be said of a body that is none.
pub(super) fn problem(body: &[u8]) -> String {
    match serde_json::from_slice(body) {
        Ok(Problem { title, detail, request_id: Some(id) }) => format!("{title}: {detail} (request {id})"),
        Ok(Problem { title, detail, request_id: None }) => format!("{title}: {detail}"),
        Err(_) => "no problem of Chartkey's API: is it one?".into(),
    }
}
