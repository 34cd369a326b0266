//! Sign-In with Ethereum (EIP-4361): who signs a message that names this API, with the key of an account or by a smart account
//! (ERC-1271), is that account until the session ends. A session says who; what they may see is decided per request.

mod message;
mod signature;
mod token;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRef, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Options;
use super::error::ApiError;
use super::extract::{JsonOf, Nothing, Params};
use super::snapshot::Question;
use crate::model::view::{AsOf, Roles};
use crate::model::{Address, Moment};
use crate::store::read;
use crate::store::{Journal, Session};
use message::Statement;
pub use signature::SmartAccounts;
use signature::{Accounts, read_signature, require_signature};
use token::Token;

/// How long a nonce can be used.
const NONCE: Duration = Duration::from_secs(5 * 60);
/// A request that no page of another site made. Browsers name the page in `Origin`; programs that are not browsers need not.
pub(super) struct NotForeign;

impl<S> FromRequestParts<S> for NotForeign
where
    Arc<Options>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let site = &Arc::<Options>::from_ref(state).site;
        let ours = |origin: &header::HeaderValue| origin.to_str().is_ok_and(|origin| site.has_origin(origin));
        if parts.headers.get_all(header::ORIGIN).iter().all(ours) { Ok(NotForeign) } else { Err(ApiError::ForeignPage) }
    }
}

/// The session that a request carries. Refused if it carries what is none.
pub(super) async fn session_of(headers: &HeaderMap, journal: &Journal) -> Result<Option<Session>, ApiError> {
    let Some(token) = Token::of(headers)? else { return Ok(None) };
    let found = journal.session(token.hash()).await?;
    found.map(Some).ok_or(ApiError::NotSignedIn("the session has ended or expired"))
}

/// Somebody signed in.
pub(super) struct SignedIn(Session);

impl<S> FromRequestParts<S> for SignedIn
where
    Journal: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let session = session_of(&parts.headers, &Journal::from_ref(state)).await?;
        session.map(SignedIn).ok_or(ApiError::NotSignedIn("nobody is signed in"))
    }
}

/// An answer that says nothing of the chain.
#[derive(Serialize, ToSchema)]
pub(super) struct Data<T> {
    data: T,
}

/// An answer that nobody may keep.
fn unkept<T: Serialize>(answer: T) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

/// What to sign in with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Nonce {
    /// To be used once.
    #[schema(pattern = "^[A-Za-z0-9]{8,64}$", example = "kEWepMt9knR6lWJ6A")]
    nonce: String,
    /// When it can no longer be used.
    expires_at: Moment,
    /// What the message may name as its domain; its URI is at one of them.
    #[schema(example = json!(["api.example.org"]))]
    domains: Vec<String>,
    /// What the message has to name as its chain (EIP-155).
    #[schema(example = 31_337)]
    chain_id: u64,
}

/// What to put into the message to sign (EIP-4361).
#[utoipa::path(
    post,
    path = "/v1/auth/nonce",
    operation_id = "newNonce",
    tag = "Sign-in",
    security(()),
    responses((status = 200, description = "A nonce, and what else the message has to say", body = Data<Nonce>))
)]
pub(super) async fn nonce(
    _: NotForeign,
    Params(Nothing {}): Params<Nothing>,
    State(journal): State<Journal>,
    State(options): State<Arc<Options>>,
) -> Result<Response, ApiError> {
    let nonce = siwe::generate_nonce();
    let (expires_at, chain_id) = journal.add_nonce(&nonce, NONCE).await?;
    let chain_id = chain_id.ok_or_else(no_chain_yet)?;
    Ok(unkept(Data { data: Nonce { nonce, expires_at, domains: options.site.domains(), chain_id } }))
}

fn no_chain_yet() -> ApiError {
    ApiError::NotIndexed("the indexer has not reached the chain yet".into())
}

/// A message and its signature.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object of message and signature")]
pub(super) struct Signed {
    /// As EIP-4361 has it.
    message: String,
    /// Of 65 bytes by a key; of any number by a smart account.
    #[schema(pattern = "^0x([0-9a-fA-F]{2}){0,4096}$", example = "0x1b")]
    signature: String,
}

