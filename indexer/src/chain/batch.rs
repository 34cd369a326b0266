//! Questions as they are sent, and answers as they come: one, or many in one request.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::error::ChainError;
use super::refusal::{self, Refusal};
use super::wire::{Answer, Call, NodeError, Request};

/// One question's answer, or the node's refusal of it.
pub type Each<R> = Result<Option<R>, ChainError>;

/// The place of one question's answer.
pub enum Place<R> {
    Open,
    Answered(Option<R>),
}

/// Questions numbered from `first`.
pub fn body(first: u64, calls: &[&Call]) -> Vec<u8> {
    let requests: Vec<Request> = (first..)
        .zip(calls)
        .map(|(id, call)| Request { jsonrpc: "2.0", id, method: call.method, params: &call.params })
        .collect();
    let text = match &requests[..] {
        [one] => serde_json::to_vec(one),
        many => serde_json::to_vec(many),
    };
    text.unwrap_or_default()
}

/// An HTTP answer around its text.
pub struct Text<'a> {
    pub endpoint: &'a str,
    pub status: u16,
    /// Seconds.
    pub retry_after: Option<u64>,
    pub timeout: Duration,
}

impl Text<'_> {
    /// The answers to `calls`, which were numbered from `first`, in their order.
    pub fn read<R: DeserializeOwned>(
        &self,
        bytes: &[u8],
        first: u64,
        calls: &[&Call],
    ) -> Result<Vec<Each<R>>, ChainError> {
        let method = calls[0].method;
        let mut answers: Vec<Answer<R>> = match parse(bytes) {
            Ok(answers) => answers,
            Err(_) if !self.is_good() => return Err(self.bad_status(method)),
            Err(e) => return Err(ChainError::nonsense(self.endpoint, method, format!("{} bytes: {e}", bytes.len()))),
        };
        // The specification allows any order. A refusal of the whole batch comes without an id of its own.
        answers.sort_by_key(|answer| answer.id);
        let ids = answers.iter().map(|answer| answer.id.unwrap_or(0));
        if !ids.eq(first..first + calls.len() as u64) {
            if let Some(error) = answers.iter_mut().find_map(|answer| answer.error.take()) {
                return Err(self.refused(error, method));
            }
            let detail = format!("{} answers to {} questions, or of other ids", answers.len(), calls.len());
            return Err(ChainError::nonsense(self.endpoint, method, detail));
        }
        if !self.is_good() && answers.iter().all(|answer| answer.error.is_none()) {
            return Err(self.bad_status(method));
        }
        let each = answers.into_iter().zip(calls).map(|(answer, call)| match answer.error {
            Some(error) => Err(self.refused(error, call.method)),
            None => Ok(answer.result),
        });
        Ok(each.collect())
    }

    fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn refused(&self, error: NodeError, method: &str) -> ChainError {
        let why = refusal::read(self.status, error.code, &error.message);
        let (endpoint, method) = (self.endpoint.into(), method.into());
        let refused = ChainError::Refused { endpoint, method, code: error.code, message: error.message, why };
        refused.with_retry_after(self.retry_after)
    }

    /// An answer that is not JSON-RPC, such as a load balancer's.
    fn bad_status(&self, method: &str) -> ChainError {
        let (endpoint, message) = (self.endpoint.to_owned(), format!("HTTP {}", self.status));
        match refusal::read(self.status, 0, &message) {
            Refusal::Timeout => ChainError::TimedOut { endpoint, seconds: self.timeout.as_secs() },
            why @ Refusal::Quota { .. } => {
                let refused =
                    ChainError::Refused { endpoint, method: method.into(), code: self.status.into(), message, why };
                refused.with_retry_after(self.retry_after)
            }
            _ => ChainError::Unreachable { endpoint, cause: message },
        }
    }
}

fn parse<R: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<Vec<Answer<R>>> {
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return serde_json::from_slice(bytes);
    }
    serde_json::from_slice(bytes).map(|answer| vec![answer])
}

/// Puts answers to the questions of these numbers into place. Answers with the refusal of those that the quota did not suffice
/// for, if others of the same batch were answered.
pub fn fill<R>(
    found: &mut [Place<R>],
    open: Vec<usize>,
    answers: Vec<Each<R>>,
) -> Result<Option<ChainError>, ChainError> {
    let (mut some, mut left) = (false, None);
    for (nth, answer) in open.into_iter().zip(answers) {
        match answer {
            Ok(answer) => (found[nth], some) = (Place::Answered(answer), true),
            Err(error) if matches!(error.refusal(), Some(Refusal::Quota { .. })) => left = Some(error),
            Err(error) => return Err(error),
        }
    }
    match left {
        Some(error) if !some => Err(error),
        left => Ok(left),
    }
}
