//! Traces, sent in batches to a collector by OTLP over HTTP, through the HTTP client that the rest of the process uses.

use std::env;
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use opentelemetry::trace::{SpanKind, TracerProvider as _};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter as ExportSpans};
use reqwest::Url;
use tokio::runtime::Handle;
use tracing::{Subscriber, info, warn};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

/// How long one batch may take, and what is left at the end.
const PATIENCE: Duration = Duration::from_secs(5);
const NAME: &str = env!("CARGO_PKG_NAME");

/// What makes traces, and sends them.
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends to a collector. Must be called within the runtime that is to do it.
    pub fn to(endpoint: &Url) -> anyhow::Result<Self> {
        // Somebody else in the process may have chosen a provider before; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(PATIENCE).build().context("preparing to send traces")?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector { client, runtime: Handle::current(), failing: AtomicBool::new(false) })
            .with_endpoint(format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()
            .context("OTEL_EXPORTER_OTLP_ENDPOINT cannot be sent to")?;
        let mut resource = Resource::builder();
        if env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name(NAME);
        }
        let provider = SdkTracerProvider::builder().with_resource(resource.build()).with_batch_exporter(Told(exporter));
        Ok(Traces(provider.build()))
    }

    /// Makes them of spans. Threads and lines of code are nobody's business outside.
    pub fn layer<S>(&self) -> OpenTelemetryLayer<S, opentelemetry_sdk::trace::SdkTracer>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let layer = tracing_opentelemetry::layer().with_tracer(self.0.tracer(NAME));
        layer.with_location(false).with_threads(false).with_target(false).with_tracked_inactivity(false)
    }

    /// Sends what is left. Blocks.
    pub fn end(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(PATIENCE) {
            warn!(%error, "the last traces were not sent");
        }
    }
}

/// Marks what answers requests as such, which `tracing` has no word for.
#[derive(Debug)]
struct Told(SpanExporter);

impl ExportSpans for Told {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch.iter_mut().filter(|span| span.name == "request") {
            span.span_kind = SpanKind::Server;
        }
        self.0.export(batch).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

/// The way to the collector. Batches come from a thread outside the runtime that the client needs.
#[derive(Debug)]
struct Collector {
    client: reqwest::Client,
    runtime: Handle,
    /// Whether it is known that nobody takes them.
    failing: AtomicBool,
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.runtime.spawn(send(self.client.clone(), request)).await?;
        let status = sent.as_ref().map(Response::status);
        if status.as_ref().is_ok_and(hyper::StatusCode::is_success) {
            if self.failing.swap(false, Ordering::Relaxed) {
                info!("traces are taken again");
            }
        } else if !self.failing.swap(true, Ordering::Relaxed) {
            let cause = status.map_or_else(|error| reason(&**error), |status| status.to_string());
            warn!(cause, "traces are lost: the collector does not take them");
        }
        sent
    }
}

/// An error with its causes.
fn reason(error: &(dyn Error + 'static)) -> String {
    anyhow::Chain::new(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

async fn send(client: reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    // A URL may hold a key.
    let answer = client.execute(request.try_into()?).await.map_err(reqwest::Error::without_url)?;
    let response = Response::builder().status(answer.status());
    Ok(response.body(answer.bytes().await.map_err(reqwest::Error::without_url)?)?)
}
