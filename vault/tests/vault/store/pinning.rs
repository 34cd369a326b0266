//! The Pinning Service API, against a service that is as the specification says, but for pinning when it is asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use chartkey_vault::store::{
    GatewayStore, PinningStore, Policy, RecordStore, Replicas, Silent, State as Copy, StoreError, Token,
};
use serde_json::{Value, json};

use super::support::{MIB, Node, Pattern, listen, shared};

/// What the service has been told: pins as it answers them. New ones begin as `begin`, and are `then` when asked again.
#[derive(Clone)]
struct Service {
    pins: Arc<Mutex<Vec<Value>>>,
    begin: &'static str,
    then: &'static str,
}

#[derive(serde::Deserialize)]
struct Filter {
    cid: Option<String>,
    status: Option<String>,
    before: Option<String>,
}

async fn list(State(service): State<Service>, Query(filter): Query<Filter>) -> Json<Value> {
    let mut pins = service.pins.lock().unwrap().clone();
    pins.retain(|pin| filter.cid.as_ref().is_none_or(|cid| pin["pin"]["cid"] == json!(cid)));
    pins.retain(|pin| filter.status.as_ref().is_none_or(|s| s.split(',').any(|s| pin["status"] == json!(s))));
    pins.retain(|pin| filter.before.as_ref().is_none_or(|before| pin["created"].as_str().unwrap() < before.as_str()));
    pins.reverse();
    let count = pins.len();
    pins.truncate(1000);
    Json(json!({"count": count, "results": pins}))
}

async fn add(State(service): State<Service>, Json(pin): Json<Value>) -> Response {
    let mut pins = service.pins.lock().unwrap();
    let status = status(pins.len(), service.begin, &pin);
    pins.push(status.clone());
    (StatusCode::ACCEPTED, Json(status)).into_response()
}

fn status(index: usize, status: &str, pin: &Value) -> Value {
    let created = format!("2026-11-22T10:00:00.{index:06}Z");
    json!({"requestid": format!("id-{index}"), "status": status, "created": created, "pin": pin, "delegates": [], "info": {}})
}

async fn one(State(service): State<Service>, Path(id): Path<String>) -> Response {
    let mut pins = service.pins.lock().unwrap();
    match pins.iter_mut().find(|pin| pin["requestid"] == json!(id)) {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(pin) => {
            pin["status"] = json!(service.then);
            Json(pin.clone()).into_response()
        }
    }
}

async fn remove(State(service): State<Service>, Path(id): Path<String>) -> StatusCode {
    service.pins.lock().unwrap().retain(|pin| pin["requestid"] != json!(id));
    StatusCode::ACCEPTED
}

async fn start(begin: &'static str, then: &'static str) -> (String, Service) {
    let service = Service { pins: Arc::default(), begin, then };
    let guard = from_fn(async |request: Request, next: Next| {
        match request.headers().get("authorization").map(HeaderValue::as_bytes) {
            Some(b"Bearer key") => next.run(request).await,
            _ => (StatusCode::UNAUTHORIZED, r#"{"error":{"reason":"UNAUTHORIZED"}}"#).into_response(),
        }
    });
    let router = Router::new().route("/api/pins", get(list).post(add)).route("/api/pins/{id}", get(one).delete(remove));
    (format!("{}/api", listen(router.layer(guard).with_state(service.clone())).await.0), service)
}

fn client(url: &str, key: &str) -> PinningStore {
    let origins = vec!["/ip4/127.0.0.1/tcp/4001/p2p/QmExample".to_owned()];
    PinningStore::new("service", url, Token::new(key), origins, Duration::from_millis(50)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_and_a_node_keep_a_file_together() {
    let (folder, (url, service)) = (tempfile::tempdir().unwrap(), start("queued", "pinned").await);
    let node = Node::start(folder.path()).await;
    let gateway = GatewayStore::new("its gateway", &node.url, None).unwrap();
    let pinning = client(&url, "key").with_gateway(gateway);
    let stores = vec![shared(pinning.clone()), shared(node.client("node"))];
    let replicas = Replicas::new(stores, Policy { copies: 2, confirm: 2 }).unwrap();
    let root = replicas.store(Pattern::of(2 * MIB + 1), &Silent).await.unwrap().root;
    assert!(pinning.is_pinned(&root).await.unwrap());
    assert_eq!(service.pins.lock().unwrap()[0]["pin"]["origins"][0], json!("/ip4/127.0.0.1/tcp/4001/p2p/QmExample"));
    assert!(replicas.audit(&root, &Silent).await.unwrap().is_kept());

    // Without a gateway, the service's word is all there is.
    let stores = vec![shared(client(&url, "key")), shared(node.client("node"))];
    let replicas = Replicas::new(stores, Policy { copies: 2, confirm: 2 }).unwrap();
    let report = replicas.audit(&root, &Silent).await.unwrap();
    assert_eq!((report.stores[0].state, report.copies), (Copy::Unread, 2));

    pinning.pin(&root).await.unwrap();
    assert_eq!(pinning.list().await.unwrap(), [root], "not pinned twice");
    pinning.unpin(&root).await.unwrap();
    assert!(!pinning.is_pinned(&root).await.unwrap());
    let report = replicas.repair(&root, &Silent).await.unwrap();
    assert!(report.is_kept() && pinning.is_pinned(&root).await.unwrap());
}

#[tokio::test]
async fn what_a_service_does_not_do_is_an_error() {
    let root = chartkey_vault::store::cid_of(&b"x"[..]).await.unwrap();
    let (slow, _) = start("queued", "pinning").await;
    assert!(matches!(client(&slow, "key").pin(&root).await, Err(StoreError::Unreachable(_))));
    let (fails, _) = start("queued", "failed").await;
    assert!(matches!(client(&fails, "key").pin(&root).await, Err(StoreError::Refused { .. })));
    assert!(matches!(client(&fails, "wrong").pin(&root).await, Err(StoreError::Refused { status: 401, .. })));
    assert!(matches!(client(&fails, "key").get(&root).await, Err(StoreError::Unsupported(_))));
    assert!(matches!(client("http://127.0.0.1:9", "key").list().await, Err(StoreError::Unreachable(_))));
}

#[tokio::test]
async fn lists_of_many_pages_are_read_to_the_end() {
    let (url, service) = start("pinned", "pinned").await;
    let mut cids = Vec::new();
    for index in 0..2500u32 {
        let cid = chartkey_vault::store::Block::of(0x55, index.to_be_bytes().to_vec().into()).unwrap();
        cids.push(*cid.cid());
        let pin = status(index as usize, "pinned", &json!({"cid": cid.cid().to_string()}));
        service.pins.lock().unwrap().push(pin);
    }
    cids.sort_unstable();
    assert_eq!(client(&url, "key").list().await.unwrap(), cids);
}
