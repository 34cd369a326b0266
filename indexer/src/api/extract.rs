//! Parameters, validated once: from here on they are types.

use std::str::FromStr;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::error::ApiError;
use crate::model::schema::text_schema;
use crate::model::{Malformed, Moment};

/// The one parameter of a path.
pub(super) struct PathOf<T>(pub T);

impl<T, S> FromRequestParts<S> for PathOf<T>
where
    T: FromStr<Err = Malformed>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|e| ApiError::BadRequest(e.body_text()))?;
        Ok(PathOf(text.parse()?))
    }
}

/// The query's parameters; unknown ones are refused by `T` (`deny_unknown_fields`).
pub(super) struct Params<T>(pub T);

impl<T, S> FromRequestParts<S> for Params<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query.map(|Query(params)| Params(params)).map_err(|e| {
            let text = e.body_text();
            let cause = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
            ApiError::BadRequest(cause.to_owned())
        })
    }
}

/// A body of JSON, said to be that: a page of another site cannot send it unasked (the Fetch standard's CORS protocol).
pub(super) struct JsonOf<T>(pub T);

impl<T, S> FromRequest<S> for JsonOf<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let read = Json::<T>::from_request(request, state).await;
        read.map(|Json(body)| JsonOf(body)).map_err(|rejection| match rejection {
            JsonRejection::MissingJsonContentType(_) => ApiError::NotJson,
            JsonRejection::JsonDataError(e) => ApiError::BadRequest(e.body_text()),
            JsonRejection::JsonSyntaxError(e) => ApiError::BadRequest(e.body_text()),
            other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
            other => ApiError::BadRequest(other.body_text()),
        })
    }
}

/// No parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// `at=`: a time, or the end of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtParam {
    Block(u64),
    Time(Moment),
}

impl FromStr for AtParam {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if let Some(number) = text.strip_prefix("block:") {
            return number
                .parse()
                .map(AtParam::Block)
                .map_err(|_| Malformed(format!("'{text}' is not a block: expected one like block:1234")));
        }
        text.parse().map(AtParam::Time).map_err(|_| {
            let hint = if text.contains(' ') { " (in a URL, write + as %2B)" } else { "" };
            Malformed(format!(
                "'{text}' is not a moment: expected an RFC 3339 time like 2026-11-22T09:30:00Z, or block:1234{hint}"
            ))
        })
    }
}

impl<'de> Deserialize<'de> for AtParam {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

text_schema!(
    AtParam,
    "At",
    "moment",
    None,
    None,
    "A moment of the past: a time by RFC 3339, or `block:1234` for the end of that block. Neither in the future nor before the contract's \
     deployment."
);

/// A number of rows: 1 to 200, 50 unless told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit(pub u32);

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(200));
        number.default(Some(Limit::default().0.into())).description(Some("A number of rows.")).into()
    }
}

impl ToSchema for Limit {}

impl Default for Limit {
    fn default() -> Self {
        Limit(50)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        match text.parse() {
            Ok(limit @ 1..=200) => Ok(Limit(limit)),
            _ => Err(serde::de::Error::custom(format!("limit '{text}' is not a number from 1 to 200"))),
        }
    }
}

/// Text to search for: 1 to 200 characters, none of them NUL, which Postgres cannot hold.
pub(super) fn text<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(d)?;
    if text.is_empty() || text.chars().count() > 200 || text.contains('\0') {
        return Err(serde::de::Error::custom("a text to search for has 1 to 200 characters, none of them NUL"));
    }
    Ok(Some(text))
}

/// A decimal number in a query. serde_urlencoded reads numbers too, but with errors that do not name what was wrong.
pub(super) fn number<'de, D, T>(d: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: FromStr,
{
    let text = String::deserialize(d)?;
    let number = text.parse().map_err(|_| {
        let bits = 8 * size_of::<T>();
        serde::de::Error::custom(format!("'{text}' is not a number from 0 to 2^{bits} - 1"))
    });
    number.map(Some)
}
