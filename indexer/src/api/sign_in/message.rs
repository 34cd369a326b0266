//! What is signed to sign in (EIP-4361), read by `siwe`, and what this API wants of it.

use siwe::Message;
use time::{Duration, OffsetDateTime};

use crate::api::Site;
use crate::api::error::ApiError;
use crate::model::{Address, Hash};

/// Bytes of a message. What wallets write has a few hundred.
const LONGEST: usize = 8 << 10;
/// How far a caller's clock may be from ours.
const CLOCKS: Duration = Duration::minutes(10);

/// A message that reads as EIP-4361 wants it. What it says may still be wrong.
pub(super) struct Statement(Message);

impl Statement {
    /// Reads a message. Refused unless it is written exactly as `siwe` writes it too, so that nothing was signed that it passes over.
    pub fn read(text: &str) -> Result<Self, ApiError> {
        let wrong = |why: &str| ApiError::BadRequest(format!("not a message to sign in with (EIP-4361): {why}"));
        if text.len() > LONGEST {
            return Err(wrong(&format!("{} bytes, at most {LONGEST} are read", text.len())));
        }
        let message: Message = text.parse().map_err(|e: siwe::ParseError| wrong(&e.to_string()))?;
        if message.to_string() != text {
            return Err(wrong("something is in it that its fields do not say, or is not where it belongs"));
        }
        let letters = message.nonce.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !letters || message.nonce.len() > 64 {
            return Err(wrong("the nonce is not one of letters and digits that POST /v1/auth/nonce answers with"));
        }
        Ok(Statement(message))
    }

    pub fn nonce(&self) -> &str {
        &self.0.nonce
    }

    pub fn account(&self) -> Address {
        Address(self.0.address)
    }

    /// Until when it is good; a session that begins with it ends then.
    pub fn expires_at(&self) -> Option<OffsetDateTime> {
        self.0.expiration_time.as_ref().map(|time| *time.as_ref())
    }

    /// Whether it is meant for this API, this chain and this moment.
    pub fn check(&self, site: &Site, chain_id: u64, now: OffsetDateTime) -> Result<(), ApiError> {
        let message = &self.0;
        let wrong = |why: String| Err(ApiError::SignInRefused(why));
        let domains = || site.domains().join(", ");
        if !site.has_domain(message.domain.as_str()) {
            return wrong(format!("the message is for {}: expected one for {}", message.domain, domains()));
        }
        if !site.has_uri(message.uri.as_str()) {
            return wrong(format!("the message's URI is {}: expected one at {}", message.uri, domains()));
        }
        if message.chain_id != chain_id {
            return wrong(format!("the message is for chain {}: expected chain {chain_id}", message.chain_id));
        }
        let issued = *message.issued_at.as_ref();
        if (issued - now).abs() > CLOCKS {
            return wrong(format!("the message was issued at {issued}, and it is {now} here: is the clock right?"));
        }
        if !message.valid_at(&now) {
            return wrong(format!("by its Not Before or Expiration Time the message is not good now, at {now}"));
        }
        Ok(())
    }

    /// What a signature is of (EIP-191).
    pub fn hash(&self) -> Result<Hash, ApiError> {
        self.0.eip191_hash().map(Hash).map_err(|e| ApiError::Internal(e.to_string()))
    }

