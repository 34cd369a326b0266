//! The description of the API (OpenAPI 3.1). What one route answers is said where it is declared; here is what holds of all of them,
//! and what the declarations cannot say.

mod answers;
mod schemas;
mod text;

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;

use super::answer::is_current;
use super::error::Problem;
use super::extract::{AtParam, Limit, Nothing, Params};
use super::live::{EventId, LastEventId};
use super::page::{Cursor, LogCursor, ViewerCursor};
use super::patients::ScopeParam;
use crate::model::schema::{AnyCid, AnyMoment};
use crate::model::view::{Reorg, WithdrawnEvent};
use crate::model::{Hash, keccak256};

/// The order in which the parts are written.
#[derive(Serialize)]
struct Document {
    openapi: Value,
    info: Value,
    servers: Value,
    security: Value,
    tags: Value,
    paths: Value,
    components: Value,
}

/// This description.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getOpenApi",
    tag = "Operations",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object))
)]
pub(super) async fn description(Params(Nothing {}): Params<Nothing>, headers: HeaderMap) -> Response {
    static TAG: LazyLock<HeaderValue> = LazyLock::new(|| {
        let text = format!("W/\"{}\"", &Hash(keccak256(super::description().as_bytes())).to_string()[2..26]);
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("W/\"\""))
    });
    let tag = [(header::ETAG, TAG.clone()), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
    if is_current(&TAG, headers.get(header::IF_NONE_MATCH)) {
        return (StatusCode::NOT_MODIFIED, tag).into_response();
    }
    let kind = HeaderValue::from_static("application/json");
    (tag, [(header::CONTENT_TYPE, kind)], super::description()).into_response()
}

/// The whole description as JSON, from what the routes say of themselves.
pub(super) fn document(routes: &OpenApi) -> String {
    let mut said = json!(routes);
    let mut paths = said["paths"].take();
    schemas::everywhere(&mut paths);
    for (path, item) in objects(&mut paths) {
        for (method, operation) in objects(item) {
            answers::complete(path, method, operation);
        }
    }
    let mut components = said["components"].take();
    for (name, schema) in others() {
        components["schemas"][name] = schema;
    }
    schemas::complete(&mut components);
    components["schemas"]["StreamEvent"] = schemas::stream_event();
    components["responses"] = answers::shared();
    components["headers"] = answers::headers();
    components["securitySchemes"] = text::security_schemes();
    let document = Document {
        openapi: json!("3.1.0"),
        info: text::info(),
        servers: json!([{ "url": "/", "description": "where this page comes from" }]),
        security: json!([{ "token": [] }, { "cookie": [] }]),
        tags: text::tags(),
        paths: schemas::renamed(paths),
        components: schemas::renamed(components),
    };
    serde_json::to_string_pretty(&document).expect("text and maps with keys that are text") + "\n"
}

/// Types that only parameters, problems and streams name: those of other answers are found by themselves.
fn others() -> [(String, Value); 13] {
    fn named<T: ToSchema>() -> (String, Value) {
        (T::name().into_owned(), json!(T::schema()))
    }
    [
        named::<Problem>(),
        named::<AnyCid>(),
        named::<AnyMoment>(),
        named::<AtParam>(),
        named::<ScopeParam>(),
        named::<Limit>(),
        named::<Cursor>(),
        named::<ViewerCursor>(),
        named::<LogCursor>(),
        named::<EventId>(),
        named::<LastEventId>(),
        named::<Reorg>(),
        named::<WithdrawnEvent>(),
    ]
}

/// The members of an object that are objects.
fn objects(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().map(Map::iter_mut).into_iter().flatten().filter(|(_, value)| value.is_object())
}
