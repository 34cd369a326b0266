//! Looking at the chain: final blocks are taken up for good, later ones are seen anew each time.

use sqlx::Acquire as _;

use super::{Custodian, now};
use crate::chain::{Block, ChainError, Event, Located};
use crate::refusal::Refusal;
use crate::store;

/// How often a chain that moves while it is looked at is looked at again.
const TRIES: usize = 5;

/// The chain as it was a moment ago.
#[derive(Debug, Clone)]
pub struct View {
    pub latest: Block,
    /// The last one that was taken up as final.
    pub settled: Block,
    /// The events after `settled`, in order.
    pub window: Vec<Located>,
}

impl From<ChainError> for Refusal {
    fn from(error: ChainError) -> Self {
        tracing::warn!(%error, "the chain cannot be asked");
        Refusal::ChainUnavailable(error.to_string())
    }
}

impl Custodian {
    /// Reads what is new. Afterwards the tables say what is final, and `sighting` every end of a grant that was ever seen since.
    /// Whoever waits for somebody else's look gets one of their own: it must not be older than the question.
    pub async fn look(&self) -> Result<View, Refusal> {
        let _one = self.following.lock().await;
        let mut db = self.pool.acquire().await?;
        for _ in 0..TRIES {
            if let Some(view) = self.look_once(&mut db).await? {
                return Ok(view);
            }
        }
        Err(ChainError::Moving.into())
    }

    /// None: the chain moved.
    async fn look_once(&self, db: &mut store::Connection) -> Result<Option<View>, Refusal> {
        let latest = self.chain.latest().await?;
        let age = now().saturating_sub(latest.timestamp);
        if age > self.settings.max_head_age {
            return Err(ChainError::Standing { age, most: self.settings.max_head_age }.into());
        }
        let mut settled = store::cursor(&mut *db).await?;
        if latest.number < settled.number {
            return Err(ChainError::NoBlock(settled.number).into());
        }
        if self.chain.block(settled.number).await?.hash != settled.hash {
            return Err(ChainError::FinalReplaced(settled.number).into());
        }
        let goal = self.chain.final_block(&latest).await?;
        while settled.number < goal.number {
            settled = self.settle(&mut *db, settled.number + 1, &goal).await?;
        }
        let window = self.chain.events(settled.number + 1, latest.number).await?;
        if self.chain.block(latest.number).await?.hash != latest.hash {
            // What was seen was seen.
            store::sight(&mut *db, &window).await?;
            return Ok(None);
        }
        let mut transaction = db.begin().await?;
        store::sight(&mut transaction, &window).await?;
        store::forget_sightings(&mut transaction, settled.number).await?;
        transaction.commit().await?;
        Ok(Some(View { latest, settled, window }))
    }

    /// Takes up final blocks, as many as the nodes give at once; gives the last of them.
    async fn settle(&self, db: &mut store::Connection, from: u64, goal: &Block) -> Result<Block, Refusal> {
        let to = goal.number.min(from + self.settings.max_block_range - 1);
        let last = if to == goal.number { *goal } else { self.chain.block(to).await? };
        let events = self.chain.events(from, to).await?;
        let mut transaction = db.begin().await?;
        store::apply(&mut transaction, &events, &last).await?;
        transaction.commit().await?;
        Ok(last)
    }
}

impl View {
    /// The latest key that an account published after final blocks.
    pub(super) fn key_of(&self, account: chartkey_vault::Address) -> Option<&[u8]> {
        self.window.iter().rev().find_map(|located| match &located.event {
            Event::KeyPublished { account: of, key } if *of == account => Some(&key[..]),
            _ => None,
        })
    }

    /// The latest block after final ones with this very open, and its hash.
    pub(super) fn opened_at(&self, open: &crate::chain::Opened) -> Option<(u64, crate::typed::Hash)> {
        let is_it = |located: &&Located| matches!(&located.event, Event::Opened(opened) if opened == open);
        self.window.iter().rev().find(is_it).map(|located| (located.block, located.hash))
    }
}