/// Who is signed in now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub(super) struct Begun {
    account: Address,
    /// To be sent as `Authorization: Bearer`.
    token: String,
    /// When to sign in again.
    expires_at: Moment,
}

/// Begins a session: who signed is signed in. The nonce is used up by it, whatever comes of it.
///
/// The answer has a token, and sets a cookie that does the same for browsers. Signatures by keys and by smart accounts (ERC-1271) do.
#[utoipa::path(
    post,
    path = "/v1/auth/verify",
    operation_id = "verify",
    tag = "Sign-in",
    security(()),
    request_body = Signed,
    responses((status = 200, description = "Who is signed in now", body = Data<Begun>))
)]
pub(super) async fn verify(
    _: NotForeign,
    Params(Nothing {}): Params<Nothing>,
    State(journal): State<Journal>,
    State(options): State<Arc<Options>>,
    State(accounts): State<Accounts>,
    JsonOf(signed): JsonOf<Signed>,
) -> Result<Response, ApiError> {
    let statement = Statement::read(&signed.message)?;
    let signature = read_signature(&signed.signature)?;
    let used = journal.use_nonce(statement.nonce()).await?;
    if !used.valid {
        let why =
            "the nonce was not given out here, was used before or has expired: ask for another (POST /v1/auth/nonce)";
        return Err(ApiError::SignInRefused(why.into()));
    }
    let chain_id = used.chain_id.ok_or_else(no_chain_yet)?;
    statement.check(&options.site, chain_id, used.now.as_datetime())?;
    require_signature(&statement, &signature, chain_id, &accounts).await?;

    let (token, latest) = (Token::new(), statement.expires_at().map(Moment::from));
    let session = journal.begin_session(token.hash(), statement.account(), options.session, latest).await?;
    let life = Duration::from_secs(session.expires_at.unix().saturating_sub(used.now.unix()));
    let cookie = token.cookie(life, options.site.is_secure());
    let begun = Begun { account: session.account, token: token.written(), expires_at: session.expires_at };
    Ok(([(header::SET_COOKIE, cookie)], unkept(Data { data: begun })).into_response())
}

/// Who is signed in, and what they are by what the chain says.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Me {
    account: Address,
    /// When the session ends.
    expires_at: Moment,
    roles: Roles,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MeAnswer)]
pub(super) struct MeAsOf {
    data: Me,
    as_of: AsOf,
}

/// Who is signed in, and what they are at the indexed head.
#[utoipa::path(
    get,
    path = "/v1/auth/me",
    operation_id = "getMe",
    tag = "Sign-in",
    responses((status = 200, description = "Who is signed in", body = MeAsOf))
)]
pub(super) async fn me(
    SignedIn(Session { account, expires_at }): SignedIn,
    Params(Nothing {}): Params<Nothing>,
    question: Question,
) -> Result<Response, ApiError> {
    let mut snapshot = question.public();
    let head = snapshot.head();
    let roles = read::roles(snapshot.db(), account, head).await?;
    Ok(unkept(MeAsOf { data: Me { account, expires_at, roles }, as_of: snapshot.as_of }))
}

/// Ends the session that the request carries, whatever is left of it.
#[utoipa::path(
    post,
    path = "/v1/auth/logout",
    operation_id = "logout",
    tag = "Sign-in",
    responses((status = 204, description = "It is over"))
)]
pub(super) async fn logout(
    _: NotForeign,
    Params(Nothing {}): Params<Nothing>,
    State(journal): State<Journal>,
    State(options): State<Arc<Options>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let token = Token::of(&headers)?.ok_or(ApiError::NotSignedIn("nobody is signed in"))?;
    journal.end_session(token.hash()).await?;
    let forget = [(header::SET_COOKIE, token::no_cookie(options.site.is_secure()))];
    Ok((StatusCode::NO_CONTENT, forget).into_response())
}
