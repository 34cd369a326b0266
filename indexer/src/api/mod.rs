//! The query API: HTTP and JSON over `store::read`, each request in one read-only snapshot, as a database role that can only
//! select. Knows nothing of the chain.

mod accounts;
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
mod snapshot;
mod stream;
mod teams;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context as _;
use axum::Router;
use axum::extract::FromRef;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::store::Reader;
use metrics::Metrics;

/// What the API needs of the process it is part of.
#[derive(Clone)]
pub struct Sources {
    /// Where it reads.
    pub reader: Reader,
    /// Whether this process holds the writer's lock, for the metrics.
    pub writing: Arc<AtomicBool>,
}

/// What routes share.
#[derive(Clone)]
struct Shared {
    reader: Reader,
    metrics: Arc<Metrics>,
}

impl FromRef<Shared> for Reader {
    fn from_ref(shared: &Shared) -> Self {
        shared.reader.clone()
    }
}

impl FromRef<Shared> for Arc<Metrics> {
    fn from_ref(shared: &Shared) -> Self {
        shared.metrics.clone()
    }
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
        .route("/health", get(operations::health))
        .route("/ready", get(operations::ready))
        .route("/status", get(operations::status))
        .route("/metrics", get(operations::metrics))
        .fallback(error::no_such_route)
        .method_not_allowed_fallback(error::no_such_method)
        .with_state(Shared { reader: sources.reader, metrics: metrics.clone() })
        .layer(from_fn(middleware::limit_time))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(CompressionLayer::new())
        .layer(from_fn(middleware::require_own_host))
        .layer(from_fn_with_state(metrics, middleware::identify))
}
