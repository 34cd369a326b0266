//! Sign-In with Ethereum (EIP-4361): who signs a message that names this API, with the key of an account or by a smart account
//! (ERC-1271), is that account until the session ends. A session says who; what they may see is decided per request.

mod message;
mod token;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Json;
use axum::extract::{FromRef, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Options;
use super::error::ApiError;
use super::extract::{JsonOf, Nothing, Params};
use super::snapshot::Question;
use crate::model::view::{AsOf, Roles};
use crate::model::{Address, Hash, Moment};
use crate::store::read;
use crate::store::{Journal, Session};
use message::Statement;
use token::Token;

/// How long a nonce can be used.
const NONCE: Duration = Duration::from_secs(5 * 60);
/// Bytes of a signature, at most: those of smart accounts hold several, or a proof.
const LONGEST_SIGNATURE: usize = 4096;

/// Whoever can ask smart accounts on the chain.
#[async_trait]
pub trait SmartAccounts: Send + Sync {
    /// Whether the account's code on the chain of this id accepts a signature of a hash (ERC-1271), at the latest block. An error
    /// says why the chain could not be asked, without secrets and addresses: it is logged.
    async fn accepts(&self, chain_id: u64, account: Address, hash: Hash, signature: &[u8]) -> Result<bool, String>;
}

/// Who can be asked about smart accounts, if anybody.
pub(super) type Accounts = Option<Arc<dyn SmartAccounts>>;

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
    found.map(Some).ok_or(ApiError::NotSignedIn("the session has ended or expired: sign in again"))
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

#[derive(Serialize)]
struct Data<T> {
    data: T,
}

/// An answer that nobody may keep.
fn unkept<T: Serialize>(answer: T) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

/// What to sign in with.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Nonce {
    /// To be used once.
    nonce: String,
    expires_at: Moment,
    /// What the message may name as its domain; its URI is at one of them.
    domains: Vec<String>,
    chain_id: u64,
}

/// `POST /v1/auth/nonce`: what to put into the message to sign.
#[utoipa::path(post, path = "/v1/auth/nonce")]
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signed {
    /// As EIP-4361 has it.
    message: String,
    /// 0x and hexadecimal digits.
    signature: String,
}

/// Who is signed in now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Begun {
    account: Address,
    /// To be sent as `Authorization: Bearer`.
    token: String,
    expires_at: Moment,
}

/// `POST /v1/auth/verify`: begins a session. The nonce is used up by it, whatever comes of it.
#[utoipa::path(post, path = "/v1/auth/verify")]
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

fn read_signature(text: &str) -> Result<Vec<u8>, ApiError> {
    let wrong = || {
        let expected = format!(
            "signature: expected 0x and an even number of hexadecimal digits, at most {LONGEST_SIGNATURE} bytes"
        );
        ApiError::BadRequest(expected)
    };
    let digits = text.strip_prefix("0x").filter(|digits| digits.len().is_multiple_of(2) && digits.is_ascii());
    let digits = digits.filter(|digits| digits.len() <= 2 * LONGEST_SIGNATURE).ok_or_else(wrong)?;
    let pairs = digits.as_bytes().chunks_exact(2).map(|pair| {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        Some(digit(pair[0])? << 4 | digit(pair[1])?)
    });
    pairs.collect::<Option<_>>().ok_or_else(wrong)
}

/// Refused unless the account's key made the signature or, failing that, its code on the chain accepts it.
async fn require_signature(
    statement: &Statement,
    signature: &[u8],
    chain_id: u64,
    accounts: &Accounts,
) -> Result<(), ApiError> {
    if statement.is_signed_by_key(signature) {
        return Ok(());
    }
    let account = statement.account();
    let Some(accounts) = accounts else {
        return Err(ApiError::SignInRefused(format!(
            "{account} did not sign this message with a key, and this instance cannot ask smart accounts, because it has no node \
             (RPC_URL)"
        )));
    };
    match accounts.accepts(chain_id, account, statement.hash()?, signature).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            let why =
                format!("{account} did not sign this message: neither by its key, nor as a smart account (ERC-1271)");
            Err(ApiError::SignInRefused(why))
        }
        Err(cause) => Err(ApiError::NoChain(cause)),
    }
}

/// Who is signed in, and what they are by what the chain says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Me {
    account: Address,
    expires_at: Moment,
    roles: Roles,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MeAsOf {
    data: Me,
    as_of: AsOf,
}

/// `GET /v1/auth/me`: who is signed in, and what they are at the indexed head.
#[utoipa::path(get, path = "/v1/auth/me")]
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

/// `POST /v1/auth/logout`: ends the session that the request carries, whatever is left of it.
#[utoipa::path(post, path = "/v1/auth/logout")]
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
