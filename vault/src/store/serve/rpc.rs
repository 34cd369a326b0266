//! The part of Kubo's RPC that stores of records use, with Kubo's parameters, answers and errors.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Multipart, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use cid::Cid;
use serde::Deserialize;
use serde_json::{Value, json};

use super::is_authorized;
use crate::store::{Block, CarParser, DiskStore, RecordStore, StoreError, Token, parse_cid};

/// Blocks and bytes of an import that are in memory before they are written.
const BATCH: (usize, usize) = (64, 8 << 20);

/// How old blocks are that `repo/gc` removes, so that uploads may go on meanwhile.
const GRACE: Duration = Duration::from_secs(3600);

pub(super) fn router(store: DiskStore, token: Arc<Token>) -> Router {
    let guard = middleware::from_fn(move |request: Request, next: Next| {
        let token = Arc::clone(&token);
        async move {
            if is_authorized(request.headers(), &token) {
                next.run(request).await
            } else {
                (StatusCode::FORBIDDEN, "403 - Forbidden\n").into_response()
            }
        }
    });
    Router::new()
        .route("/api/v0/dag/import", post(import).layer(DefaultBodyLimit::disable()))
        .route("/api/v0/block/get", post(block_get))
        .route("/api/v0/block/stat", post(block_stat))
        .route("/api/v0/block/rm", post(block_rm))
        .route("/api/v0/pin/add", post(pin_add))
        .route("/api/v0/pin/ls", post(pin_ls))
        .route("/api/v0/pin/rm", post(pin_rm))
        .route("/api/v0/repo/gc", post(repo_gc))
        .route("/api/v0/repo/stat", post(repo_stat))
        .layer(guard)
        .with_state(store)
}

/// Kubo's errors are 500 with a text.
pub(super) struct Failure(StoreError);

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let message = match &self.0 {
            StoreError::Missing(cid) => format!("block was not found locally (offline): ipld: could not find {cid}"),
            error => error.to_string(),
        };
        let body = json!({"Message": message, "Code": 0, "Type": "error"});
        (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
    }
}

type Answer<T = Json<Value>> = Result<T, Failure>;

#[derive(Deserialize)]
struct Arg {
    arg: String,
}

#[derive(Deserialize)]
struct Import {
    #[serde(default = "yes", rename = "pin-roots")]
    pin_roots: bool,
    #[serde(default)]
    stats: bool,
}

fn yes() -> bool {
    true
}

async fn import(State(store): State<DiskStore>, Query(wanted): Query<Import>, mut parts: Multipart) -> Answer<Body> {
    let (mut roots, mut blocks, mut bytes) = (Vec::new(), 0u64, 0u64);
    while let Some(mut part) = parts.next_field().await.map_err(cut_off)? {
        let mut car = CarParser::new();
        let mut batch = Batch { store: &store, blocks: Vec::new(), bytes: 0 };
        while let Some(piece) = part.chunk().await.map_err(cut_off)? {
            car.push(&piece);
            while let Some(block) = car.next_block()? {
                (blocks, bytes) = (blocks + 1, bytes + block.data().len() as u64);
                batch.add(block).await?;
            }
        }
        batch.write().await?;
        roots.extend_from_slice(car.roots().unwrap_or_default());
        car.finish()?;
    }
    let mut lines = String::new();
    for root in roots.iter().filter(|_| wanted.pin_roots) {
        let failure = store.pin(root).await.err().map(|error| error.to_string()).unwrap_or_default();
        lines += &json!({"Root": {"Cid": link(root), "PinErrorMsg": failure}}).to_string();
        lines.push('\n');
    }
    if wanted.stats {
        lines += &json!({"Stats": {"BlockCount": blocks, "BlockBytesCount": bytes}}).to_string();
        lines.push('\n');
    }
    Ok(Body::from(lines))
}

fn cut_off(error: axum::extract::multipart::MultipartError) -> StoreError {
    StoreError::BadCar(error.body_text())
}

struct Batch<'a> {
    store: &'a DiskStore,
    blocks: Vec<Block>,
    bytes: usize,
}

impl Batch<'_> {
    async fn add(&mut self, block: Block) -> Result<(), StoreError> {
        self.bytes += block.data().len();
        self.blocks.push(block);
        if self.blocks.len() >= BATCH.0 || self.bytes >= BATCH.1 { self.write().await } else { Ok(()) }
    }

    async fn write(&mut self) -> Result<(), StoreError> {
        self.bytes = 0;
        self.store.put(&std::mem::take(&mut self.blocks)).await
    }
}

fn link(cid: &Cid) -> Value {
    json!({"/": cid.to_string()})
}

async fn block_get(State(store): State<DiskStore>, Query(Arg { arg }): Query<Arg>) -> Answer<Response> {
    let block = store.get(&parse_cid(&arg)?).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], block.into_data()).into_response())
}

async fn block_stat(State(store): State<DiskStore>, Query(Arg { arg }): Query<Arg>) -> Answer {
    let cid = parse_cid(&arg)?;
    let size = store.size(&cid).await?;
    Ok(Json(json!({"Key": cid.to_string(), "Size": size})))
}

/// Refuses roots that are pinned. Kubo also refuses what they link.
async fn block_rm(State(store): State<DiskStore>, Query(Arg { arg }): Query<Arg>) -> Answer {
    let cid = parse_cid(&arg)?;
    if store.is_pinned(&cid).await? {
        return Ok(Json(json!({"Hash": cid.to_string(), "Error": "pinned: recursive"})));
    }
    store.remove(&cid).await?;
    Ok(Json(json!({"Hash": cid.to_string()})))
}

async fn pin_add(State(store): State<DiskStore>, Query(Arg { arg }): Query<Arg>) -> Answer {
    let cid = parse_cid(&arg)?;
    store.pin(&cid).await?;
    Ok(Json(json!({"Pins": [cid.to_string()]})))
}

#[derive(Deserialize)]
struct List {
    arg: Option<String>,
}

async fn pin_ls(State(store): State<DiskStore>, Query(List { arg }): Query<List>) -> Answer {
    let pins = match arg {
        None => store.list().await?,
        Some(arg) => {
            let cid = parse_cid(&arg)?;
            if !store.is_pinned(&cid).await? {
                return Err(Failure(StoreError::Protocol(format!("path '{arg}' is not pinned"))));
            }
            vec![cid]
        }
    };
    let keys: BTreeMap<String, Value> =
        pins.iter().map(|cid| (cid.to_string(), json!({"Type": "recursive", "Name": ""}))).collect();
    Ok(Json(json!({"Keys": keys})))
}

async fn pin_rm(State(store): State<DiskStore>, Query(Arg { arg }): Query<Arg>) -> Answer {
    let cid = parse_cid(&arg)?;
    if !store.is_pinned(&cid).await? {
        return Err(Failure(StoreError::Protocol("not pinned or pinned indirectly".into())));
    }
    store.unpin(&cid).await?;
    Ok(Json(json!({"Pins": [cid.to_string()]})))
}

async fn repo_gc(State(store): State<DiskStore>) -> Answer<String> {
    let removed = store.collect(GRACE).await?;
    Ok(removed.iter().map(|cid| json!({"Key": link(cid)}).to_string() + "\n").collect())
}

async fn repo_stat(State(store): State<DiskStore>) -> Answer {
    let stat = store.stat().await?;
    Ok(Json(json!({
        "RepoSize": stat.bytes, "NumObjects": stat.blocks, "RepoPath": "",
        "Version": "chartkey"
    })))
}
