//! A request's span, in the words of OpenTelemetry's semantic conventions for HTTP servers. It names the route, never the path or query.

use axum::http::{HeaderMap, StatusCode};
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::Status;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const TRACEPARENT: &str = "traceparent";

/// `traceparent` (W3C Trace Context), and nothing else of the headers: `tracestate` would carry into our traces what callers please.
struct Traceparent<'a>(&'a str);

impl Extractor for Traceparent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

/// Makes a span, before anybody entered it, part of the caller's trace. Without an exporter nothing happens.
pub(super) fn begin(span: &Span, headers: &HeaderMap, method: &'static str, route: &str) {
    if let Some(parent) = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()) {
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Traceparent(parent));
        // Fails where nothing is exported.
        let _ = span.set_parent(context);
    }
    span.set_attribute("http.request.method", method);
    span.set_attribute("http.route", route.to_owned());
}

/// Says how it went.
pub(super) fn end(span: &Span, status: StatusCode) {
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.set_status(Status::error(""));
    }
}
