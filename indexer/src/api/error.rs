//! One error type at the edge, answered as a problem (RFC 9457).

use std::any::Any;

use axum::Json;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tracing::{error, warn};
use utoipa::ToSchema;

use crate::model::Malformed;
use crate::store::StoreError;

/// Why a request is not answered.
#[derive(Debug)]
pub enum ApiError {
    /// 400: what was wrong, and what would be right.
    BadRequest(String),
    /// 401: nobody is signed in, or not any more; why.
    NotSignedIn(&'static str),
    /// 401: a message or its signature does not make anybody signed in; why.
    SignInRefused(String),
    /// 403: a page of another site asks.
    ForeignPage,
    /// 403: not the caller's to see, whether or not it is there.
    NotYours,
    /// 404: what is not there.
    NotFound(String),
    NoSuchMethod,
    /// 406: what would be right.
    NotAcceptable(String),
    /// 413: a body that is too large.
    TooLarge,
    /// 414: the most bytes of a path and query.
    UriTooLong(usize),
    /// 415: a body that is not said to be JSON.
    NotJson,
    /// 429: seconds until one more request is answered.
    TooOften {
        retry_after: u64,
    },
    /// 503: there are as many connections as there may be.
    NoPlace,
    /// 421: a request for another host.
    Misdirected,
    /// 503: the index is not there yet.
    NotIndexed(String),
    /// 503: what is indexed is not the contract's history; why.
    DoesNotVerify(String),
    /// 503: the database does not answer, or ended the question; why, which is logged here and not told.
    NoDatabase(String),
    /// 503: the chain cannot be asked about a smart account; why, which is logged here and not told.
    NoChain(String),
    /// 503: the answer took too long to find.
    TookTooLong,
    /// 503: this process has as many streams as it may have.
    TooManyStreams,
    /// 429: the account has as many streams as one may have.
    TooManyOwnStreams(usize),
    /// 500: logged here, not told.
    Internal(String),
}

/// What went wrong (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Problem {
    /// What kind of problem: stable, made to be compared.
    #[schema(pattern = "^urn:chartkey:problem:[a-z-]+$", example = "urn:chartkey:problem:not-yours")]
    r#type: String,
    #[schema(example = "Not yours to see")]
    title: &'static str,
    /// HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 403)]
    status: u16,
    /// What was wrong, and what would be right.
    #[schema(example = "this is not yours to see, whether or not it exists")]
    detail: String,
    /// What the API's log calls the request by.
    // Added by `middleware::identify`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, example = "6441c0f1d2e3a-7")]
    request_id: Option<String>,
    /// Seconds.
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    fn new(name: &str, title: &'static str, status: u16, detail: impl Into<String>) -> Self {
        let r#type = format!("urn:chartkey:problem:{name}");
        Problem { r#type, title, status, detail: detail.into(), request_id: None, retry_after: None }
    }

    fn unavailable(name: &str, title: &'static str, detail: impl Into<String>, retry_after: u64) -> Self {
        Problem { retry_after: Some(retry_after), ..Problem::new(name, title, 503, detail) }
    }

    /// The body, with the request's id.
    pub(super) fn response(mut self, request_id: &str) -> Response {
        self.request_id = Some(request_id.into());
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self)).into_response();
        let problem = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, problem);
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl ApiError {
    fn problem(self) -> Problem {
        match self {
            ApiError::BadRequest(detail) => Problem::new("bad-request", "Bad request", 400, detail),
            ApiError::NotSignedIn(why) => {
                let detail = format!(
                    "{why}: sign in (POST /v1/auth/nonce, then /v1/auth/verify), and send the token as Authorization: Bearer"
                );
                Problem::new("not-signed-in", "Not signed in", 401, detail)
            }
            ApiError::SignInRefused(why) => Problem::new("sign-in-refused", "Sign-in refused", 401, why),
            ApiError::ForeignPage => {
                let detail = "pages of this origin may not sign in here: those of PUBLIC_URL and CORS_ORIGINS may";
                Problem::new("foreign-page", "Foreign page", 403, detail)
            }
            ApiError::NotYours => {
                let detail = "this is not yours to see, whether or not it exists";
                Problem::new("not-yours", "Not yours to see", 403, detail)
            }
            ApiError::NotFound(detail) => Problem::new("not-found", "Not found", 404, detail),
            ApiError::NoSuchMethod => {
                let detail = "the route does not know this method: those in the Allow header it does";
                Problem::new("method-not-allowed", "Method not allowed", 405, detail)
            }
            ApiError::NotJson => {
                let detail = "expected a body of JSON, with Content-Type: application/json";
                Problem::new("not-json", "Not JSON", 415, detail)
            }
            ApiError::Misdirected => {
                let detail = "this API goes by another name: ask for it by that of its PUBLIC_URL, or on its own machine by \
                              localhost, with the port it listens at";
                Problem::new("misdirected", "Misdirected request", 421, detail)
            }
            ApiError::NotAcceptable(_) | ApiError::TooLarge | ApiError::UriTooLong(_) | ApiError::TooOften { .. } => {
                self.form()
            }
            ApiError::TooManyOwnStreams(most) => {
                let detail =
                    format!("this account listens {most} times already, which is the most: end another stream");
                let problem = Problem::new("too-many-streams-of-one-account", "Too many streams", 429, detail);
                Problem { retry_after: Some(60), ..problem }
            }
            ApiError::Internal(cause) => {
                error!(cause, "a request failed");
                let detail = "the request could not be answered; the log has the reason under this request id";
                Problem::new("internal", "Internal error", 500, detail)
            }
            unavailable => unavailable.passing(),
        }
    }

    /// What is wrong with a request whatever it is about.
    fn form(self) -> Problem {
        match self {
            ApiError::TooLarge => {
                Problem::new("too-large", "Body too large", 413, "the body is larger than any that is right")
            }
            ApiError::UriTooLong(most) => {
                let detail = format!("path and query have at most {most} bytes");
                Problem::new("uri-too-long", "URI too long", 414, detail)
            }
            ApiError::TooOften { retry_after } => {
                let detail =
                    format!("too many requests: ask again in {retry_after} s (RateLimit-Policy says how many may be)");
                Problem {
                    retry_after: Some(retry_after),
                    ..Problem::new("too-often", "Too many requests", 429, detail)
                }
            }
            ApiError::NotAcceptable(expected) => Problem::new("not-acceptable", "Not acceptable", 406, expected),
            other => other.problem(),
        }
    }

    /// What may be answered later.
    fn passing(self) -> Problem {
        match self {
            ApiError::NotIndexed(detail) => Problem::unavailable("not-indexed-yet", "Not indexed yet", detail, 1),
            // Somebody has to look at it first.
            ApiError::DoesNotVerify(reason) => {
                let detail = format!("the indexed history is not the contract's, so none of it is served: {reason}");
                Problem::unavailable("history-does-not-verify", "History does not verify", detail, 60)
            }
            ApiError::NoChain(cause) => {
                warn!(cause, "the chain could not be asked about a smart account");
                let detail = "the chain does not answer right now, so it cannot be asked whether a smart account accepts the \
                              signature: sign in again, with a new nonce";
                Problem::unavailable("chain-unavailable", "Chain unavailable", detail, 5)
            }
            ApiError::NoPlace => {
                let detail = "there are as many connections as there may be: connect again later";
                Problem::unavailable("no-place", "No place", detail, 1)
            }
            ApiError::TookTooLong => {
                let detail = "the answer took too long to find: ask for less at once, or later";
                Problem::unavailable("took-too-long", "Took too long", detail, 5)
            }
            ApiError::TooManyStreams => {
                let detail = "as many streams as this server takes are open: ask again later, or another server";
                Problem::unavailable("too-many-streams", "Too many streams", detail, 30)
            }
            other => {
                if let ApiError::NoDatabase(cause) = other {
                    warn!(cause, "the database did not answer a request");
                }
                let detail = "the database does not answer right now: ask again";
                Problem::unavailable("database-unavailable", "Database unavailable", detail, 1)
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
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
        match error {
            StoreError::NotSetUp => ApiError::NotIndexed(error.to_string()),
            _ if error.is_timeout() => ApiError::TookTooLong,
            _ if error.is_passing() || error.is_lost_connection() => ApiError::NoDatabase(error.to_string()),
            _ => ApiError::Internal(error.to_string()),
        }
    }
}

pub(super) async fn no_such_route() -> ApiError {
    ApiError::NotFound("there is no such route".into())
}

/// A method that the route does not know: OPTIONS asks which it knows, which axum says in `Allow` either way.
pub(super) async fn no_such_method(method: Method) -> Response {
    match method {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => ApiError::NoSuchMethod.into_response(),
    }
}

pub(super) async fn no_place() -> ApiError {
    ApiError::NoPlace
}

/// Where it panicked is logged by the process's hook. The words are not: those of a string cut wrongly repeat the string.
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError::Internal("a panic, whose place is logged above".into()).into_response()
}
