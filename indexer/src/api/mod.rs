//! The query API: HTTP and JSON over `store::read`, each request in one read-only snapshot, as a database role that can only
//! select. Knows nothing of the chain.

mod accounts;
mod caller;
mod error;
mod events;
mod extract;
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
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::store::{Journal, Reader};
use metrics::Metrics;
pub use sign_in::SmartAccounts;
pub use site::{Origin, Site};

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
}

/// What routes share.
#[derive(Clone, FromRef)]
struct Shared {
    reader: Reader,
    journal: Journal,
    accounts: Option<Arc<dyn SmartAccounts>>,
    options: Arc<Options>,
    metrics: Arc<Metrics>,
}

/// Serves until `stop` turns true; requests under way are finished.
pub async fn serve(listener: TcpListener, sources: Sources, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    axum::serve(listener, router(sources)).with_graceful_shutdown(stopped).await.context("serving the API")
}

/// Every route, with what surrounds them.
pub fn router(sources: Sources) -> Router {
    let metrics = Arc::new(Metrics::new(sources.writing));
    let options = Arc::new(sources.options);
    let shared = Shared {
        reader: sources.reader,
        journal: sources.journal,
        accounts: sources.accounts,
        options: options.clone(),
        metrics: metrics.clone(),
    };
    Router::new()
        .route("/v1/patients/{patient}", get(patients::summary))
        .route("/v1/patients/{patient}/records", get(patients::records))
        .route("/v1/patients/{patient}/grants", get(patients::grants))
        .route("/v1/patients/{patient}/viewers", get(patients::viewers))
        .route("/v1/patients/{patient}/access-log", get(patients::access_log))
        .route("/v1/patients/{patient}/requests", get(patients::requests))
        .route("/v1/patients/{patient}/trail", get(events::trail))
        .route("/v1/records/{cid}", get(records::record))
        .route("/v1/records/{cid}/viewers", get(records::viewers))
        .route("/v1/records/{cid}/opens", get(records::opens))
        .route("/v1/can-open", get(records::can_open))
        .route("/v1/practitioners", get(practitioners::directory))
        .route("/v1/practitioners/{practitioner}", get(practitioners::practitioner))
        .route("/v1/practitioners/{practitioner}/patients", get(practitioners::patients))
        .route("/v1/practitioners/{practitioner}/records", get(practitioners::records))
        .route("/v1/practitioners/{practitioner}/activity", get(practitioners::activity))
        .route("/v1/teams/{team}", get(teams::team))
        .route("/v1/accounts/{account}/keys", get(accounts::keys))
        .route("/v1/events", get(events::events))
        .route("/v1/auth/nonce", post(sign_in::nonce))
        .route("/v1/auth/verify", post(sign_in::verify).layer(DefaultBodyLimit::max(sign_in::LONGEST_BODY)))
        .route("/v1/auth/me", get(sign_in::me))
        .route("/v1/auth/logout", post(sign_in::logout))
        .route("/health", get(operations::health))
        .route("/ready", get(operations::ready))
        .route("/status", get(operations::status))
        .route("/metrics", get(operations::metrics))
        .fallback(error::no_such_route)
        .method_not_allowed_fallback(error::no_such_method)
        .with_state(shared)
        .layer(from_fn(middleware::limit_time))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(options, middleware::require_own_host))
        .layer(from_fn_with_state(metrics, middleware::identify))
}
