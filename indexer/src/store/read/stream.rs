//! The live stream: what is new, whom it concerns, and what was withdrawn since.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::events::{EventFilter, history, history_at};
use super::{At, PageOf};
use crate::model::view::{HistoryEvent, WithdrawnEvent};
use crate::model::{Address, Block, Hash, Moment, Position};
use crate::store::StoreError;
use crate::store::project::place;

/// How far the index is, or a reader of it. What is greater was committed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reached {
    /// How many times blocks had been withdrawn by then.
    pub withdrawals: u64,
    /// The last event of which it is known, or would be if it concerned the reader. `None`: none yet.
    pub at: Option<Position>,
}

/// The indexed head, and which chain it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    pub block: Block,
    /// How many times blocks have been withdrawn so far.
    pub withdrawals: u64,
    /// The chain's latest block when the writer last asked, and the latest that can no longer be replaced.
    pub chain_head: u64,
    pub finalized: u64,
    /// The events before this block are archived.
    pub archived_before: Option<u64>,
    /// Hash of block 0.
    pub genesis: Hash,
    pub contract: Address,
    /// Whether writing was stopped for good, so that nothing may be told any more.
    pub halted: bool,
}

impl Tip {
    pub fn reached(&self) -> Reached {
        Reached { withdrawals: self.withdrawals, at: Some(Position::end_of(self.block.number)) }
    }

    fn at(&self) -> At {
        At { block: self.block.number, time: self.block.timestamp }
    }
}

/// The indexed head. `None`: nothing is indexed yet.
pub async fn tip(db: &mut PgConnection) -> Result<Option<Tip>, StoreError> {
    let row = sqlx::query!(
        r#"select b.number, b.hash as "hash: Hash", b.timestamp as "timestamp: Moment",
                  coalesce((select number from withdrawal order by number desc limit 1), 0) as "withdrawals!",
                  p.head, p.finalized, p.archived_before, p.halted is not null as "halted!",
                  d.genesis_hash as "genesis: Hash", d.contract as "contract: Address"
           from (select number, hash, timestamp from block order by number desc limit 1) b
           cross join deployment d
           cross join progress p"#
    );
    Ok(row.fetch_optional(db).await?.map(|row| Tip {
        block: Block { number: row.number.cast_unsigned(), hash: row.hash, timestamp: row.timestamp },
        withdrawals: row.withdrawals.cast_unsigned(),
        chain_head: row.head.cast_unsigned(),
        finalized: row.finalized.cast_unsigned(),
        archived_before: row.archived_before.map(i64::cast_unsigned),
        genesis: row.genesis,
        contract: row.contract,
        halted: row.halted,
    }))
}

