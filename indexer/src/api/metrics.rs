//! What Prometheus asks for: how far the index is, and how requests go. Labels name routes, never who or what was asked about.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
pub(super) use prometheus_client::encoding::prometheus_text::CONTENT_TYPE;
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::model::view::Status;
use crate::store::read::Load;

/// Upper bounds of the histogram of requests, in seconds.
const SECONDS: [f64; 8] = [0.005, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Labels {
    /// As declared, without what stands in its place.
    route: String,
    /// `2xx` and so on.
    status: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PolicyLabel {
    policy: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PoolLabel {
    pool: &'static str,
}

/// How busy the database's connections are, and what was written through them.
pub(super) struct Busy {
    pub read: Load,
    pub journal: Load,
    /// Queries written down.
    pub queries: u64,
}

/// One that counts as long as it lives.
pub(super) struct Counted(Gauge);

impl Counted {
    fn by(gauge: &Gauge) -> Self {
        gauge.inc();
        Counted(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Histogram>,
    under_way: Gauge,
    streams: Family<KindLabel, Gauge>,
    connections: Gauge,
    connections_refused: Counter,
    rate_limited: Family<PolicyLabel, Counter>,
    writing: Arc<AtomicBool>,
}

impl Metrics {
    /// `writing`: whether this process holds the writer's lock.
    pub fn new(writing: Arc<AtomicBool>) -> Self {
        let requests = Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new(SECONDS));
        let metrics = Metrics {
            registry: Registry::with_prefix("chartkey"),
            requests,
            under_way: Gauge::default(),
            streams: Family::default(),
            connections: Gauge::default(),
            connections_refused: Counter::default(),
            rate_limited: Family::default(),
            writing,
        };
        // Series that are there from the start can be watched from the start.
        for kind in STREAMS.map(|(_, kind)| kind) {
            drop(metrics.streams.get_or_create(&KindLabel { kind }));
        }
        for policy in super::rate::POLICIES {
            drop(metrics.rate_limited.get_or_create(&PolicyLabel { policy }));
        }
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        let help = "Requests, and how long each took until its answer began";
        registry.register_with_unit("request_duration", help, Unit::Seconds, self.requests.clone());
        let help = "Requests whose answers are not sent to their end";
        registry.register("requests_under_way", help, self.under_way.clone());
        registry.register("streams_open", "Streams that are being sent", self.streams.clone());
        registry.register("connections", "Open connections of callers", self.connections.clone());
        let help = "Connections for which there was no place";
        registry.register("connections_refused", help, self.connections_refused.clone());
        registry.register("rate_limited", "Requests refused because of too many", self.rate_limited.clone());
        self
    }

    /// Counts a request.
    pub fn answered(&self, route: String, status: u16, took: Duration) {
        let labels = Labels { route, status: format!("{}xx", status / 100) };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Counts a request as under way.
    pub fn request(&self) -> Counted {
        Counted::by(&self.under_way)
    }

    /// Counts an answer as a stream, if it is one by its content type.
    pub fn stream(&self, content_type: &str) -> Option<Counted> {
        let (_, kind) = STREAMS.into_iter().find(|(stream, _)| content_type.starts_with(stream))?;
        Some(Counted::by(&self.streams.get_or_create(&KindLabel { kind })))
    }

    /// Counts a connection as open.
    pub fn connection(&self) -> Counted {
        Counted::by(&self.connections)
    }

    pub fn connection_refused(&self) {
        self.connections_refused.inc();
    }

    pub fn rate_limited(&self, policy: &'static str) {
        self.rate_limited.get_or_create(&PolicyLabel { policy }).inc();
    }

    /// Everything, as Prometheus text. `status`: `None` if the database does not tell.
    pub fn text(&self, status: Option<&Status>, ready: bool, busy: &Busy) -> Result<String, fmt::Error> {
        let mut now = Registry::with_prefix("chartkey");
        let mut flag =
            |name: &str, help: &str, value: bool| now.register(name, help, ConstGauge::new(i64::from(value)));
        flag("writer", "Whether this process writes the index", self.writing.load(Ordering::Relaxed));
        flag("ready", "Whether /ready answers 200", ready);
        if let Some(status) = status {
            flag("trail_mismatch", "Whether the history does not verify", status.halted.is_some());
            flag("unchecked", "Whether trails are still to be compared", status.unchecked_from.is_some());
            register_progress(&mut now, status);
        }
        register_busy(&mut now, busy);
        let mut text = String::new();
        encode(&mut text, &now)?;
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Content types of streams, and their names.
const STREAMS: [(&str, &str); 2] = [("text/event-stream", "events"), ("application/x-ndjson", "ndjson")];

fn register_progress(registry: &mut Registry, status: &Status) {
    let blocks = [
        ("indexed_block", "The latest indexed block", status.indexed_block),
        ("head_block", "The latest block of the chain when the writer last asked", Some(status.head_block)),
        ("finalized_block", "The latest block that can no longer be replaced", Some(status.finalized_block)),
        ("lag_blocks", "Blocks between the head and the index", Some(status.lag_blocks)),
        ("headers_to_block", "Up to this block each header is stored", status.headers_to),
    ];
    for (name, help, value) in blocks {
        if let Some(value) = value {
            registry.register(name, help, ConstGauge::new(value.cast_signed()));
        }
    }
    let help = "Seconds since the writer last heard from the chain";
    registry.register("seconds_since_head", help, ConstGauge::new(status.seconds_since_head));
}

fn register_busy(registry: &mut Registry, busy: &Busy) {
    let pools = [("read", busy.read), ("journal", busy.journal)];
    let mut gauge = |name: &str, help: &str, of: fn(&Load) -> u32| {
        let family = Family::<PoolLabel, Gauge>::default();
        for (pool, load) in &pools {
            family.get_or_create(&PoolLabel { pool }).set(i64::from(of(load)));
        }
        registry.register(name, help, family);
    };
    gauge("database_connections_in_use", "Connections to the database that are in use", |load| load.in_use);
    gauge("database_connections_limit", "The most connections to the database", |load| load.limit);
    gauge("database_waiting", "Requests that wait for a connection, or to be written down", |load| load.waiting);
    let help = "Queries about patients that were written down";
    registry.register("queries_recorded", help, ConstCounter::new(busy.queries));
}
