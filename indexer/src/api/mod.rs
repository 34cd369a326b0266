//! The query API: HTTP and JSON over `store::read`, each request in one read-only snapshot, as a database role that can only
//! select. Knows nothing of the chain.

mod accounts;
mod client;
mod error;
mod events;
mod extract;
mod headers;
mod layers;
mod limits;
mod metered;
mod metrics;
mod middleware;
mod operations;
mod page;
mod patients;
mod practitioners;
mod rate;
mod records;
mod server;
mod snapshot;
mod stream;
mod teams;
mod trace;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::extract::FromRef;
use axum::http::HeaderValue;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::store::Reader;
use layers::{Surroundings, around, refusal};
pub use limits::{ForwardedHeader, Limits, Proxies};
use metrics::Metrics;
use rate::Rates;

/// What the API needs of the process it is part of.
#[derive(Clone)]
pub struct Sources {
    /// Where it reads.
    pub reader: Reader,
    /// Whether this process holds the writer's lock, for the metrics.
    pub writing: Arc<AtomicBool>,
    pub limits: Limits,
    /// Origins of pages elsewhere that may read.
    pub origins: Vec<HeaderValue>,
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
pub async fn serve(listener: TcpListener, sources: Sources, stop: watch::Receiver<bool>) {
    let metrics = Arc::new(Metrics::new(sources.writing.clone()));
    let rates = Arc::new(Rates::new(&sources.limits, metrics.clone()));
    let limits = sources.limits.clone();
    let surroundings =
        Surroundings { metrics: metrics.clone(), rates: rates.clone(), origins: sources.origins.clone() };
    let routers = (around(routes(sources, metrics.clone()), surroundings), refusal(metrics.clone()));
    tokio::select! {
        () = server::serve(listener, routers, limits, metrics, stop) => {}
        () = rates.sweep() => {}
    }
}

/// Every route.
fn routes(sources: Sources, metrics: Arc<Metrics>) -> Router {
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
        .with_state(Shared { reader: sources.reader, metrics })
}
