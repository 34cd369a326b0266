//! The Pinning Service API (<https://ipfs.github.io/pinning-services-api-spec/>), by which Pinata and others are told what
//! to keep. They fetch it over IPFS from wherever it is, so another store, one that is on the network, has it first.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use cid::Cid;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::Gateway;
use super::http::{self, Server, Token};
use crate::store::{Block, RecordStore, Stat, StoreError, normal, parse_cid};

/// Results of one page, the most that the API allows.
const PAGE: usize = 1000;
/// Between two questions whether a pin is done.
const PAUSE: Duration = Duration::from_secs(1);

/// A pinning service, and the gateway by which its blocks are read, if it has one.
#[derive(Debug, Clone)]
pub struct Pinning {
    name: String,
    server: Server,
    gateway: Option<Gateway>,
    origins: Vec<String>,
    patience: Duration,
}

/// What the service says of one pin.
#[derive(Debug, Deserialize)]
struct PinStatus {
    requestid: String,
    status: String,
    created: String,
    pin: Pin,
}

#[derive(Debug, Deserialize)]
struct Pin {
    cid: String,
}

#[derive(Debug, Deserialize)]
struct PinResults {
    results: Vec<PinStatus>,
}

impl Pinning {
    /// By the URL before `/pins`. `origins` are multiaddresses of nodes that have what is pinned; `patience` is how long a
    /// pin may take until it counts as not done.
    pub fn new(
        name: impl Into<String>,
        url: &str,
        token: Token,
        origins: Vec<String>,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let server = Server::new(url, Some(token))?;
        Ok(Pinning { name: name.into(), server, gateway: None, origins, patience })
    }

    /// Reads through this gateway, so that what the service keeps can be audited.
    #[must_use]
    pub fn with_gateway(self, gateway: Gateway) -> Self {
        Pinning { gateway: Some(gateway), ..self }
    }

    async fn pins(&self, query: &str) -> Result<Vec<PinStatus>, StoreError> {
        let request = self.server.request(Method::GET, &format!("pins?limit={PAGE}{query}"))?;
        let PinResults { results } = http::json(http::send(request).await?).await?;
        Ok(results)
    }

    async fn of(&self, root: &Cid, statuses: &str) -> Result<Vec<PinStatus>, StoreError> {
        let mut pins = self.pins(&format!("&cid={root}&status={statuses}")).await?;
        // Services that ignore the filter have been seen.
        pins.retain(|pin| parse_cid(&pin.pin.cid).is_ok_and(|cid| normal(&cid) == normal(root)));
        Ok(pins)
    }

    fn gateway(&self) -> Result<&Gateway, StoreError> {
        self.gateway.as_ref().ok_or(StoreError::Unsupported("be read: it is a pinning service without a gateway"))
    }
}

#[async_trait]
impl RecordStore for Pinning {
    fn name(&self) -> &str {
        &self.name
    }

    fn takes_blocks(&self) -> bool {
        false
    }

    async fn get(&self, cid: &Cid) -> Result<Block, StoreError> {
        self.gateway()?.get(cid).await
    }

    async fn has(&self, cid: &Cid) -> Result<bool, StoreError> {
        self.gateway()?.has(cid).await
    }

    async fn put(&self, _blocks: &[Block]) -> Result<(), StoreError> {
        Err(StoreError::Unsupported("be sent blocks: it is a pinning service"))
    }

    /// The service fetches anew: all there is in its API.
    async fn replace(&self, root: &Cid, _block: &Block) -> Result<(), StoreError> {
        self.unpin(root).await?;
        self.pin(root).await
    }

    async fn pin(&self, root: &Cid) -> Result<(), StoreError> {
        if self.is_pinned(root).await? {
            return Ok(());
        }
        let body = json!({"cid": root.to_string(), "origins": self.origins});
        let request = self.server.request(Method::POST, "pins")?.json(&body);
        let mut pin: PinStatus = http::json(http::send(request).await?).await?;
        let begun = Instant::now();
        loop {
            match parse_cid(&pin.pin.cid) {
                Ok(cid) if normal(&cid) == normal(root) => {}
                _ => {
                    let answered = pin.pin.cid.chars().take(128).collect();
                    return Err(StoreError::OtherCid { computed: *root, answered });
                }
            }
            match pin.status.as_str() {
                "pinned" => return Ok(()),
                "queued" | "pinning" if begun.elapsed() < self.patience => {}
                "queued" | "pinning" => return Err(StoreError::Unreachable("the pin is not done yet".into())),
                _ => return Err(StoreError::Refused { status: 200, message: "pinning failed".into() }),
            }
            tokio::time::sleep(PAUSE.min(self.patience)).await;
            let request = self.server.request(Method::GET, &format!("pins/{}", identifier(&pin.requestid)?))?;
            pin = http::json(http::send(request).await?).await?;
        }
    }

    async fn unpin(&self, root: &Cid) -> Result<(), StoreError> {
        for pin in self.of(root, "queued,pinning,pinned,failed").await? {
            let request = self.server.request(Method::DELETE, &format!("pins/{}", identifier(&pin.requestid)?))?;
            http::send(request).await?;
        }
        Ok(())
    }

    async fn is_pinned(&self, root: &Cid) -> Result<bool, StoreError> {
        Ok(self.of(root, "pinned").await?.iter().any(|pin| pin.status == "pinned"))
    }

    async fn list(&self) -> Result<Vec<Cid>, StoreError> {
        let (mut cids, mut query) = (Vec::new(), "&status=pinned".to_owned());
        loop {
            let page = self.pins(&query).await?;
            cids.extend(page.iter().filter_map(|pin| parse_cid(&pin.pin.cid).ok()));
            let Some(last) = page.last().filter(|_| page.len() == PAGE) else { break };
            let next = format!("&status=pinned&before={}", timestamp(&last.created)?);
            // A page whose pins all have one time would come again for ever.
            if next == query {
                break;
            }
            query = next;
        }
        cids.sort_unstable();
        cids.dedup();
        Ok(cids)
    }

    async fn stat(&self) -> Result<Stat, StoreError> {
        Err(StoreError::Unsupported("say how much it holds: it is a pinning service"))
    }
}

/// A service's own id, as a part of a path: nothing that could lead to another path.
fn identifier(id: &str) -> Result<&str, StoreError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=' | '~');
    if id.is_empty() || id.len() > 128 || !id.chars().all(plain) {
        return Err(StoreError::Protocol("a pin's id is no plain text".into()));
    }
    Ok(id)
}

fn timestamp(text: &str) -> Result<&str, StoreError> {
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | 'T' | 'Z');
    if text.len() > 40 || !text.chars().all(plain) {
        return Err(StoreError::Protocol("a pin's time is not in UTC by RFC 3339".into()));
    }
    Ok(text)
}
