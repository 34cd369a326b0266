//! Logging opens for readers, who need no gas: kept first, sent in batches, sent again until a final block has them.

use super::{Custodian, View, now};
use crate::chain::Opened;
use crate::refusal::Refusal;
use crate::store::{self, Waiting};
use crate::typed::{Hash, OpenRequest};

/// The most opens in one transaction.
const BATCH: usize = 40;
/// Blocks after which an open that is not seen on chain is sent again.
const PATIENCE: u64 = 3;
/// What is left of a deadline has to be enough to be mined, in seconds.
const ROOM: u64 = 5;

impl Custodian {
    /// Takes an open to be logged; gives its hash.
    pub async fn relay(&self, open: OpenRequest, signature: Vec<u8>) -> Result<Hash, Refusal> {
        if open.deadline < now() + ROOM {
            return Err(Refusal::Stale("past its deadline"));
        }
        if open.nonce == [0; 32] {
            return Err(Refusal::Malformed("the nonce of a signed open is not 0".into()));
        }
        let hash = open.hash(self.domain());
        self.check_signature(open.reader, hash, &signature).await?;
        let who = (open.reader, open.via);
        let reasons = self.chain.why_not(open.patient, &[open.digest], who, open.purpose, None).await?;
        if let Some(reason) = reasons.into_iter().find(|reason| *reason != 0) {
            return Err(Refusal::Judged(reason));
        }
        let mut db = self.pool.acquire().await?;
        store::enqueue(&mut db, hash, &open, &signature).await?;
        Ok(hash)
    }

    /// Sends what waits; says how many were sent.
    pub async fn send_relays(&self, view: &View) -> Result<usize, Refusal> {
        let mut db = self.pool.acquire().await?;
        let waiting = store::relays_waiting(&mut db).await?;
        let mut batch = Vec::new();
        for relay in waiting {
            if self.is_done(&mut db, view, &relay).await? {
                store::done(&mut db, relay.hash).await?;
            } else if is_due(view, &relay) {
                batch.push(relay);
            }
        }
        batch.truncate(BATCH);
        if batch.is_empty() {
            return Ok(0);
        }
        // Before, so that one which dies in between sends late and not twice.
        let hashes: Vec<Hash> = batch.iter().map(|relay| relay.hash).collect();
        store::sent(&mut db, &hashes, view.latest.number).await?;
        let opens: Vec<_> = batch.into_iter().map(|relay| (relay.open, relay.signature)).collect();
        self.sender.log_opens(&self.chain, &self.keys, &opens).await?;
        Ok(opens.len())
    }

    /// In a final block, or never to be.
    async fn is_done(&self, db: &mut store::Connection, view: &View, relay: &Waiting) -> Result<bool, Refusal> {
        let is_late = relay.open.deadline < view.settled.timestamp;
        Ok(is_late || store::opened_at(db, &opened(&relay.open)).await?.is_some())
    }
}

/// Not seen on chain, though there was time.
fn is_due(view: &View, relay: &Waiting) -> bool {
    let waited = relay.sent.is_none_or(|sent| view.latest.number >= sent + PATIENCE);
    waited && view.opened_at(&opened(&relay.open)).is_none() && relay.open.deadline > view.latest.timestamp
}

fn opened(open: &OpenRequest) -> Opened {
    let OpenRequest { patient, digest, reader, via, purpose, nonce, .. } = *open;
    Opened { patient, digest, reader, via, purpose, nonce }
}
