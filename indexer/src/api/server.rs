//! Connections: accepted up to a number, given bounded time, and ended when the API is asked to stop. Nothing that goes wrong with
//! one of them touches another.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt as _;
use tracing::{info, warn};

use super::limits::Limits;
use super::metrics::Metrics;

/// The most bytes of a request's line and headers.
const HEAD: usize = 64 * 1024;
/// Connections, beyond those that are allowed, that are told so; any more are closed without a word.
const REFUSALS: usize = 128;
/// Rest after the system has refused to hand out a connection.
const REST: Duration = Duration::from_millis(200);

/// What serves connections.
struct Server {
    limits: Limits,
    metrics: Arc<Metrics>,
    /// What answers.
    router: Router,
    /// What answers those for whom there is no place.
    refusal: Router,
    places: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

/// Serves until `stop` turns true; requests under way are given `limits.drain_time` from then on.
pub(super) async fn serve(
    listener: TcpListener,
    (router, refusal): (Router, Router),
    limits: Limits,
    metrics: Arc<Metrics>,
    mut stop: watch::Receiver<bool>,
) {
    let (places, refusals) = (Arc::new(Semaphore::new(limits.connections)), Arc::new(Semaphore::new(REFUSALS)));
    let server = Arc::new(Server { limits, metrics, router, refusal, places, refusals, stop: stop.clone() });
    let mut connections = JoinSet::new();
    let mut refused = false;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    refused = false;
                    server.admit(&mut connections, stream, peer);
                }
                Err(error) if is_the_callers(&error) => {}
                Err(error) => {
                    if !std::mem::replace(&mut refused, true) {
                        warn!(%error, "no connection can be accepted for now; said once");
                    }
                    tokio::time::sleep(REST).await;
                }
            },
            // Those that ended are let go of.
            Some(_) = connections.join_next() => {}
            () = asked_to(&mut stop) => break,
        }
    }
    drop(listener);
    server.drain(connections).await;
}

/// Until asked to stop.
async fn asked_to(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Whether accepting failed because the caller was gone already.
fn is_the_callers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}

impl Server {
    fn admit(self: &Arc<Self>, connections: &mut JoinSet<()>, stream: TcpStream, peer: SocketAddr) {
        let place = Arc::clone(&self.places).try_acquire_owned();
        if let Ok(place) = place {
            connections.spawn(Arc::clone(self).converse(stream, peer, self.router.clone(), true, place));
            return;
        }
        self.metrics.connection_refused();
        if let Ok(place) = Arc::clone(&self.refusals).try_acquire_owned() {
            connections.spawn(Arc::clone(self).converse(stream, peer, self.refusal.clone(), false, place));
        }
    }

    /// Answers requests until either side has had enough.
    async fn converse(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        router: Router,
        keep_alive: bool,
        _place: OwnedSemaphorePermit,
    ) {
        let _counted = self.metrics.connection();
        self.prepare(&stream);
        let asked = AtomicBool::new(false);
        let service = service_fn(|request: Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.limits.idle_time).max_buf_size(HEAD);
        let mut connection = pin!(http.keep_alive(keep_alive).serve_connection(TokioIo::new(stream), service));
        let mut stop = self.stop.clone();
        let mut first = pin!(tokio::time::sleep(self.limits.header_time));
        let mut waiting = true;
        loop {
            tokio::select! {
                // What goes wrong in a conversation is the caller's: it ends.
                _ = connection.as_mut() => return,
                () = first.as_mut(), if waiting => {
                    waiting = false;
                    if !asked.load(Ordering::Relaxed) {
                        return;
                    }
                }
                () = asked_to(&mut stop) => break,
            }
        }
        // Nothing was asked yet: hyper would wait for it.
        if asked.load(Ordering::Relaxed) {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }

    fn prepare(&self, stream: &TcpStream) {
        // A socket that refuses an option works without it.
        let _ = stream.set_nodelay(true);
        #[cfg(target_os = "linux")]
        let _ = SockRef::from(stream).set_tcp_user_timeout(Some(self.limits.stalled_time));
    }

    /// Waits for connections to end; those that take too long are ended.
    async fn drain(&self, mut connections: JoinSet<()>) {
        let all = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(self.limits.drain_time, all).await.is_err() {
            let left = connections.len();
            info!(left, "ending connections whose answers are still under way");
            connections.shutdown().await;
        }
    }
}
