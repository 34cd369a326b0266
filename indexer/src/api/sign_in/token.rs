//! What a session is known by, and where requests carry it.

use std::fmt::Write as _;
use std::str::FromStr;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use cookie::{Cookie, SameSite};

use crate::api::error::ApiError;
use crate::model::{Hash, keccak256};

const COOKIE: &str = "chartkey_session";

/// What a session is known by: 32 random bytes, written in hexadecimal. Whoever has it is the account; so it does not print, and
/// is kept nowhere: the database has its hash.
pub(super) struct Token([u8; 32]);

impl Token {
    /// Of the system's random source.
    pub fn new() -> Self {
        Token(rand::random())
    }

    pub fn hash(&self) -> Hash {
        Hash(keccak256(&self.0))
    }

    /// As callers carry it.
    pub fn written(&self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The cookie that makes a browser carry it, only with requests that pages of our own site make.
    pub fn cookie(&self, life: Duration, secure: bool) -> String {
        cookie(self.written(), life, secure)
    }
}

/// Makes a browser forget the cookie.
pub(super) fn no_cookie(secure: bool) -> String {
    cookie(String::new(), Duration::ZERO, secure)
}

fn cookie(value: String, life: Duration, secure: bool) -> String {
    let life = time::Duration::seconds(life.as_secs().try_into().unwrap_or(0));
    let cookie = Cookie::build((COOKIE, value)).http_only(true).same_site(SameSite::Strict).path("/").max_age(life);
    cookie.secure(secure).build().to_string()
}

impl FromStr for Token {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        // The same form as a hash, in lower case.
        let lower = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let read = format!("0x{text}").parse::<Hash>();
        read.ok().filter(|_| lower).map(|hash| Token(hash.0)).ok_or(ApiError::NotSignedIn(
            "the token is none that was given here: expected the 64 hexadecimal digits that POST /v1/auth/verify answers with",
        ))
    }
}

impl Token {
    /// The one that a request carries, as `Authorization: Bearer` or as cookie. Refused if it carries several.
    pub fn of(headers: &HeaderMap) -> Result<Option<Token>, ApiError> {
        let mut carried = Vec::new();
        for value in headers.get_all(header::AUTHORIZATION) {
            carried.push(bearer(value.to_str().unwrap_or_default())?);
        }
        for value in headers.get_all(header::COOKIE) {
            let text = String::from_utf8_lossy(value.as_bytes());
            let cookies = Cookie::split_parse(&*text).flatten().filter(|cookie| cookie.name() == COOKIE);
            carried.extend(cookies.map(|cookie| cookie.value().to_owned()));
        }
        carried.dedup();
        match &carried[..] {
            [] => Ok(None),
            [one] => one.parse().map(Some),
            _ => Err(ApiError::BadRequest(
                "the request names different sessions: expected one token, as Authorization: Bearer or as cookie, or the same as \
                 both"
                    .into(),
            )),
        }
    }
}

/// What follows the scheme, whose name is read in any case (RFC 9110, 11.1).
fn bearer(value: &str) -> Result<String, ApiError> {
    match value.trim().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim().to_owned()),
        _ => Err(ApiError::NotSignedIn("expected Authorization: Bearer, and a token")),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn carried(headers: &[(&'static str, &str)]) -> Result<Option<Hash>, ApiError> {
        let pairs = headers.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()));
        Ok(Token::of(&pairs.collect())?.map(|token| token.hash()))
    }

    #[test]
    fn a_token_is_found_wherever_it_is_carried() {
        let token = Token::new();
        let (text, hash) = (token.written(), Some(token.hash()));
        let (header, cookie) = (format!("bearer  {text}"), format!("theme=dark; {COOKIE}={text}; x"));
        assert_eq!(carried(&[]).unwrap(), None);
        assert_eq!(carried(&[("cookie", "theme=dark")]).unwrap(), None);
        assert_eq!(carried(&[("authorization", &header)]).unwrap(), hash);
        assert_eq!(carried(&[("cookie", &cookie)]).unwrap(), hash);
        assert_eq!(carried(&[("cookie", &cookie), ("authorization", &header)]).unwrap(), hash);
    }

    #[test]
    fn several_tokens_are_refused_and_so_is_what_is_none() {
        let (one, other) = (Token::new().written(), Token::new().written());
        let header = format!("Bearer {one}");
        for cookie in [other.clone(), String::new(), "x".into()] {
            let both = carried(&[("authorization", &header), ("cookie", &format!("{COOKIE}={cookie}"))]);
            assert!(matches!(both, Err(ApiError::BadRequest(_))), "{cookie}");
        }
        let two = format!("{COOKIE}={one}; {COOKIE}={other}");
        assert!(matches!(carried(&[("cookie", &two)]), Err(ApiError::BadRequest(_))));
        let wrong = [one.to_uppercase() + "A", one[1..].into(), format!("0x{one}"), String::new()];
        for value in wrong.map(|token| format!("Bearer {token}")).into_iter().chain(["Basic YTpi".into(), one.clone()])
        {
            assert!(matches!(carried(&[("authorization", &value)]), Err(ApiError::NotSignedIn(_))), "{value}");
        }
    }

    #[test]
    fn the_cookie_stays_with_our_own_pages() {
        let token = Token::new();
        let text = token.written();
        let minute = Duration::from_secs(60);
        assert_eq!(
            token.cookie(minute, true),
            format!("{COOKIE}={text}; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60")
        );
        assert!(!token.cookie(minute, false).contains("Secure"));
        assert_eq!(no_cookie(false), format!("{COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"));
        assert!(Token::new().written() != text && text.len() == 64);
    }
}
