//! What a custodian does: every act once, for the API and for the tasks that run by themselves.

mod anchor;
mod deletion;
mod deposit;
mod erase;
mod follow;
mod judge;
mod relay;
mod release;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chartkey_vault::{Address, Domain};
use sqlx::PgPool;
use tokio::sync::Mutex;

use crate::chain::{Chain, Sender};
use crate::key::Keys;
use crate::refusal::Refusal;
use crate::typed::{Hash, TreeHead};
use crate::{merkle, signature, store};

pub use anchor::calldata;
pub use deposit::{DepositOrder, Receipt};
pub use follow::View;
pub use release::{Handed, Release};

/// For how long a request is fresh, in seconds.
pub const FRESH: u64 = 300;
/// How far a requester's clock may be ahead of ours.
pub const AHEAD: u64 = 30;
/// The most records in one request, and items in one deposit.
pub const AT_ONCE: usize = 256;

/// What an operator decides.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Blocks on top of the one with the open, or in which the glass was broken.
    pub open_confirmations: u64,
    /// For how long after an open its content key is handed over, in seconds.
    pub open_valid: u64,
    /// A latest block that is older, in seconds, is not believed to be the latest.
    pub max_head_age: u64,
    /// For how long shares wait for their grant, in seconds.
    pub unclaimed_after: u64,
    /// How often the log's head goes on chain.
    pub anchor_every: Duration,
    /// How often the chain is looked at when nobody asks.
    pub poll: Duration,
    /// The most blocks in one `eth_getLogs`.
    pub max_block_range: u64,
}

/// A custodian at work.
pub struct Custodian {
    pub(crate) keys: Arc<Keys>,
    pub(crate) chain: Chain,
    pub(crate) pool: PgPool,
    pub(crate) sender: Sender,
    pub(crate) settings: Settings,
    /// One look at the chain at a time.
    following: Mutex<()>,
}

impl Custodian {
    pub fn new(keys: Keys, chain: Chain, pool: PgPool, settings: Settings) -> Self {
        let following = Mutex::new(());
        Custodian { keys: Arc::new(keys), chain, pool, sender: Sender::default(), settings, following }
    }

    /// The account that signs.
    pub fn address(&self) -> Address {
        self.keys.address()
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    pub fn domain(&self) -> &Domain {
        self.chain.domain()
    }

    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Fails unless `account` signed the hash: by its key, or by its code (ERC-1271).
    async fn check_signature(&self, account: Address, hash: Hash, bytes: &[u8]) -> Result<(), Refusal> {
        if signature::signer(hash, bytes) == Some(account) || self.chain.accepts(account, hash, bytes).await? {
            return Ok(());
        }
        Err(Refusal::WrongSignature)
    }

    /// The log's head as of now, signed.
    pub async fn head(&self) -> Result<(TreeHead, [u8; 65]), Refusal> {
        // In one snapshot: the tree may grow meanwhile, and whole subtrees stay as they are.
        let mut db = self.pool.acquire().await?;
        let size = store::log_size(&mut db).await?;
        self.head_of(&mut db, size).await
    }

    /// The head of the log when it had so many leaves.
    pub async fn head_of(&self, db: &mut store::Connection, size: u64) -> Result<(TreeHead, [u8; 65]), Refusal> {
        let root = store::read_proof(db, std::iter::once(0..size).collect()).await?;
        let root = root.into_iter().next().unwrap_or_else(merkle::empty);
        let head = TreeHead { custodian: self.address(), size, root, signed_at: now() };
        Ok((head, self.keys.sign(head.hash(self.domain()))))
    }
}

/// The machine's clock, in Unix seconds.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

/// Fails unless something was issued within the last 300 seconds.
pub(crate) fn check_fresh(issued_at: u64, now: u64) -> Result<(), Refusal> {
    if issued_at > now.saturating_add(AHEAD) {
        return Err(Refusal::Stale("ahead of this custodian's clock"));
    }
    if issued_at.saturating_add(FRESH) < now {
        return Err(Refusal::Stale("too old"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_is_what_is_neither_old_nor_ahead() {
        let at = |issued| check_fresh(issued, 10_000);
        assert_eq!((at(10_000), at(9_700), at(10_030)), (Ok(()), Ok(()), Ok(())));
        assert_eq!(at(9_699), Err(Refusal::Stale("too old")));
        assert_eq!(at(10_031), Err(Refusal::Stale("ahead of this custodian's clock")));
        assert!(at(u64::MAX).is_err() && at(0).is_err());
    }
}
