//! `/docs`: the description, to read and to try out. All of it comes from here; the browser is told to ask nobody else.

use std::sync::Arc;

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use utoipa_swagger_ui::Config;

use super::error::ApiError;
use super::extract::{Nothing, Params};

/// Scripts and styles are files of ours; Swagger UI's pictures are in its style sheet. `connect-src` is what "Execute" needs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);
const PAGE: &str = include_str!("docs/index.html");

/// What the page loads: our own, and what is taken of Swagger UI.
fn asset(name: &str) -> Option<(&'static str, Vec<u8>)> {
    match name {
        "page.js" => Some(("text/javascript", include_bytes!("docs/page.js").to_vec())),
        "page.css" => Some(("text/css", include_bytes!("docs/page.css").to_vec())),
        "swagger-ui-bundle.js" => vendored(name, "text/javascript"),
        "swagger-ui.css" => vendored(name, "text/css"),
        "favicon-32x32.png" => vendored(name, "image/png"),
        _ => None,
    }
}

fn vendored(name: &str, kind: &'static str) -> Option<(&'static str, Vec<u8>)> {
    let file = utoipa_swagger_ui::serve(name, Arc::new(Config::default())).ok()??;
    Some((kind, file.bytes.into_owned()))
}

/// This API's description, to read and to try out.
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "getDocs",
    tag = "Operations",
    security(()),
    responses((status = 200, description = "A page that asks no other host", body = String, content_type = "text/html"))
)]
pub(super) async fn page(Params(Nothing {}): Params<Nothing>) -> Response {
    served("text/html; charset=utf-8", PAGE.as_bytes().to_vec())
}

/// A script, style sheet or picture of that page.
#[utoipa::path(
    get,
    path = "/docs/{part}",
    operation_id = "getDocsPart",
    tag = "Operations",
    security(()),
    params(("part" = String, Path, description = "The file's name", example = "page.js")),
    responses((status = 200, description = "The file", content(
        (String = "text/javascript"), (String = "text/css"), (Vec<u8> = "image/png")
    )))
)]
pub(super) async fn part(Path(name): Path<String>, Params(Nothing {}): Params<Nothing>) -> Result<Response, ApiError> {
    let (kind, bytes) = asset(&name).ok_or_else(|| ApiError::NotFound("the documentation has no such part".into()))?;
    Ok(served(kind, bytes))
}

fn served(kind: &'static str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600")),
    ];
    (headers, bytes).into_response()
}