    /// Whether the account's own key signed it.
    pub fn is_signed_by_key(&self, signature: &[u8]) -> bool {
        signature.try_into().is_ok_and(|signature| self.0.verify_eip191(signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-11-22 09:30:00 UTC);

    const GOOD: &str = "localhost:8080 wants you to sign in with your Ethereum account:\n\
                        0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\n\
                        \n\
                        Read my chart.\n\
                        \n\
                        URI: http://localhost:8080/v1\n\
                        Version: 1\n\
                        Chain ID: 31337\n\
                        Nonce: kEWepMt9knR6lWJ6A\n\
                        Issued At: 2026-11-22T09:29:00.5Z\n\
                        Expiration Time: 2026-11-22T09:34:00+00:00\n\
                        Not Before: 2026-11-22T09:29:00Z\n\
                        Request ID: 7\n\
                        Resources:\n\
                        - https://chartkey.example/terms";

    fn check(text: &str) -> Result<(), ApiError> {
        let listening = "127.0.0.1:8080".parse().unwrap();
        let site = Site::new("http://localhost:8080".parse().unwrap(), listening, Vec::new());
        Statement::read(text)?.check(&site, 31337, NOW)
    }

    #[test]
    fn a_message_for_this_api_and_moment_is_good() {
        check(GOOD).unwrap();
        let least = "localhost:8080 wants you to sign in with your Ethereum account:\n\
                     0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\n\n\n\
                     URI: http://127.0.0.1:8080\nVersion: 1\nChain ID: 31337\nNonce: 12345678\n\
                     Issued At: 2026-11-22T10:39:59+01:00";
        check(least).unwrap();
    }

    #[test]
    fn a_message_for_another_purpose_is_refused_by_name() {
        for (from, to, said) in [
            ("localhost:8080 wants", "localhost:8081 wants", "localhost:8081"),
            ("localhost:8080 wants", "portal.example wants", "expected one for localhost:8080"),
            ("localhost:8080 wants", "me@localhost:8080 wants", "expected one for"),
            ("URI: http:", "URI: https:", "https://localhost:8080/v1"),
            ("URI: http://localhost:8080/", "URI: http://localhost:8080@evil/", "URI"),
            ("URI: http://localhost:8080/v1", "URI: did:key:z6Mk", "did:key"),
            ("ID: 31337", "ID: 1", "expected chain 31337"),
            ("At: 2026-11-22T09:29", "At: 2026-11-22T09:19", "clock"),
            ("At: 2026-11-22T09:29", "At: 2026-11-22T09:41", "clock"),
            ("Time: 2026-11-22T09:34", "Time: 2026-11-22T09:29", "Expiration Time"),
            ("Before: 2026-11-22T09:29", "Before: 2026-11-22T09:31", "Not Before"),
        ] {
            let text = GOOD.replace(from, to);
            assert!(text != GOOD, "{from}");
            let refused = check(&text).unwrap_err();
            assert!(matches!(&refused, ApiError::SignInRefused(why) if why.contains(said)), "{from}: {refused:?}");
        }
    }

    #[test]
    fn what_is_not_written_as_the_standard_says_is_no_message() {
        for (from, to) in [
            ("Version: 1", "Version: 2"),
            ("0xf39F", "0xf39f"),
            ("ID: 31337", "ID: 031337"),
            ("ID: 31337", "ID: 0x7a69"),
            ("Nonce: kEWepMt9knR6lWJ6A", "Nonce: short"),
            ("Nonce: kEWepMt9knR6lWJ6A", "Nonce: kEWepMt9-nR6lWJ6A"),
            ("Nonce: kEWepMt9knR6lWJ6A", "Nonce: kEWepMt9\0nR6lWJ6A"),
            ("Issued At: 2026", "Issued At: yesterday"),
            ("\nIssued At", "\nIssued"),
            // On the line that the parser passes over.
            ("266\n\n", "266\nand take my house\n"),
            ("chart.\n\n", "chart.\nand my house.\n"),
            ("/terms", "/terms\n"),
            ("\n", "\r\n"),
            ("localhost:8080 wants", "https://localhost:8080 wants"),
        ] {
            let text = GOOD.replace(from, to);
            assert!(text != GOOD, "{from}");
            let refused = check(&text).unwrap_err();
            assert!(matches!(&refused, ApiError::BadRequest(why) if why.contains("EIP-4361")), "{from}: {refused:?}");
        }
        let long = GOOD.replace("Read", &"Read ".repeat(2000));
        assert!(matches!(check(&long), Err(ApiError::BadRequest(why)) if why.contains("8192")));
    }
}
