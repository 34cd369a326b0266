//! The query API: HTTP and JSON over `store::read`, each request in one read-only snapshot, as a database role that can only
//! select. Knows nothing of the chain.

mod accounts;
mod answer;
mod caller;
mod error;
mod events;
mod extract;
mod live;
mod metrics;
mod middleware;
mod operations;
mod page;
mod patients;
mod practitioners;
mod records;
mod sign_in;
mod site;
mod snapshot;
mod stream;
mod teams;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::middleware::{from_fn, from_fn_with_state};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::store::{Journal, Reader};
use live::Streams;
use metrics::Metrics;
pub use sign_in::SmartAccounts;
pub use site::{Origin, Site};

/// Bytes of a body: only who signs in sends one.
const LONGEST_BODY: usize = 32 << 10;

/// What the API needs of the process it is part of.
#[derive(Clone)]
pub struct Sources {
    /// Where it reads.
    pub reader: Reader,
    /// Where it writes.
    pub journal: Journal,
    /// Whether this process holds the writer's lock, for the metrics.
    pub writing: Arc<AtomicBool>,
    /// Whom it asks about smart accounts that sign in. `None`: they cannot.
    pub accounts: Option<Arc<dyn SmartAccounts>>,
    pub options: Options,
}

/// How it is served.
#[derive(Debug, Clone)]
pub struct Options {
    /// All reads are public.
    pub open: bool,
    pub site: Site,
    /// How long a session lasts, at most a day.
    pub session: Duration,
    /// Streams at once.
    pub streams: usize,
}

/// What routes share.
#[derive(Clone, FromRef)]
struct Shared {
    reader: Reader,
    journal: Journal,
    accounts: Option<Arc<dyn SmartAccounts>>,
    options: Arc<Options>,
    metrics: Arc<Metrics>,
    streams: Arc<Streams>,
}

/// Serves until `stop` turns true; requests under way are finished.
pub async fn serve(listener: TcpListener, sources: Sources, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let router = router(sources, stop.clone());
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    axum::serve(listener, router).with_graceful_shutdown(stopped).await.context("serving the API")
}

/// Every route, with what surrounds them. Streams end when `stop` turns true.
fn router(sources: Sources, stop: watch::Receiver<bool>) -> Router {
    let metrics = Arc::new(Metrics::new(sources.writing));
    let options = Arc::new(sources.options);
    let shared = Shared {
        streams: Streams::new(sources.reader.clone(), options.streams, stop),
        reader: sources.reader,
        journal: sources.journal,
        accounts: sources.accounts,
        options: options.clone(),
        metrics: metrics.clone(),
    };
    let (routes, _) = routes().split_for_parts();
    routes
        .fallback(error::no_such_route)
        .method_not_allowed_fallback(error::no_such_method)
        .with_state(shared)
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(from_fn(middleware::limit_time))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(options, middleware::require_own_host))
        .layer(from_fn_with_state(metrics, middleware::identify))
}

/// Every route, each with its description.
fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(patients::summary))
        .routes(routes!(patients::records))
        .routes(routes!(patients::grants))
        .routes(routes!(patients::viewers))
        .routes(routes!(patients::access_log))
        .routes(routes!(patients::requests))
        .routes(routes!(events::trail))
        .routes(routes!(records::record))
        .routes(routes!(records::viewers))
        .routes(routes!(records::opens))
        .routes(routes!(records::can_open))
        .routes(routes!(practitioners::directory))
        .routes(routes!(practitioners::practitioner))
        .routes(routes!(practitioners::patients))
        .routes(routes!(practitioners::records))
        .routes(routes!(practitioners::activity))
        .routes(routes!(teams::team))
        .routes(routes!(accounts::keys))
        .routes(routes!(events::events))
        .routes(routes!(live::stream))
        .routes(routes!(sign_in::nonce))
        .routes(routes!(sign_in::verify))
        .routes(routes!(sign_in::me))
        .routes(routes!(sign_in::logout))
        .routes(routes!(operations::health))
        .routes(routes!(operations::ready))
        .routes(routes!(operations::status))
        .routes(routes!(operations::metrics))
}
