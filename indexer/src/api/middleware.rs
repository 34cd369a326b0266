//! What every request gets: an id, a line in the log, and the id in its problem.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::{Instrument as _, info, info_span};

use super::Options;
use super::error::{ApiError, Problem};
use super::metrics::Metrics;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST_ID: usize = 64;
/// How long it may take until an answer begins, and from one part of a stream to the next.
pub(super) const LONGEST: Duration = Duration::from_secs(45);

/// The request's id, for what is written down of it.
#[derive(Clone)]
pub(super) struct RequestId(pub String);

/// Gives the request an id (the caller's, if it has a decent one), logs and counts how it went, and completes its problem.
///
/// The log gets the route, never the path or query: addresses and CIDs are personal data.
pub(super) async fn identify(State(metrics): State<Arc<Metrics>>, mut request: Request, next: Next) -> Response {
    let id = request.headers().get(REQUEST_ID).and_then(decent_id).unwrap_or_else(new_id);
    let route = request.extensions().get::<MatchedPath>().map_or("(no route)", MatchedPath::as_str).to_owned();
    let span = info_span!("request", id, method = %request.method(), route = route.as_str());
    request.extensions_mut().insert(RequestId(id.clone()));
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.response(&id);
    }
    let took = started.elapsed();
    metrics.answered(route, response.status().as_u16(), took);
    let milliseconds = took.as_millis();
    span.in_scope(|| info!(status = response.status().as_u16(), milliseconds = %milliseconds, "answered"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Refuses requests that reached us under a foreign name. A page of any site can have its own name resolve to our address (DNS
/// rebinding), and would be of our origin to the browser: with `--open` it would read charts.
pub(super) async fn require_own_host(State(options): State<Arc<Options>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if options.site.has_host(host) { next.run(request).await } else { ApiError::Misdirected.into_response() }
}

/// Ends a request that a silent database or network holds up. What the database itself takes too long for, it ends earlier.
pub(super) async fn limit_time(request: Request, next: Next) -> Response {
    tokio::time::timeout(LONGEST, next.run(request)).await.unwrap_or_else(|_| ApiError::TookTooLong.into_response())
}

fn decent_id(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let decent = !text.is_empty()
        && text.len() <= LONGEST_ID
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    decent.then(|| text.to_owned())
}

/// Unique within this process and its restarts; it need not be secret.
fn new_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    format!("{now:x}-{:x}", COUNT.fetch_add(1, Ordering::Relaxed))
}