/// A block's hash. `None`: it has no row.
pub async fn block_hash(db: &mut PgConnection, block: u64) -> Result<Option<Hash>, StoreError> {
    let Ok(number) = i64::try_from(block) else { return Ok(None) };
    let hash = sqlx::query_scalar!(r#"select hash as "hash: Hash" from block where number = $1"#, number);
    Ok(hash.fetch_optional(db).await?)
}

/// The hash of the block that the first withdrawal after `withdrawals` took from this height. The outer `None`: none did; the inner:
/// there was no row of it.
pub async fn withdrawn_hash(
    db: &mut PgConnection,
    withdrawals: u64,
    block: u64,
) -> Result<Option<Option<Hash>>, StoreError> {
    let (Ok(withdrawals), Ok(number)) = (i64::try_from(withdrawals), i64::try_from(block)) else { return Ok(None) };
    let hash = sqlx::query_scalar!(
        r#"select b.hash as "hash?: Hash"
           from withdrawal w left join withdrawn_block b on b.withdrawal = w.number and b.number = $2
           where w.number > $1 and w.first_block <= $2
           order by w.number limit 1"#,
        withdrawals,
        number,
    );
    Ok(hash.fetch_optional(db).await?)
}

/// Blocks that went at one time, with their events.
#[derive(Debug)]
pub struct Withdrawal {
    /// Counts them from 1.
    pub number: u64,
    /// They went from this one on.
    pub first_block: u64,
    /// In order, with the accounts that each concerned.
    pub events: Vec<(WithdrawnEvent, Vec<Address>)>,
}

/// What was withdrawn after so many withdrawals, in order: of events that stood at `up_to` or before, and concerned one account;
/// `None`: of all.
pub async fn withdrawals_after(
    db: &mut PgConnection,
    withdrawals: u64,
    up_to: Option<Position>,
    account: Option<Address>,
) -> Result<Vec<Withdrawal>, StoreError> {
    let (last_block, last_log) = up_to.map_or((i64::MAX, 0), place);
    let numbers = sqlx::query!(
        "select number, first_block from withdrawal where number > $1 and first_block <= $2 order by number",
        withdrawals.cast_signed(),
        last_block,
    );
    let numbers = numbers.fetch_all(&mut *db).await?.into_iter();
    let mut found: BTreeMap<i64, Withdrawal> = numbers
        .map(|row| {
            let (number, first_block) = (row.number.cast_unsigned(), row.first_block.cast_unsigned());
            (row.number, Withdrawal { number, first_block, events: Vec::new() })
        })
        .collect();
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let events = sqlx::query!(
        r#"select e.withdrawal, e.block_number, e.log_index,
                  (select b.hash from withdrawn_block b
                   where b.withdrawal = e.withdrawal and b.number = e.block_number) as "block_hash!: Hash",
                  e.concerned as "concerned: Vec<Address>"
           from withdrawn_event e
           where e.withdrawal > $1 and (e.block_number, e.log_index) <= ($2, $3)
               and ($4::bytea is null or $4 = any(e.concerned))
           order by e.withdrawal, e.block_number, e.log_index"#,
        withdrawals.cast_signed(),
        last_block,
        last_log,
        account as _,
    );
    for row in events.fetch_all(db).await? {
        let (block_number, log_index) = (row.block_number.cast_unsigned(), row.log_index.cast_unsigned());
        let event = WithdrawnEvent { block_number, block_hash: row.block_hash, log_index };
        if let Some(withdrawal) = found.get_mut(&row.withdrawal) {
            withdrawal.events.push((event, row.concerned));
        }
    }
    Ok(found.into_values().collect())
}

/// An event, and the accounts that it concerns.
#[derive(Debug)]
pub struct Told {
    pub at: Position,
    pub event: HistoryEvent,
    pub concerned: Vec<Address>,
}

/// The events of the next blocks: at least `limit` of them, if there are as many up to the head, and all of the last block. That
/// block's hash and number come with them: the head's, if they reach to it.
pub async fn next_blocks(
    db: &mut PgConnection,
    after: Option<Position>,
    tip: &Tip,
    limit: u32,
) -> Result<(Vec<Told>, u64, Hash), StoreError> {
    let first = after.map_or(0, |at| at.block_number + 1);
    let full = sqlx::query!(
        r#"select b.number, b.hash as "hash: Hash" from block b
           where b.number = (
               select block_number from event where block_number >= $1
               order by block_number, log_index offset $2 limit 1)"#,
        first.cast_signed(),
        i64::from(limit.saturating_sub(1)),
    );
    let full = full.fetch_optional(&mut *db).await?.map(|row| (row.number.cast_unsigned(), row.hash));
    let (last, hash) = full.unwrap_or((tip.block.number, tip.block.hash));
    let filter = EventFilter { from_block: first, to_block: last, subject: None, kind: None };
    let rows = history(&mut *db, &filter, PageOf { limit: u32::MAX, after: None }).await?;
    let concerned = concerned(db, first, last, tip.at()).await?;
    let told = rows.into_iter().zip(concerned).map(|((at, event), concerned)| Told { at, event, concerned });
    Ok((told.collect(), last, hash))
}

/// Whom the events of a range of blocks concern, both ends included, in order.
async fn concerned(db: &mut PgConnection, first: u64, last: u64, head: At) -> Result<Vec<Vec<Address>>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"select array(
               select account
               from concerned_accounts(e.subject, e.actor, e.party, b.number, b.timestamp, $3, $4) as account
           ) as "concerned!: Vec<Address>"
           from event e join block b on b.number = e.block_number
           where e.block_number between $1 and $2
           order by e.block_number, e.log_index"#,
        first.cast_signed(),
        last.cast_signed(),
        head.block(),
        head.time as _,
    );
    Ok(rows.fetch_all(db).await?)
}

