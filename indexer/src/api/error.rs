//! One error type at the edge, answered as a problem (RFC 9457).

use std::any::Any;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tracing::error;

use crate::model::Malformed;
use crate::store::StoreError;

/// Why a request is not answered.
#[derive(Debug)]
pub enum ApiError {
    /// 400: what was wrong, and what would be right.
    BadRequest(String),
    /// 404: what is not there.
    NotFound(String),
    NoSuchMethod,
    /// 421: a request for another host.
    Misdirected,
    /// 503: the index is not there yet.
    NotIndexed(String),
    /// 304: the caller's copy is current; its tag.
    NotModified(HeaderValue),
    /// 500: logged here, not told.
    Internal(String),
}

/// A problem without its request id, which `middleware::identify` adds.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Problem {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl Problem {
    /// The body, with the request's id.
    pub(super) fn response(mut self, request_id: &str) -> Response {
        self.request_id = Some(request_id.into());
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self)).into_response();
        let problem = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, problem);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl ApiError {
    fn problem(self) -> Problem {
        let (r#type, title, status, detail) = match self {
            ApiError::BadRequest(detail) => ("urn:chartkey:problem:bad-request", "Bad request", 400, detail),
            ApiError::NotFound(detail) => ("urn:chartkey:problem:not-found", "Not found", 404, detail),
            ApiError::NoSuchMethod => {
                let detail = "this route is read with GET".into();
                ("urn:chartkey:problem:method-not-allowed", "Method not allowed", 405, detail)
            }
            ApiError::Misdirected => {
                let detail = "this API is for this machine only: ask for it by 127.0.0.1, [::1] or localhost".into();
                ("urn:chartkey:problem:misdirected", "Misdirected request", 421, detail)
            }
            ApiError::NotIndexed(detail) => ("urn:chartkey:problem:not-indexed-yet", "Not indexed yet", 503, detail),
            ApiError::Internal(cause) => {
                error!(cause, "a request failed");
                let detail = "the request could not be answered; the log has the reason under this request id".into();
                ("urn:chartkey:problem:internal", "Internal error", 500, detail)
            }
            ApiError::NotModified(_) => ("urn:chartkey:problem:not-modified", "Not modified", 304, String::new()),
        };
        Problem { r#type, title, status, detail, request_id: None }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let ApiError::NotModified(tag) = self {
            return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
        }
        let problem = self.problem();
        let mut response = StatusCode::from_u16(problem.status).unwrap_or_default().into_response();
        response.extensions_mut().insert(problem);
        response
    }
}

impl From<Malformed> for ApiError {
    fn from(error: Malformed) -> Self {
        ApiError::BadRequest(error.0)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::NotSetUp) {
            return ApiError::NotIndexed(error.to_string());
        }
        ApiError::Internal(error.to_string())
    }
}

pub(super) async fn no_such_route() -> ApiError {
    ApiError::NotFound("there is no such route".into())
}

pub(super) async fn no_such_method() -> ApiError {
    ApiError::NoSuchMethod
}

pub(super) fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("a panic without words");
    ApiError::Internal(format!("panicked: {text}")).into_response()
}
