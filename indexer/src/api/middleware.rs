//! What every request gets: an id, a line in the log, the id in its problem, and bounds on its time and size.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::body::{Body, HttpBody as _};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::{Instrument as _, Span, info, info_span};

use super::Options;
use super::error::{ApiError, Problem};
use super::metered::Metered;
use super::metrics::Metrics;
use super::trace;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A UUID's length. Ids are logged: an address, CID, token or signature is longer.
const LONGEST_ID: usize = 36;
/// How long it may take until an answer begins, and from one part of a stream to the next.
pub(super) const LONGEST: Duration = Duration::from_secs(45);
/// Bytes of a request's body.
pub(super) const LARGEST: usize = 64 * 1024;
/// Bytes of a request's path and query.
const LONGEST_URI: usize = 8 * 1024;

/// The request's id, for what is written down of it.
#[derive(Clone)]
pub(super) struct RequestId(pub String);

/// Gives the request an id (the caller's, if it has a decent one), logs and counts how it went, and completes its problem.
///
/// The log gets the route, never the path or query: addresses and CIDs are personal data (docs/LOGGING.md).
pub(super) async fn identify(State(metrics): State<Arc<Metrics>>, mut request: Request, next: Next) -> Response {
    let under_way = metrics.request();
    let id = request.headers().get(REQUEST_ID).and_then(decent_id).unwrap_or_else(new_id);
    let route = request.extensions().get::<MatchedPath>().map_or("(no route)", MatchedPath::as_str).to_owned();
    let method = known(request.method());
    let span = info_span!("request", id, method, route = route.as_str());
    trace::begin(&span, request.headers(), method, &route);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut asked = Asked { span, started: Instant::now(), answered: false };
    let response = next.run(request).instrument(asked.span.clone()).await;
    let mut response = complete(response, &id);
    metrics.answered(route, response.status().as_u16(), asked.started.elapsed());
    asked.answered(response.status());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let stream = metrics.stream(kind);
    response.map(|body| Body::new(Metered::new(body, under_way, stream)))
}

/// A request in the log: how it was answered, or that the caller did not wait for it.
struct Asked {
    span: Span,
    started: Instant,
    answered: bool,
}

impl Asked {
    fn milliseconds(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn answered(&mut self, status: StatusCode) {
        self.answered = true;
        trace::end(&self.span, status);
        let milliseconds = self.milliseconds();
        self.span.in_scope(|| info!(status = status.as_u16(), milliseconds, "answered"));
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.answered {
            let milliseconds = self.milliseconds();
            self.span.in_scope(|| info!(milliseconds, "abandoned by the caller"));
        }
    }
}

/// Gives a problem its body, and keeps what other layers say beside it.
fn complete(mut response: Response, id: &str) -> Response {
    let mut problem = response.extensions_mut().remove::<Problem>();
    if problem.is_none() && response.status() == StatusCode::NOT_ACCEPTABLE {
        // Compression found no encoding that the caller takes.
        problem = ApiError::NotAcceptable("every encoding of the answer is refused by Accept-Encoding".into())
            .into_response()
            .extensions_mut()
            .remove();
    }
    let Some(problem) = problem else { return response };
    let mut completed = problem.response(id);
    for (name, value) in response.headers() {
        if !matches!(*name, header::CONTENT_TYPE | header::CONTENT_LENGTH) {
            completed.headers_mut().append(name, value.clone());
        }
    }
    completed
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

/// What the time until a refusal is rounded up to: several times what it takes to find out. On the whole milliseconds of tokio's clock.
const EVENLY: Duration = Duration::from_millis(10);

/// Has what is not the caller's to see refused at the same time, whether it exists or not: how long the database looked would tell.
pub(super) async fn refuse_evenly(request: Request, next: Next) -> Response {
    let asked = tokio::time::Instant::now();
    let response = next.run(request).await;
    if response.status() == StatusCode::FORBIDDEN {
        let over = asked.elapsed().as_nanos() / EVENLY.as_nanos() + 1;
        tokio::time::sleep_until(asked + EVENLY * u32::try_from(over).unwrap_or(1)).await;
    }
    response
}

/// How much of a body that is too large is taken and thrown away, and for how long: whoever still sends when the connection closes
/// does not read the answer.
const TAKEN: (usize, Duration) = (1 << 20, Duration::from_secs(5));

/// Refuses what is too long; what does not say how long it is, is cut by `DefaultBodyLimit`.
pub(super) async fn limit_size(request: Request, next: Next) -> Response {
    let uri = request.uri();
    if uri.path().len() + uri.query().map_or(0, str::len) > LONGEST_URI {
        return ApiError::UriTooLong(LONGEST_URI).into_response();
    }
    if request.body().size_hint().lower() > LARGEST as u64 {
        let taken = axum::body::to_bytes(request.into_body(), TAKEN.0);
        let _ = tokio::time::timeout(TAKEN.1, taken).await;
        return ApiError::TooLarge.into_response();
    }
    next.run(request).await
}

/// What this API speaks, and what a caller has to take some of.
const SPOKEN: [&str; 5] =
    ["application/json", "application/problem+json", "application/x-ndjson", "text/csv", "text/event-stream"];

/// Refuses who takes nothing that a route under /v1 could answer with.
pub(super) async fn require_acceptable(request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/v1/") && !takes_some(request.headers()) {
        return ApiError::NotAcceptable(format!("expected one of {} in Accept", SPOKEN.join(", "))).into_response();
    }
    next.run(request).await
}

fn takes_some(headers: &HeaderMap) -> bool {
    let mut ranges = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    if headers.get(header::ACCEPT).is_none() {
        return true;
    }
    ranges.any(|value| value.split(',').any(takes))
}

/// Whether a media range (RFC 9110, section 12.5.1) covers something that is spoken.
fn takes(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    let refused =
        parts.any(|part| matches!(part.split_once('='), Some(("q" | "Q", weight)) if weight.parse() == Ok(0.0)));
    let covers = |spoken: &str| kind.strip_suffix('*').map_or(kind == spoken, |prefix| spoken.starts_with(prefix));
    !refused && (kind == "*/*" || kind.is_empty() || SPOKEN.into_iter().any(covers))
}

/// A method as it may be logged: callers can make up names.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"];
    KNOWN.into_iter().find(|known| method.as_str() == *known).unwrap_or("(other)")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_too_short_for_what_must_not_be_logged() {
        let address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
        for refused in [address, &address[2..], "", "a b", "a\u{e9}"] {
            assert_eq!(HeaderValue::from_bytes(refused.as_bytes()).ok().and_then(|value| decent_id(&value)), None);
        }
        for fine in ["mine-1", "0b6f5b1e-5a0c-4a61-9a43-6a0f6b8c7d1e", &new_id()] {
            assert_eq!(decent_id(&fine.parse().unwrap()).as_deref(), Some(fine));
        }
        assert_eq!(known(&Method::from_bytes(address.as_bytes()).unwrap()), "(other)");
    }

    #[test]
    fn who_takes_nothing_that_is_spoken_is_told() {
        let fine =
            ["*/*", "application/*", "text/html, */*;q=0.1", "Application/JSON; charset=utf-8", "text/*;q=0.5", ""];
        assert!(fine.iter().all(|accept| accept.split(',').any(takes)));
        let not = ["text/html", "application/xml, image/*", "application/json;q=0", "*/*; q=0.0", "application/jso*n"];
        assert!(not.iter().all(|accept| !accept.split(',').any(takes)));
    }
}