/// The next events that concern an account (`None`: all events), in order.
pub async fn own_events(
    db: &mut PgConnection,
    account: Option<Address>,
    page: PageOf<Position>,
    tip: &Tip,
) -> Result<Vec<Told>, StoreError> {
    let rows = match account {
        None => {
            let from_block = page.after.map_or(0, |at| at.block_number);
            let filter = EventFilter { from_block, to_block: tip.block.number, subject: None, kind: None };
            history(db, &filter, page).await?
        }
        Some(account) => {
            let (blocks, logs) = own_places(&mut *db, account, page, tip.at()).await?;
            history_at(db, &blocks, &logs).await?
        }
    };
    let concerned = || account.into_iter().collect();
    Ok(rows.into_iter().map(|(at, event)| Told { at, event, concerned: concerned() }).collect())
}

/// Where the next events stand that concern an account: what an index finds as its own, as well as what happened in charts that it
/// is a guardian of or, to an auditor, anywhere, as far as `concerned_accounts` says so.
async fn own_places(
    db: &mut PgConnection,
    account: Address,
    page: PageOf<Position>,
    head: At,
) -> Result<(Vec<i64>, Vec<i32>), StoreError> {
    let (after_block, after_log) = page.ascending();
    let rows = sqlx::query!(
        r#"with own as (
               (select block_number, log_index from event
                where subject = $1 and block_number >= $2 and (block_number, log_index) > ($2, $3)
                order by block_number, log_index limit $4)
               union
               (select block_number, log_index from event
                where actor = $1 and block_number >= $2 and (block_number, log_index) > ($2, $3)
                order by block_number, log_index limit $4)
               union
               (select block_number, log_index from event
                where party = $1 and party <> actor and block_number >= $2 and (block_number, log_index) > ($2, $3)
                order by block_number, log_index limit $4)
               union
               select e.block_number, e.log_index
               from (select patient, min(from_block) as since from guardian where guardian = $1 group by patient
                     having bool_or(term_in_force(from_block, until_block, ends_at, $5, $6))) chart
               cross join lateral (
                   select block_number, log_index from event e join block b on b.number = e.block_number
                   where e.subject = chart.patient and block_number >= greatest($2, chart.since)
                       and (block_number, log_index) > ($2, $3)
                       and $1 in (
                           select account
                           from concerned_accounts(e.subject, e.actor, e.party, b.number, b.timestamp, $5, $6) as account)
                   order by block_number, log_index limit $4) e
               union
               select e.block_number, e.log_index
               from (select min(from_block) as since from auditor_term where account = $1
                     having bool_or(from_block <= $5 and (until_block is null or until_block > $5))) auditor
               cross join lateral (
                   select block_number, log_index from event e join block b on b.number = e.block_number
                   where block_number >= greatest($2, auditor.since) and (block_number, log_index) > ($2, $3)
                       and $1 in (
                           select account
                           from concerned_accounts(e.subject, e.actor, e.party, b.number, b.timestamp, $5, $6) as account)
                   order by block_number, log_index limit $4) e
           )
           select block_number as "block_number!", log_index as "log_index!" from own
           order by block_number, log_index limit $4"#,
        account as _,
        after_block,
        after_log,
        page.limit(),
        head.block(),
        head.time as _,
    );
    let rows = rows.fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.block_number, row.log_index)).unzip())
}
