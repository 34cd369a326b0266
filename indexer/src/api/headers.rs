//! What every answer tells browsers and caches.

use axum::extract::Request;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::Origin;

const AUTH: &str = "/v1/auth/";

/// Set unless the route itself says otherwise.
const ALWAYS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
];

/// What answers differ by, whoever asks.
const VARY: HeaderValue = HeaderValue::from_static("Authorization, Cookie, Accept, Accept-Encoding, Origin");

/// Adds what every answer carries.
pub(super) async fn add(request: Request, next: Next) -> Response {
    let cache = match request.uri().path() {
        path if path.starts_with(AUTH) => Some("no-store"),
        path if path.starts_with("/v1/") => Some("private, no-cache"),
        "/openapi.json" => None,
        path if path.starts_with("/docs") => None,
        _ => Some("no-store"),
    };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let cache = cache.map(|cache| (header::CACHE_CONTROL, cache));
    for (name, value) in ALWAYS.into_iter().chain(cache) {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.insert(header::VARY, VARY);
    response
}

/// Sends what belongs to signing in as it is: beside text that an attacker chose, its compressed size would tell of it (BREACH).
pub(super) async fn keep_secrets_plain(mut request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(AUTH) {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    next.run(request).await
}

/// Lets pages of these origins read, with their cookies. Browsers keep what they are told for an hour.
pub(super) fn cors(origins: &[Origin]) -> CorsLayer {
    let origins = origins.iter().filter_map(|origin| origin.to_string().parse().ok());
    let named = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::OPTIONS])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            named("last-event-id"),
            named("x-request-id"),
        ])
        .expose_headers([
            header::ETAG,
            header::RETRY_AFTER,
            named("ratelimit"),
            named("ratelimit-policy"),
            named("x-request-id"),
            named("chartkey-as-of"),
        ])
        .vary([header::ORIGIN])
        .max_age(std::time::Duration::from_secs(3_600))
}
