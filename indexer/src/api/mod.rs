//! The query API: HTTP and JSON over `store::read`, each request in one read-only snapshot, as a database role that can only
//! select. Knows nothing of the chain.

mod accounts;
mod answer;
mod caller;
mod client;
mod disclosures;
mod docs;
mod error;
mod events;
mod extract;
mod headers;
mod layers;
mod limits;
mod live;
mod metered;
mod metrics;
mod middleware;
mod openapi;
mod operations;
mod page;
mod patients;
mod practitioners;
mod rate;
mod records;
mod server;
mod sign_in;
mod site;
mod snapshot;
mod state;
mod stream;
mod teams;
mod trace;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use tokio::net::TcpListener;
use tokio::sync::watch;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::store::{Journal, Reader};
use layers::{Surroundings, around, refusal};
pub use limits::{ForwardedHeader, Limits, Proxies};
use live::Streams;
use metrics::Metrics;
use rate::Rates;
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
    pub limits: Limits,
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
    /// Turns true when streams are to end.
    stop: watch::Receiver<bool>,
    streams: Arc<Streams>,
}

/// Serves until `stop` turns true; requests under way are given some time from then on ([`Limits::drain_time`]).
pub async fn serve(listener: TcpListener, sources: Sources, stop: watch::Receiver<bool>) {
    let Sources { reader, journal, accounts, writing, options } = sources;
    let (metrics, limits) = (Arc::new(Metrics::new(writing)), options.limits.clone());
    let rates = Arc::new(Rates::new(&limits, metrics.clone()));
    let streams = Streams::new(reader.clone(), options.streams, stop.clone());
    let options = Arc::new(options);
    let shared = Shared { reader, journal, accounts, options, metrics: metrics.clone(), stop: stop.clone(), streams };
    let surroundings = Surroundings { shared: shared.clone(), rates: rates.clone() };
    let routers = (around(answered(shared), surroundings), refusal(metrics.clone()));
    tokio::select! {
        () = server::serve(listener, routers, limits, metrics, stop) => {}
        () = rates.sweep() => {}
    }
}

/// Every route, as it is answered.
fn answered(shared: Shared) -> Router {
    let (routes, _) = routes().split_for_parts();
    routes.fallback(error::no_such_route).method_not_allowed_fallback(error::no_such_method).with_state(shared)
}

/// The description of all routes (OpenAPI 3.1), as JSON.
pub fn description() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| openapi::document(routes().get_openapi()));
    &TEXT
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
        .routes(routes!(disclosures::disclosures))
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
        .routes(routes!(state::state))
        .routes(routes!(live::stream))
        .routes(routes!(sign_in::nonce))
        .routes(routes!(sign_in::verify))
        .routes(routes!(sign_in::me))
        .routes(routes!(sign_in::logout))
        .routes(routes!(operations::health))
        .routes(routes!(operations::ready))
        .routes(routes!(operations::status))
        .routes(routes!(operations::metrics))
        .routes(routes!(openapi::description))
        .routes(routes!(docs::page))
        .routes(routes!(docs::part))
}
