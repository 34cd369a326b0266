//! HTTP and WebSocket on one port. Each listener has a thread of its own, so that it answers whatever its owner does, and
//! everything of it ends at once.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, Result};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State, WebSocketUpgrade},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use futures_util::stream;
use tokio::sync::oneshot;

use super::{
    fault::Fault,
    node::{Message, Node},
    websocket,
};

/// A listening thread. Dropping it ends it, with every connection.
#[derive(Debug)]
pub(super) struct Listener {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Listens on 127.0.0.1; on any free port if `port` is 0. Gives the port.
    pub(super) fn start(node: Arc<Node>, port: u16) -> Result<(Self, u16)> {
        let cannot = || format!("cannot listen on 127.0.0.1:{port} for the replayed chain");
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(cannot)?;
        socket.set_nonblocking(true)?;
        let port = socket.local_addr()?.port();
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name("replay".to_owned()).spawn(move || {
            // Ends when asked to; everything spawned goes with the runtime.
            let _ = runtime.block_on(async {
                tokio::select! {
                    served = serve(node, socket) => served,
                    _ = stopped => Ok(()),
                }
            });
        })?;
        Ok((Self { stop: Some(stop), thread: Some(thread) }, port))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(node: Arc<Node>, socket: TcpListener) -> io::Result<()> {
    let methods = get(upgrade).post(answer);
    let router = Router::new().route("/", methods.clone()).route("/{*key}", methods);
    let router = router.layer(DefaultBodyLimit::disable()).with_state(node);
    axum::serve(tokio::net::TcpListener::from_std(socket)?, router).await
}

async fn upgrade(State(node): State<Arc<Node>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| websocket::serve(node, socket))
}

async fn answer(State(node): State<Arc<Node>>, body: Bytes) -> Response {
    let Some(message) = Message::read(&body) else {
        return json(br#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}}"#.to_vec());
    };
    let faults = node.faults.of_message(&message.methods());
    delay(&node, &faults).await;
    for fault in &faults {
        match fault {
            Fault::TooManyRequests(after) => return too_many(*after),
            Fault::Status(code) => {
                let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                return (status, "the node behind this proxy does not answer").into_response();
            }
            Fault::Garbage => return json(b"<html>it works</html>".to_vec()),
            _ => {}
        }
    }
    let mut text = node.answer(&message, None);
    if faults.contains(&Fault::Dropped) {
        return dropped(text);
    }
    if faults.contains(&Fault::Truncated) {
        text.truncate(text.len() / 2);
    }
    json(text)
}

/// Waits as long as the faults say.
pub(super) async fn delay(node: &Node, faults: &[Fault]) {
    for fault in faults {
        if let Fault::Delay(least, most) = fault {
            let micros = |time: &Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            let time = node.faults.between(micros(least), micros(most));
            tokio::time::sleep(Duration::from_micros(time)).await;
        }
    }
}

fn json(text: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

fn too_many(after: Option<u64>) -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, "too many requests").into_response();
    if let Some(seconds) = after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// Promises the whole, sends half of it and breaks off.
fn dropped(mut text: Vec<u8>) -> Response {
    let length = text.len();
    text.truncate(length / 2);
    let parts = [Ok(Bytes::from(text)), Err(io::Error::other("dropped on demand"))];
    let body = Body::from_stream(stream::iter(parts));
    ([(header::CONTENT_TYPE, "application/json"), (header::CONTENT_LENGTH, &length.to_string())], body).into_response()
}
