//! Who asks.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;

use super::Options;
use super::error::ApiError;
use super::sign_in::session_of;
use crate::model::Address;
use crate::store::Journal;

/// Who asks, by the session that the request carries.
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
            Caller::Anonymous => Err(ApiError::NotSignedIn("this is not public")),
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
    Journal: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        // Found out before, to count the request.
        if let Some(caller) = parts.extensions.get() {
            return Ok(*caller);
        }
        if Arc::<Options>::from_ref(state).open {
            return Ok(Caller::Anyone);
        }
        let session = session_of(&parts.headers, &Journal::from_ref(state)).await?;
        Ok(session.map_or(Caller::Anonymous, |session| Caller::Account(session.account)))
    }
}
