//! Reading the next batch, in a snapshot of its own.

use super::batch::Batch;
use super::id::{ChainTag, EventId};
use crate::api::error::ApiError;
use crate::api::snapshot::{nothing_indexed, require_live};
use crate::model::{Address, Position};
use crate::store::read::{self, PageOf, Reached, Tip, Told, Withdrawal};
use crate::store::{Reader, Transaction};

/// Events read at a time; of a block more, if it holds more.
const EVENTS: u32 = 256;

/// One snapshot of an index that is live.
pub(super) struct View {
    tx: Transaction<'static>,
    pub tip: Tip,
    chain: ChainTag,
}

impl View {
    /// Refused unless the index is live, as every answer is.
    pub async fn open(reader: &Reader) -> Result<Self, ApiError> {
        let (mut tx, status) = reader.snapshot().await?;
        require_live(&status.ok_or_else(nothing_indexed)?)?;
        let tip = read::tip(&mut tx).await?.ok_or_else(nothing_indexed)?;
        Ok(View { tx, tip, chain: ChainTag::of(&tip) })
    }

    /// Where the head is.
    pub fn head(&self) -> EventId {
        EventId::of_tip(&self.tip)
    }

    /// The next events of all, in whole blocks, with what was withdrawn since. `None`: the database is not the one that was read
    /// before, or lost what it held then (a standby that was behind took its place).
    pub async fn next(mut self, from: &EventId) -> Result<Option<Batch>, ApiError> {
        let reached = from.reached();
        if self.tip.withdrawals < from.withdrawals || self.chain != from.chain {
            return Ok(None);
        }
        let mut after = reached.at;
        let mut withdrawals = Vec::new();
        if self.tip.withdrawals > from.withdrawals {
            // All of each: a listener may have come farther than this reader.
            withdrawals = read::withdrawals_after(&mut self.tx, from.withdrawals, None, None).await?;
            after = before_all(&withdrawals, after);
        } else if !from.is_of(read::block_hash(&mut self.tx, from.at.block_number).await?.as_ref()) {
            return Ok(None);
        }
        let (told, last, hash) = read::next_blocks(&mut self.tx, after, &self.tip, EVENTS).await?;
        let to = EventId::new(Position::end_of(last), self.tip.withdrawals, &hash, self.chain);
        self.batch(reached, to, withdrawals, told).map(Some)
    }

    /// The next events of one account (`None`: of all), with what was withdrawn since; and whether they reach to the head.
    pub async fn next_own(mut self, reached: Reached, account: Option<Address>) -> Result<(Batch, bool), ApiError> {
        require_kept(&self.tip, reached.at)?;
        let mut after = reached.at;
        let mut withdrawals = Vec::new();
        if let Some(at) = reached.at.filter(|_| self.tip.withdrawals > reached.withdrawals) {
            withdrawals = read::withdrawals_after(&mut self.tx, reached.withdrawals, Some(at), account).await?;
            after = before_all(&withdrawals, after);
        }
        let page = PageOf { limit: EVENTS, after };
        let told = read::own_events(&mut self.tx, account, page, &self.tip).await?;
        let full = told.len() >= usize::try_from(EVENTS).unwrap_or(usize::MAX);
        let to = match told.last().filter(|_| full) {
            None => EventId::of_tip(&self.tip),
            Some(last) => {
                let hash = &last.event.link.position.block_hash;
                EventId::new(last.at, self.tip.withdrawals, hash, self.chain)
            }
        };
        Ok((self.batch(reached, to, withdrawals, told)?, !full))
    }

    fn batch(
        self,
        from: Reached,
        to: EventId,
        withdrawals: Vec<Withdrawal>,
        told: Vec<Told>,
    ) -> Result<Batch, ApiError> {
        Batch::new(from, to, self.tip.block, withdrawals, told).map_err(|error| ApiError::Internal(error.to_string()))
    }
}

/// Refuses to go on from a position if events after it are archived.
pub(super) fn require_kept(tip: &Tip, after: Option<Position>) -> Result<(), ApiError> {
    let next = after.map_or(0, |at| at.block_number + 1);
    match tip.archived_before.filter(|before| next < *before) {
        None => Ok(()),
        Some(before) => Err(ApiError::BadRequest(format!(
            "the events before block {before} are archived and cannot be streamed: begin with fromBlock={before}, or at the head"
        ))),
    }
}

/// Where somebody stands after blocks were withdrawn.
fn before_all(withdrawals: &[Withdrawal], at: Option<Position>) -> Option<Position> {
    withdrawals.iter().map(|withdrawal| Position::before(withdrawal.first_block)).fold(at, Option::min)
}
