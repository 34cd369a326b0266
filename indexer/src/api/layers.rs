//! What surrounds every route, from the inside out.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};

use super::metrics::Metrics;
use super::rate::{self, Rates};
use super::{Shared, error, headers, middleware};

/// Answers below this many bytes are sent as they are: they fit into one packet anyway.
const WORTH_COMPRESSING: u64 = 1_024;

/// What the surroundings need.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub shared: Shared,
    pub rates: Arc<Rates>,
}

/// Routes with all that surrounds them.
pub(super) fn around(routes: Router, surroundings: Surroundings) -> Router {
    let Shared { options, metrics, .. } = surroundings.shared.clone();
    let compress = CompressionLayer::new().compress_when(SizeAbove::new(WORTH_COMPRESSING).and(NotForContentType::SSE));
    let mut router = routes
        .layer(DefaultBodyLimit::max(middleware::LARGEST))
        .layer(from_fn(middleware::limit_time))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(compress)
        .layer(from_fn(headers::keep_secrets_plain))
        .layer(from_fn(middleware::require_acceptable))
        .layer(from_fn(middleware::limit_size))
        .layer(from_fn_with_state(surroundings, rate::limit))
        .layer(from_fn_with_state(options.clone(), middleware::require_own_host));
    if !options.site.guests().is_empty() {
        router = router.layer(headers::cors(options.site.guests()));
    }
    router.layer(from_fn(headers::add)).layer(from_fn_with_state(metrics, middleware::identify))
}

/// What answers those for whom there is no place.
pub(super) fn refusal(metrics: Arc<Metrics>) -> Router {
    Router::new()
        .fallback(error::no_place)
        .layer(from_fn(headers::add))
        .layer(from_fn_with_state(metrics, middleware::identify))
}
