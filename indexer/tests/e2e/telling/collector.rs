//! Traces, as a collector gets them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use chartkey_devnet::wait;
use tokio::net::TcpListener;

use super::Asked;

const PATIENCE: Duration = Duration::from_secs(60);

/// Bodies of OTLP over HTTP (protobuf), in which names and values are readable as they are.
#[derive(Clone, Default)]
struct Taken(Arc<Mutex<Vec<u8>>>);

impl Taken {
    fn has(&self, part: &[u8]) -> bool {
        self.0.lock().unwrap().windows(part.len()).any(|window| window == part)
    }
}

async fn take(State(taken): State<Taken>, body: Bytes) {
    taken.0.lock().unwrap().extend_from_slice(&body);
}

#[tokio::test]
async fn traces_have_requests_and_the_writers_steps_and_name_nobody() {
    let taken = Taken::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let collector = Router::new().route("/v1/traces", post(take)).with_state(taken.clone());
    tokio::spawn(async { axum::serve(listener, collector).await });
    let environment =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "100"), ("RUST_LOG", "trace")];
    let asked = Asked::new(true, &environment).await;
    // The caller's trace, from its `traceparent`.
    let trace: [u8; 16] = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
    let expected: [&[u8]; 8] = [
        b"chartkey-indexer",
        b"request",
        b"http.request.method",
        b"http.route",
        b"/v1/patients/{patient}/records",
        b"http.response.status_code",
        b"compare",
        &trace,
    ];
    for part in expected {
        let name = String::from_utf8_lossy(part).into_owned();
        wait::until(&format!("{name} in a trace"), PATIENCE, || async { Ok(taken.has(part).then_some(())) })
            .await
            .unwrap();
    }
    // What is left is sent at the end.
    asked.world.mine(1).await;
    asked.indexer.catch_up(&asked.world).await;
    let text = |taken: &Taken| String::from_utf8_lossy(&taken.0.lock().unwrap()).into_owned();
    asked.assert_tells_nothing_of_anybody("a trace", &text(&taken));
    assert!(!taken.has(b"url.") && !taken.has(b"tracestate"));
    let marks = asked.marks();
    let before = taken.0.lock().unwrap().len();
    asked.indexer.stop().await;
    assert!(taken.0.lock().unwrap().len() > before, "nothing was sent at the end");
    assert!(marks.iter().all(|mark| !text(&taken).to_lowercase().contains(mark)));
}
