//! The trustless gateway: blocks and CARs by CID, in nothing but forms that the reader can verify.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cid::Cid;
use futures_util::stream;
use serde::Deserialize;

use crate::store::{DiskStore, Limits, RecordStore, StoreError, Walk, car_header, car_section, parse_cid};

const RAW: &str = "application/vnd.ipld.raw";
const CAR: &str = "application/vnd.ipld.car";

pub(super) fn router(store: DiskStore) -> Router {
    Router::new().route("/ipfs/{cid}", get(answer)).with_state(store)
}

#[derive(Deserialize)]
struct Wanted {
    format: Option<String>,
    #[serde(rename = "dag-scope")]
    scope: Option<String>,
}

/// `format` goes before `Accept`.
fn form(wanted: &Wanted, headers: &HeaderMap) -> Option<&'static str> {
    match wanted.format.as_deref() {
        Some("raw") => Some(RAW),
        Some("car") => Some(CAR),
        Some(_) => None,
        None => {
            let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
            let mut types = accept.flat_map(|value| value.split(',')).map(|one| one.split(';').next().unwrap_or(one));
            types.find_map(|one| [RAW, CAR].into_iter().find(|known| one.trim() == *known))
        }
    }
}

async fn answer(
    State(store): State<DiskStore>,
    Path(cid): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let cid = match parse_cid(&cid) {
        Ok(cid) => cid,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    let Some(form) = form(&wanted, &headers) else {
        let text = format!("only ?format=raw and ?format=car, or Accept: {RAW} or {CAR}");
        return (StatusCode::NOT_ACCEPTABLE, text).into_response();
    };
    // One block of a DAG is asked for as a CAR when its links are followed by the reader.
    let all = match wanted.scope.as_deref() {
        None | Some("all" | "entity") => true,
        Some("block") => false,
        Some(_) => return (StatusCode::BAD_REQUEST, "dag-scope is block, entity or all").into_response(),
    };
    let etag = if form == RAW { format!("\"{cid}.raw\"") } else { format!("W/\"{cid}.car.{all}\"") };
    let first = match store.get(&cid).await {
        Ok(block) => block,
        Err(StoreError::Missing(_)) => return (StatusCode::NOT_FOUND, "not here").into_response(),
        Err(_) => return (StatusCode::INTERNAL_SERVER_ERROR, "damaged here").into_response(),
    };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.contains(&etag)) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let (kind, name, body) = if form == RAW {
        (RAW.to_owned(), format!("{cid}.bin"), Body::from(first.into_data()))
    } else {
        (format!("{CAR}; version=1; order=dfs; dups=n"), format!("{cid}.car"), car(store, cid, all))
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::ETAG, etag),
        (header::VARY, "Accept".into()),
        (header::CACHE_CONTROL, "public, max-age=29030400, immutable".into()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
    ];
    (headers, body).into_response()
}

/// The DAG, block by block as the reader takes it. What is missing or damaged on the way breaks the connection: a CAR
/// that just ended would look whole.
fn car(store: DiskStore, root: Cid, all: bool) -> Body {
    let state = (store, Walk::new(root, Limits::default()), all);
    let blocks = stream::try_unfold(state, |(store, mut walk, all)| async move {
        let Some(step) = walk.next() else { return Ok::<_, StoreError>(None) };
        let block = store.get(&step.cid).await?;
        if all {
            walk.descend(&step, &block)?;
        }
        let framed = [car_section(&block).as_slice(), block.data()].concat();
        Ok(Some((Bytes::from(framed), (store, walk, all))))
    });
    let header = stream::iter([Ok(Bytes::from(car_header(&root)))]);
    Body::from_stream(futures_util::StreamExt::chain(header, blocks))
}
