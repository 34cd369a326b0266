//! Where Kubo differs from our node: it does not write a block that it has, does not hash what it reads, and removes no
//! block while a pin needs it. And a node that lies about CIDs.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Multipart, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use bytes::Bytes;
use chartkey_vault::store::{
    CarParser, Importer, KuboStore, Policy, RecordStore, Replicas, Silent, State as Kept, StoreError,
};
use serde_json::{Value, json};

use super::support::{MIB, Node, Pattern, listen, shared};

#[derive(Clone, Default)]
struct Kubo {
    blocks: Arc<Mutex<HashMap<String, Bytes>>>,
    pins: Arc<Mutex<HashSet<String>>>,
}

#[derive(serde::Deserialize)]
struct Arg {
    arg: Option<String>,
}

fn error(message: String) -> Response {
    let body = json!({"Message": message, "Code": 0, "Type": "error"});
    (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
}

async fn import(State(kubo): State<Kubo>, mut parts: Multipart) -> String {
    let (mut car, mut count) = (CarParser::new(), 0);
    car.push(&parts.next_field().await.unwrap().unwrap().bytes().await.unwrap());
    while let Some(block) = car.next_block().unwrap() {
        kubo.blocks.lock().unwrap().entry(block.cid().to_string()).or_insert(block.into_data());
        count += 1;
    }
    json!({"Stats": {"BlockCount": count, "BlockBytesCount": 0}}).to_string() + "\n"
}

async fn block(State(kubo): State<Kubo>, Query(Arg { arg }): Query<Arg>) -> Response {
    let cid = arg.unwrap();
    match kubo.blocks.lock().unwrap().get(&cid) {
        Some(data) => data.clone().into_response(),
        None => error(format!("block was not found locally (offline): ipld: could not find {cid}")),
    }
}

async fn stat(State(kubo): State<Kubo>, query: Query<Arg>) -> Response {
    let cid = query.0.arg.clone().unwrap();
    match kubo.blocks.lock().unwrap().get(&cid) {
        Some(data) => Json(json!({"Key": cid, "Size": data.len()})).into_response(),
        None => error(format!("block was not found locally (offline): ipld: could not find {cid}")),
    }
}

async fn rm(State(kubo): State<Kubo>, Query(Arg { arg }): Query<Arg>) -> Json<Value> {
    let cid = arg.unwrap();
    if let Some(root) = kubo.pins.lock().unwrap().iter().next() {
        return Json(json!({"Hash": cid, "Error": format!("pinned via {root}")}));
    }
    kubo.blocks.lock().unwrap().remove(&cid);
    Json(json!({"Hash": cid}))
}

async fn pin(State(kubo): State<Kubo>, Query(Arg { arg }): Query<Arg>) -> Json<Value> {
    kubo.pins.lock().unwrap().insert(arg.clone().unwrap());
    Json(json!({"Pins": [arg]}))
}

async fn unpin(State(kubo): State<Kubo>, Query(Arg { arg }): Query<Arg>) -> Response {
    if kubo.pins.lock().unwrap().remove(&arg.clone().unwrap()) {
        Json(json!({"Pins": [arg]})).into_response()
    } else {
        error("not pinned or pinned indirectly".into())
    }
}

async fn pins(State(kubo): State<Kubo>, Query(Arg { arg }): Query<Arg>) -> Response {
    let pins = kubo.pins.lock().unwrap();
    match arg {
        Some(arg) if !pins.contains(&arg) => error(format!("path '{arg}' is not pinned")),
        _ => {
            let keys: HashMap<_, _> = pins.iter().map(|pin| (pin, json!({"Type": "recursive"}))).collect();
            Json(json!({"Keys": keys})).into_response()
        }
    }
}

async fn start() -> (Kubo, KuboStore) {
    let kubo = Kubo::default();
    let router = Router::new()
        .route("/api/v0/dag/import", post(import).layer(axum::extract::DefaultBodyLimit::disable()))
        .route("/api/v0/block/get", post(block))
        .route("/api/v0/block/stat", post(stat))
        .route("/api/v0/block/rm", post(rm))
        .route("/api/v0/pin/add", post(pin))
        .route("/api/v0/pin/rm", post(unpin))
        .route("/api/v0/pin/ls", post(pins))
        .with_state(kubo.clone());
    let url = listen(router).await.0;
    (kubo, KuboStore::new("kubo", &url, None).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_block_is_repaired_where_it_is_not_overwritten() {
    let ((kubo, client), folder) = (start().await, tempfile::tempdir().unwrap());
    let node = Node::start(folder.path()).await;
    let stores = vec![shared(client.clone()), shared(node.client("node"))];
    let replicas = Replicas::new(stores, Policy { copies: 2, confirm: 2 }).unwrap();
    let root = replicas.store(Pattern::of(2 * MIB + 1), &Silent).await.unwrap().root;
    let mut importer = Importer::new(Pattern::of(2 * MIB + 1));
    let leaf = importer.next().await.unwrap().remove(0);

    kubo.blocks.lock().unwrap().insert(leaf.cid().to_string(), "damaged".into());
    client.put(std::slice::from_ref(&leaf)).await.unwrap();
    assert!(matches!(client.get(leaf.cid()).await, Err(StoreError::Damaged(_))), "it wrote a block that it had");
    let report = replicas.audit(&root, &Silent).await.unwrap();
    assert_eq!((report.stores[0].state, report.stores[0].damaged.len()), (Kept::Damaged, 1));

    let report = replicas.repair(&root, &Silent).await.unwrap();
    assert!(report.is_kept(), "{report:?}");
    assert_eq!(client.get(leaf.cid()).await.unwrap(), leaf);
    assert_eq!(client.list().await.unwrap(), [root], "it is pinned again");
}

#[tokio::test]
async fn a_node_that_names_another_cid_has_not_confirmed() {
    let other = chartkey_vault::store::cid_of(&b"another"[..]).await.unwrap().to_string();
    let answer = json!({"Pins": [other.clone()], "Key": other, "Stats": {"BlockCount": 1}}).to_string();
    let (url, _) = listen(Router::new().fallback(move || std::future::ready(answer.clone()))).await;
    let client = KuboStore::new("liar", &url, None).unwrap();
    let ours = chartkey_vault::store::cid_of(&b"x"[..]).await.unwrap();
    for failed in [client.pin(&ours).await, client.has(&ours).await.map(drop)] {
        assert!(matches!(failed, Err(StoreError::OtherCid { computed, .. }) if computed == ours));
    }
    let replicas = Replicas::new(vec![shared(client)], Policy { copies: 1, confirm: 1 }).unwrap();
    assert!(matches!(replicas.store(&b"x"[..], &Silent).await, Err(StoreError::TooFewCopies { .. })));
}

/// `KUBO_URL=http://127.0.0.1:5001 cargo test -p chartkey-vault --test vault -- --ignored other_peoples_node`, with
/// `KUBO_TOKEN` if it wants one.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it needs a running Kubo: KUBO_URL"]
async fn other_peoples_node_keeps_a_file() {
    let url = std::env::var("KUBO_URL").expect("KUBO_URL is a node's, before /api/v0");
    let token = std::env::var("KUBO_TOKEN").ok().map(chartkey_vault::store::Token::new);
    let client = KuboStore::new("kubo", &url, token).unwrap();
    let replicas = Replicas::new(vec![shared(client.clone())], Policy { copies: 1, confirm: 1 }).unwrap();
    for length in [0, 1, MIB, MIB + 1, 10 * MIB + 77] {
        let mut importer = Importer::new(Pattern::of(length));
        loop {
            let blocks = importer.next().await.unwrap();
            if blocks.is_empty() {
                break;
            }
            client.put(&blocks).await.unwrap();
        }
        // It has everything now, so this sends nothing.
        let root = replicas.store(Pattern::of(length), &Silent).await.unwrap().root;
        assert!(replicas.audit(&root, &Silent).await.unwrap().is_kept());
        assert!(client.is_pinned(&root).await.unwrap() && client.list().await.unwrap().contains(&root));
        let reader = replicas.reader(&root).await.unwrap();
        let mut expected = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut Pattern::of(length), &mut expected).await.unwrap();
        assert!(reader.read_range(0..length).await.unwrap() == expected);
        client.unpin(&root).await.unwrap();
        client.unpin(&root).await.unwrap();
        assert!(!client.is_pinned(&root).await.unwrap());
    }
    println!("{:?}", client.stat().await);
    let absent = chartkey_vault::store::cid_of(&b"it has never seen this"[..]).await.unwrap();
    assert!(!client.has(&absent).await.unwrap());
    assert!(matches!(client.get(&absent).await, Err(StoreError::Missing(_))));
}
