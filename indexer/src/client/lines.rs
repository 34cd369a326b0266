//! NDJSON as it comes: a value a line, never the whole answer at once.

use std::marker::PhantomData;

use reqwest::Response;
use serde::de::DeserializeOwned;

use super::ClientError;
use crate::model::view::AsOf;

/// The longest line that is read: far more than any event or record takes.
const LONGEST: usize = 1 << 20;

/// The values of an answer, read one by one.
pub struct Lines<T> {
    response: Response,
    api: String,
    route: String,
    as_of: AsOf,
    /// What came and is not yet read, from `read` on.
    buffer: Vec<u8>,
    read: usize,
    /// Lines so far.
    count: u64,
    of: PhantomData<T>,
}

impl<T: DeserializeOwned> Lines<T> {
    pub(super) fn new(response: Response, api: String, route: String) -> Result<Self, ClientError> {
        let as_of =
            response.headers().get("chartkey-as-of").and_then(|value| serde_json::from_slice(value.as_bytes()).ok());
        let Some(as_of) = as_of else {
            let detail = "it does not say in Chartkey-As-Of at which block".into();
            return Err(ClientError::Nonsense { api, route, detail });
        };
        Ok(Lines { response, api, route, as_of, buffer: Vec::new(), read: 0, count: 0, of: PhantomData })
    }

    /// The head that the answer was read at.
    pub fn as_of(&self) -> &AsOf {
        &self.as_of
    }

    /// The next value. `None`: the answer ended as it should.
    pub async fn next(&mut self) -> Result<Option<T>, ClientError> {
        let Some(end) = self.fill().await? else { return Ok(None) };
        let line = &self.buffer[self.read..end];
        let value = serde_json::from_slice(line);
        (self.read, self.count) = (end + 1, self.count + 1);
        value.map(Some).map_err(|error| self.nonsense(format!("line {}: {error}", self.count)))
    }

    /// Where the next line ends, once all of it came.
    async fn fill(&mut self) -> Result<Option<usize>, ClientError> {
        let mut searched = self.read;
        loop {
            if let Some(end) = self.buffer[searched..].iter().position(|byte| *byte == b'\n') {
                return Ok(Some(searched + end));
            }
            searched = self.buffer.len();
            if searched - self.read > LONGEST {
                return Err(self.nonsense(format!("line {} has more than {LONGEST} bytes", self.count + 1)));
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => {
                    searched -= self.read;
                    self.buffer.drain(..self.read);
                    self.read = 0;
                    self.buffer.extend_from_slice(&chunk);
                }
                Ok(None) if searched == self.read => return Ok(None),
                Ok(None) => return Err(self.cut("within a line".into())),
                Err(error) => return Err(self.cut(cause_of(&error))),
            }
        }
    }

    fn cut(&self, cause: String) -> ClientError {
        ClientError::Cut { api: self.api.clone(), route: self.route.clone(), lines: self.count, cause }
    }

    fn nonsense(&self, detail: String) -> ClientError {
        ClientError::Nonsense { api: self.api.clone(), route: self.route.clone(), detail }
    }
}

/// An error of the HTTP client with what caused it, without the URL, which may hold a key.
pub(super) fn cause_of(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
