//! What Prometheus asks for: how far the index is, and how requests go. Labels name routes, never who or what was asked about.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
pub(super) use prometheus_client::encoding::prometheus_text::CONTENT_TYPE;
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::model::view::Status;

/// Upper bounds of the histogram of requests, in seconds.
const SECONDS: [f64; 8] = [0.005, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Labels {
    /// As declared, without what stands in its place.
    route: String,
    /// `2xx` and so on.
    status: String,
}

pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Histogram>,
    writing: Arc<AtomicBool>,
}

impl Metrics {
    /// `writing`: whether this process holds the writer's lock.
    pub fn new(writing: Arc<AtomicBool>) -> Self {
        let requests = Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new(SECONDS));
        let mut registry = Registry::with_prefix("chartkey");
        let help = "Requests, and how long each took until its answer began";
        registry.register_with_unit("request_duration", help, Unit::Seconds, requests.clone());
        Metrics { registry, requests, writing }
    }

    /// Counts a request.
    pub fn answered(&self, route: String, status: u16, took: Duration) {
        let labels = Labels { route, status: format!("{}xx", status / 100) };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Everything, as Prometheus text. `status`: `None` if the database does not tell.
    pub fn text(&self, status: Option<&Status>, ready: bool) -> Result<String, fmt::Error> {
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
        let mut text = String::new();
        encode(&mut text, &now)?;
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

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
