//! Where a stream begins: at the head, at a block, or where the last one ended, whatever happened to the chain since.

use axum::body::Bytes;

use super::batch::{mark, reorg_frame};
use super::id::{ChainTag, EventId};
use super::page::require_kept;
use crate::api::error::ApiError;
use crate::model::Position;
use crate::model::view::Reorg;
use crate::store::Connection;
use crate::store::read::{self, Reached, Tip};

/// Blocks beyond what this index knows of the chain that an id may be of: another instance may have come farther.
const AHEAD: u64 = 1_000;
/// Milliseconds that a client waits until it comes again: not all at one moment, when a server ends.
const RETRY: std::ops::Range<u32> = 1_000..3_000;

/// Where the caller wants to begin.
pub(super) enum Begin {
    Head,
    Block(u64),
    After(EventId),
}

/// Where a listener stands at first.
pub(super) struct Start {
    pub reached: Reached,
    /// Whether that is the head.
    pub at_head: bool,
    /// What it is sent at first.
    pub frames: Vec<Bytes>,
}

impl Start {
    /// Finds the place.
    pub async fn find(db: &mut Connection, tip: &Tip, begin: Begin) -> Result<Self, ApiError> {
        let retry = rand::random_range(RETRY);
        let mut frames = vec![format!("retry: {retry}\n\n").into()];
        let reached = match begin {
            Begin::Head => {
                frames.push(mark(&EventId::of_tip(tip)));
                tip.reached()
            }
            Begin::Block(first) if first > tip.block.number + 1 => {
                return Err(ApiError::BadRequest(format!(
                    "fromBlock={first} lies in the future: the index has come to block {}",
                    tip.block.number
                )));
            }
            Begin::Block(first) => Reached { withdrawals: tip.withdrawals, at: Position::before(first) },
            Begin::After(id) => match reached_by(db, tip, &id).await? {
                Some(reached) => reached,
                None => {
                    let reorg = unknown_branch(tip, &id)?;
                    frames.push(reorg_frame(&reorg).map_err(|error| ApiError::Internal(error.to_string()))?);
                    Reached { withdrawals: tip.withdrawals, at: Position::before(reorg.from_block) }
                }
            },
        };
        require_kept(tip, reached.at)?;
        Ok(Start { reached, at_head: reached == tip.reached(), frames })
    }
}

/// How far somebody was who had this id last. `None`: its block never was in this database.
async fn reached_by(db: &mut Connection, tip: &Tip, id: &EventId) -> Result<Option<Reached>, ApiError> {
    if id.chain != ChainTag::of(tip) {
        return Err(ApiError::BadRequest(
            "the last event's id is of another chain or contract: begin without it, at the head or with fromBlock"
                .into(),
        ));
    }
    let block = id.at.block_number;
    // Withdrawn since, by this database's count: then its hash is that of the block that went.
    let withdrawn = read::withdrawn_hash(db, id.withdrawals, block).await?;
    if withdrawn.as_ref().is_some_and(|hash| id.is_of(hash.as_ref())) {
        return Ok(Some(id.reached()));
    }
    if !id.is_of(read::block_hash(db, block).await?.as_ref()) {
        return Ok(None);
    }
    // Another database's count says nothing here, but the block is there.
    let counted = withdrawn.is_none() && id.withdrawals <= tip.withdrawals;
    let withdrawals = if counted { id.withdrawals } else { tip.withdrawals };
    Ok(Some(Reached { withdrawals, at: Some(id.at) }))
}

/// What to tell somebody whose branch another database saw, and this one did not: what is final is on every branch.
fn unknown_branch(tip: &Tip, id: &EventId) -> Result<Reorg, ApiError> {
    let (block, head) = (id.at.block_number, tip.block.number);
    if block > head && block <= tip.chain_head.max(head) + AHEAD {
        return Err(ApiError::NotIndexed(format!(
            "the last event's id is of block {block}, and {head} is indexed here"
        )));
    }
    if block > head || block <= tip.finalized {
        return Err(ApiError::BadRequest(format!(
            "the last event's id is of a block {block} that this chain does not have: begin without it, at the head or with \
             fromBlock"
        )));
    }
    Ok(Reorg { from_block: tip.finalized + 1, withdrawn: Vec::new() })
}
