//! A client of the stream: reads frames (HTML standard, 9.2), and keeps what they leave it with.

use std::time::Duration;

use chartkey_devnet::wait;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::indexer::{Indexer, bearer};

/// A stream that says nothing for so long says nothing any more: more than a heartbeat.
const PATIENCE: Duration = Duration::from_secs(60);

/// One frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    pub event: Option<String>,
    pub id: Option<String>,
    pub data: Option<Value>,
    pub retry: Option<u64>,
}

impl Frame {
    fn read(text: &str) -> Self {
        let mut frame = Frame::default();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with(':')) {
            let (field, value) = line.split_once(": ").unwrap_or_else(|| panic!("a line {line:?}"));
            match field {
                "event" => frame.event = Some(value.into()),
                "id" => frame.id = Some(value.into()),
                "data" => assert!(frame.data.replace(serde_json::from_str(value).unwrap()).is_none()),
                "retry" => frame.retry = Some(value.parse().unwrap()),
                _ => panic!("a field {field:?}"),
            }
        }
        frame
    }
}

/// An open stream.
pub struct Stream {
    response: Response,
    unread: Vec<u8>,
}

impl Stream {
    /// Asks for one; `last` goes as the header. What is not a 200 is the problem that it is.
    pub async fn try_open(
        indexer: &Indexer,
        token: Option<&str>,
        query: &str,
        last: Option<&str>,
    ) -> Result<Self, (StatusCode, Value)> {
        let bearer = token.map(bearer);
        let mut headers = vec![("accept", "text/event-stream"), ("accept-encoding", "gzip")];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        headers.extend(last.map(|last| ("last-event-id", last)));
        let response = indexer.listen(&format!("/v1/stream{query}"), &headers).await;
        if response.status() != StatusCode::OK {
            return Err((response.status(), response.json().await.unwrap()));
        }
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(!response.headers().contains_key("content-encoding"));
        Ok(Stream { response, unread: Vec::new() })
    }

    /// As clients do: where there is no answer right now, it is asked again.
    pub async fn open(indexer: &Indexer, token: Option<&str>, query: &str, last: Option<&str>) -> Self {
        let opened = wait::until("a stream to begin", PATIENCE, || async {
            match Self::try_open(indexer, token, query, last).await {
                Err((StatusCode::SERVICE_UNAVAILABLE, _)) => Ok(None),
                Err(problem) => anyhow::bail!("{query}, {last:?}: {problem:?}"),
                Ok(stream) => Ok(Some(stream)),
            }
        });
        opened.await.unwrap()
    }

    /// The next frame. `None`: the stream came to its regular end.
    pub async fn next(&mut self) -> Option<Frame> {
        self.try_next().await.expect("a stream ends regularly")
    }

    /// The same; an error: the connection broke.
    pub async fn try_next(&mut self) -> reqwest::Result<Option<Frame>> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|two| two == b"\n\n") {
                let text: Vec<u8> = self.unread.drain(..end + 2).collect();
                return Ok(Some(Frame::read(str::from_utf8(&text).unwrap())));
            }
            let read = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            match read.expect("a stream that is open says something every 15 s")? {
                Some(part) => self.unread.extend(part),
                None => return Ok(None),
            }
        }
    }

    /// The next frame that tells of something.
    pub async fn next_event(&mut self) -> Frame {
        loop {
            let frame = self.next().await.expect("a stream that goes on");
            if frame.event.is_some() {
                return frame;
            }
        }
    }

    /// Whether nothing more comes than what says nothing, until it ends.
    pub async fn ends_without_events(&mut self) -> bool {
        while let Some(frame) = self.next().await {
            if frame.data.is_some() {
                return false;
            }
        }
        true
    }
}

/// What a client has, after all that it was told.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Rows as of `/v1/events`, in order.
    pub events: Vec<Value>,
    pub last_id: Option<String>,
    pub reorgs: usize,
}

/// Where an event stands.
pub fn place(event: &Value) -> (u64, u64) {
    let position = &event["position"];
    (position["blockNumber"].as_u64().unwrap(), position["logIndex"].as_u64().unwrap())
}

impl Told {
    /// Takes a frame in, which must follow on what is there.
    pub fn take(&mut self, frame: &Frame) {
        self.last_id = frame.id.clone().or(self.last_id.take());
        let (Some(event), Some(data)) = (&frame.event, &frame.data) else {
            assert!(frame.event.is_none() && frame.data.is_none(), "{frame:?}");
            return;
        };
        if event == "reorg" {
            self.withdraw(data);
            return;
        }
        assert_eq!(data["kind"], **event);
        let id = frame.id.as_ref().expect("an event has an id");
        let (block, log) = place(data);
        assert!(id.starts_with(&format!("{block}-{log}-")), "{id} of {data}");
        if let Some(last) = self.events.last() {
            assert!(place(last) < (block, log), "{:?} and then {:?}", place(last), (block, log));
        }
        self.events.push(data.clone());
    }

    /// Lets go of what was withdrawn, which must have been named.
    fn withdraw(&mut self, reorg: &Value) {
        self.reorgs += 1;
        let first = reorg["fromBlock"].as_u64().unwrap();
        let withdrawn = reorg["withdrawn"].as_array().unwrap();
        let kept = self.events.iter().take_while(|event| place(event).0 < first).count();
        for event in self.events.drain(kept..) {
            let position = &event["position"];
            let named = json!({
                "blockNumber": position["blockNumber"],
                "blockHash": position["blockHash"],
                "logIndex": position["logIndex"],
            });
            assert!(withdrawn.contains(&named), "{named} is not among {withdrawn:?}");
        }
        assert!(withdrawn.iter().all(|one| one["blockNumber"].as_u64().unwrap() >= first));
    }

    /// Takes frames in until an event of this kind and transaction came.
    pub async fn take_until(&mut self, stream: &mut Stream, is_last: impl Fn(&Value) -> bool) {
        loop {
            let frame = stream.next().await.expect("a stream that goes on");
            self.take(&frame);
            if frame.event.is_some_and(|event| event != "reorg") && self.events.last().is_some_and(&is_last) {
                return;
            }
        }
    }
}
