//! The HTTP API: JSON in and out, below /v1/custodian. README.md has the routes. TLS is the business of what stands in
//! front of it.

mod bodies;
mod log;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{Response, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use chartkey_vault::bytes::hex;

use crate::act::Custodian;
use crate::refusal::Refusal;

/// Enough for a deposit of as many items as one may have.
const LARGEST_BODY: usize = 2 << 20;
/// Requests at work at the same moment; more are told to come again.
const AT_WORK: usize = 64;
/// For one request: nodes that do not answer take this long.
const TIMEOUT: Duration = Duration::from_secs(60);

type App = State<Arc<Custodian>>;
type Answer = Result<Value, Refusal>;

/// All routes.
pub fn router(custodian: Arc<Custodian>) -> Router {
    let places = Arc::new(Semaphore::new(AT_WORK));
    Router::new()
        .route("/v1/custodian", get(async |app: App| reply(Ok(info(app)))))
        .route("/v1/custodian/deposits", post(async |app: App, body: Bytes| reply(deposit(app, body).await)))
        .route("/v1/custodian/releases", post(async |app: App, body: Bytes| reply(release(app, body).await)))
        .route("/v1/custodian/opens", post(async |app: App, body: Bytes| reply(open(app, body).await)))
        .route("/v1/custodian/erasures", post(async |app: App, body: Bytes| reply(erasure(app, body).await)))
        .route(
            "/v1/custodian/deletions/{grant}",
            get(async |app: App, grant: Path<String>| reply(deletion(app, grant).await)),
        )
        .merge(log::routes())
        .route("/health", get(async || "ok"))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(places, limit))
        .with_state(custodian)
}

/// Neither more at once than there are places for, nor longer than a minute.
async fn limit(State(places): State<Arc<Semaphore>>, request: Request, next: Next) -> Response<Body> {
    let Ok(_place) = places.try_acquire() else { return (StatusCode::SERVICE_UNAVAILABLE, "busy").into_response() };
    match tokio::time::timeout(TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::GATEWAY_TIMEOUT, "it took too long").into_response(),
    }
}

/// Answers, and refusals as RFC 9457 has them.
fn reply(answer: Answer) -> Response<Body> {
    let (status, kind, body) = match answer {
        Ok(value) => (StatusCode::OK, "application/json", value),
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let code = refusal.code();
            let problem = json!({
                "type": format!("urn:chartkey:custodian:{code}"),
                "title": code,
                "status": status.as_u16(),
                "detail": refusal.to_string(),
            });
            (status, "application/problem+json", problem)
        }
    };
    (status, [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], body.to_string()).into_response()
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Malformed(error.to_string()))
}

pub(crate) fn text(bytes: &[u8]) -> String {
    format!("0x{}", hex(bytes))
}

fn info(State(app): App) -> Value {
    let (keys, domain) = (app.keys(), app.domain());
    json!({
        "custodian": app.address().to_string(),
        "chainId": domain.chain_id,
        "contract": domain.contract.to_string(),
        "suite": keys.public().suite().byte(),
        "key": text(keys.public().as_bytes()),
        "keyId": keys.public().id().to_string(),
    })
}

async fn deposit(State(app): App, body: Bytes) -> Answer {
    let order = parse::<bodies::Deposit>(&body)?.order(app.domain());
    let kept = app.deposit(order).await?;
    Ok(json!({
        "custodian": kept.receipt.custodian.to_string(),
        "deposit": text(&kept.receipt.deposit),
        "storedAt": kept.receipt.stored_at,
        "signature": text(&kept.signature),
    }))
}

async fn release(State(app): App, body: Bytes) -> Answer {
    let signed: bodies::Signed<_> = parse(&body)?;
    let release = app.release(signed.request, signed.signature).await?;
    let shares = release
        .handed
        .iter()
        .map(|share| json!({"digest": share.digest.to_string(), "index": share.index, "sealed": text(&share.sealed)}));
    Ok(json!({
        "shares": shares.collect::<Vec<_>>(),
        "missing": release.missing.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "leaf": release.leaf,
        "head": log::head(&release.head, &release.head_signature),
        "inclusion": log::hashes(&release.inclusion),
    }))
}

async fn open(State(app): App, body: Bytes) -> Answer {
    let signed: bodies::Signed<_> = parse(&body)?;
    let hash = app.relay(signed.request, signed.signature).await?;
    Ok(json!({"request": text(&hash)}))
}

async fn erasure(State(app): App, body: Bytes) -> Answer {
    let signed: bodies::Signed<_> = parse(&body)?;
    let (shares, leaf) = app.erase(signed.request, signed.signature).await?;
    Ok(json!({"shares": shares, "leaf": leaf}))
}

async fn deletion(State(app): App, Path(grant): Path<String>) -> Answer {
    let grant = grant.parse().map_err(|error: chartkey_vault::Malformed| Refusal::Malformed(error.0))?;
    let (receipt, signature, leaf) = app.deletion_receipt(grant).await?;
    Ok(json!({
        "custodian": receipt.custodian.to_string(),
        "grantId": receipt.grant.to_string(),
        "reason": receipt.reason,
        "block": receipt.block,
        "shares": receipt.shares,
        "deletedAt": receipt.deleted_at,
        "signature": text(&signature),
        "leaf": leaf,
    }))
}
