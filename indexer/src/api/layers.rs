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
        .layer(from_fn(middleware::refuse_evenly))
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

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Mutex;
    use std::time::Duration;

    use axum::body::{Body, to_bytes};
    use axum::extract::{Path, Request};
    use axum::http::StatusCode;
    use axum::routing::get;
    use tokio::sync::watch;
    use tower::ServiceExt as _;

    use super::super::live::Streams;
    use super::super::{Limits, Options, Origin, Site};
    use super::*;
    use crate::store::{Journal, Reader};

    /// Lines of the log.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn surroundings() -> Surroundings {
        let address = "127.0.0.1:8080".parse().unwrap();
        let site = Site::new(Origin::of(address), address, Vec::new());
        let options =
            Options { open: true, site, session: Duration::from_secs(60), limits: Limits::default(), streams: 1 };
        let metrics = Arc::new(Metrics::new(Arc::default()));
        let rates = Arc::new(Rates::new(&options.limits, metrics.clone()));
        let nowhere = "postgres://nobody@127.0.0.1:1/none";
        let (reader, journal) = (Reader::new(nowhere).unwrap(), Journal::new(nowhere).unwrap());
        let (_, stop) = watch::channel(false);
        let streams = Streams::new(reader.clone(), options.streams, stop.clone());
        let options = Arc::new(options);
        Surroundings { shared: Shared { reader, journal, accounts: None, options, metrics, stop, streams }, rates }
    }

    #[tokio::test]
    async fn a_panic_is_answered_and_neither_the_answer_nor_the_log_repeats_its_words() {
        let lines = Lines::default();
        let to = lines.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || to.clone()).finish();
        let _logged = tracing::subscriber::set_default(subscriber);
        let broken = get(|Path(patient): Path<String>| async move { assert_eq!(patient, "", "broken by {patient}") });
        let router = around(Router::new().route("/v1/broken/{patient}", broken), surroundings());
        let request = Request::get("/v1/broken/mark-7w").header("host", "127.0.0.1:8080").body(Body::empty()).unwrap();
        let answer = router.oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.headers()["ratelimit-policy"], "\"all\";q=600;w=60");
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("urn:chartkey:problem:internal") && !body.contains("mark-7w"), "{body}");
        let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains("a panic") && log.contains("status=500") && log.contains("/v1/broken/{patient}"), "{log}");
        assert!(!log.contains("mark-7w"), "{log}");
    }
}
