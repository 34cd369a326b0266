//! New heads by subscription, over WebSocket.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Url;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use tracing::{debug, info, warn};

use super::core::Core;
use super::endpoint::jitter;
use super::error::shown;
use super::heads::Heads;
use super::wire::{Answer, NodeHeader};

/// For connecting, and for the answer to the subscription.
const TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that says nothing for so long is asked for a sign of life, and given up after as long again.
const SILENCE: Duration = Duration::from_secs(15);
/// Between tries where the endpoint offers no subscriptions.
const NOT_OFFERED: Duration = Duration::from_secs(60);
/// Between tries where it cannot be reached: doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// A subscription that held for so long counts as one that worked.
const HELD: Duration = Duration::from_secs(10);
const LARGEST_MESSAGE: usize = 1 << 20;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why there is no subscription (any more).
enum End {
    NotOffered(String),
    Lost(String),
}

#[derive(Deserialize)]
struct Push {
    params: Option<Params>,
}

#[derive(Deserialize)]
struct Params {
    result: NodeHeader,
}

/// Listens at the first endpoint that lets us, and tries again where none does, until `heads` is gone.
pub async fn follow(core: Arc<Core>, heads: Weak<Heads>, urls: Vec<Url>) {
    let mut failures = 0;
    let mut said = false;
    loop {
        let mut offered = false;
        for (number, url) in urls.iter().enumerate() {
            let began = Instant::now();
            let end = listen(&core, &heads, number, url).await;
            let Some(heads) = heads.upgrade() else { return };
            let was_live = heads.set_live(false);
            say(&end, url, &heads, was_live, std::mem::replace(&mut said, true));
            offered |= matches!(end, End::Lost(_));
            if was_live && began.elapsed() >= HELD {
                failures = 0;
                break;
            }
        }
        let wait = FIRST_WAIT.saturating_mul(1 << failures.min(10)).min(LONGEST_WAIT);
        failures += 1;
        tokio::time::sleep(jitter(if offered { wait } else { NOT_OFFERED })).await;
    }
}

/// Tells what changed; that nothing did, only to who debugs.
fn say(end: &End, url: &Url, heads: &Heads, was_live: bool, said: bool) {
    let (End::NotOffered(cause) | End::Lost(cause)) = end;
    let (endpoint, every) = (shown(url), heads.poll_interval());
    match (was_live, said) {
        (true, _) => {
            warn!("the subscription at {endpoint} ended ({cause}): asking for new blocks every {every:?} meanwhile");
        }
        (false, false) => info!("no subscription at {endpoint} ({cause}): asking for new blocks every {every:?}"),
        (false, true) => debug!("no subscription at {endpoint}: {cause}"),
    }
}

async fn listen(core: &Core, heads: &Weak<Heads>, number: usize, url: &Url) -> End {
    let mut socket = match tokio::time::timeout(TIMEOUT, subscribe(url)).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(end)) => return end,
        Err(_) => return End::Lost(format!("no answer within {} s", TIMEOUT.as_secs())),
    };
    if let Some(heads) = heads.upgrade() {
        heads.set_live(true);
        info!("new blocks come by subscription from {}", shown(url));
    }
    let mut asked_for_life = false;
    loop {
        let Some(heads) = heads.upgrade() else { return End::Lost("no longer wanted".into()) };
        let message = tokio::select! {
            message = tokio::time::timeout(SILENCE, socket.next()) => message,
            () = heads.mute.notified() => return End::Lost("it leaves out blocks".into()),
        };
        asked_for_life = match message {
            Ok(message) => match read(message) {
                Ok(text) => {
                    if let Some(text) = text {
                        hear(core, &heads, number, &text);
                    }
                    false
                }
                Err(end) => return end,
            },
            Err(_) if asked_for_life => return End::Lost("silent".into()),
            Err(_) => match socket.send(Message::Ping("?".into())).await {
                Ok(()) => true,
                Err(error) => return End::Lost(error.to_string()),
            },
        };
    }
}

/// The text of a message, if it is one.
fn read(message: Option<Result<Message, Error>>) -> Result<Option<String>, End> {
    match message {
        Some(Ok(Message::Text(text))) => Ok(Some(text.to_string())),
        Some(Ok(Message::Close(_))) | None => Err(End::Lost("closed".into())),
        Some(Ok(_)) => Ok(None),
        Some(Err(error)) => Err(End::Lost(error.to_string())),
    }
}

fn hear(core: &Core, heads: &Heads, number: usize, text: &str) {
    match serde_json::from_str::<Push>(text) {
        Ok(Push { params: Some(params) }) => match core.header(&params.result) {
            Ok(header) => heads.push(header, number),
            Err(detail) => debug!("a pushed head that makes no sense: {detail}"),
        },
        Ok(Push { params: None }) => {}
        Err(error) => debug!("a pushed message that is not a head: {error}"),
    }
}

async fn subscribe(url: &Url) -> Result<Socket, End> {
    let config =
        WebSocketConfig::default().max_message_size(Some(LARGEST_MESSAGE)).max_frame_size(Some(LARGEST_MESSAGE));
    let (mut socket, _) = match connect_async_with_config(url.as_str(), Some(config), true).await {
        Ok(connected) => connected,
        Err(Error::Http(answer)) => return Err(End::NotOffered(format!("HTTP {}", answer.status().as_u16()))),
        Err(error @ Error::Protocol(_)) => return Err(End::NotOffered(error.to_string())),
        // Its words hold the URL.
        Err(Error::Url(_)) => return Err(End::NotOffered("not a usable URL".into())),
        Err(error) => return Err(End::Lost(error.to_string())),
    };
    let request = r#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"#;
    socket.send(Message::Text(request.into())).await.map_err(|e| End::Lost(e.to_string()))?;
    while let Some(message) = socket.next().await {
        let Message::Text(text) = message.map_err(|e| End::Lost(e.to_string()))? else { continue };
        match serde_json::from_str::<Answer<String>>(&text) {
            Ok(Answer { error: Some(error), .. }) => return Err(End::NotOffered(error.message)),
            Ok(Answer { id: Some(1), result: Some(_), .. }) => return Ok(socket),
            _ => {}
        }
    }
    Err(End::Lost("closed".into()))
}
