//! Who asks.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;

use super::Options;
use super::error::ApiError;
use crate::model::Address;
use std::sync::Arc;

/// Who asks, by the session that the request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// Anybody: all reads are public here.
    Anyone,
    /// Nobody is signed in.
    Anonymous,
    Account(Address),
}

impl Caller {
    /// The account that is signed in; `None`: all reads are public. Refused: nobody is, and somebody should.
    pub fn signed_in(self) -> Result<Option<Address>, ApiError> {
        match self {
            Caller::Anyone => Ok(None),
            Caller::Anonymous => Err(ApiError::NotSignedIn),
            Caller::Account(account) => Ok(Some(account)),
        }
    }

    /// The account that is signed in, if any.
    pub fn account(self) -> Option<Address> {
        match self {
            Caller::Account(account) => Some(account),
            Caller::Anyone | Caller::Anonymous => None,
        }
    }
}

impl<S> FromRequestParts<S> for Caller
where
    Arc<Options>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let options = Arc::<Options>::from_ref(state);
        Ok(if options.open { Caller::Anyone } else { Caller::Anonymous })
    }
}
