//! What is signed to sign in (EIP-4361), written as a wallet's page would.

use ethers::types::{Address, Bytes};
use ethers::utils::to_checksum;
use reqwest::Response;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::indexer::Indexer;
use crate::world::World;

/// A message to sign, right unless a test makes a field of it wrong.
#[derive(Clone)]
pub struct Letter {
    pub domain: String,
    pub account: Address,
    pub statement: Option<&'static str>,
    pub uri: String,
    pub version: &'static str,
    pub chain_id: u64,
    pub nonce: String,
    pub issued_at: OffsetDateTime,
    pub expires_at: Option<OffsetDateTime>,
    pub not_before: Option<OffsetDateTime>,
}

impl Letter {
    /// For an account, with a nonce that the API gives out for it.
    pub async fn new(indexer: &Indexer, account: Address) -> Self {
        let given: Value = indexer.post("/v1/auth/nonce", &[], None).await.json().await.unwrap();
        Letter {
            domain: indexer.address().to_owned(),
            account,
            statement: None,
            uri: format!("http://{}", indexer.address()),
            version: "1",
            chain_id: given["data"]["chainId"].as_u64().unwrap(),
            nonce: given["data"]["nonce"].as_str().unwrap().to_owned(),
            issued_at: OffsetDateTime::now_utc(),
            expires_at: None,
            not_before: None,
        }
    }

    pub fn text(&self) -> String {
        let statement = self.statement.map_or_else(String::new, |statement| format!("{statement}\n"));
        let optional = [("Expiration Time", self.expires_at), ("Not Before", self.not_before)];
        let optional = optional.iter().filter_map(|(name, time)| Some(format!("\n{name}: {}", rfc3339((*time)?))));
        format!(
            "{} wants you to sign in with your Ethereum account:\n{}\n\n{statement}\nURI: {}\nVersion: {}\nChain ID: {}\n\
             Nonce: {}\nIssued At: {}{}",
            self.domain,
            to_checksum(&self.account, None),
            self.uri,
            self.version,
            self.chain_id,
            self.nonce,
            rfc3339(self.issued_at),
            optional.collect::<String>(),
        )
    }

    /// The signature by the key of an account of the chain (EIP-191).
    pub async fn signed_by(&self, world: &World, account: Address) -> String {
        let text = Bytes::from(self.text().into_bytes());
        world.rpc().call("personal_sign", json!([text, account])).await.unwrap()
    }

    /// Has the API verify it.
    pub async fn send(&self, indexer: &Indexer, signature: &str) -> Response {
        send(indexer, &self.text(), signature).await
    }
}

/// Has the API verify any text.
pub async fn send(indexer: &Indexer, message: &str, signature: &str) -> Response {
    let body = json!({ "message": message, "signature": signature });
    indexer.post("/v1/auth/verify", &[], Some(&body)).await
}

pub fn in_minutes(minutes: i64) -> OffsetDateTime {
    OffsetDateTime::now_utc() + Duration::minutes(minutes)
}

fn rfc3339(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap()
}
