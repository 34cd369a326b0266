//! A batch: blocks, their events and what follows from them, read and laid out for Postgres before a connection is needed.

use sqlx::PgConnection;

use super::StoreError;
use super::copy::Rows;
use super::project::{Facts, place};
use super::trail::Trails;
use crate::model::{Block, LoggedEvent};

const BLOCK: &[&str] = &["number", "hash", "timestamp"];
const EVENT: &[&str] = &[
    "block_number",
    "log_index",
    "transaction_hash",
    "subject",
    "topics",
    "data",
    "link",
    "kind",
    "actor",
    "party",
    "digest",
    "scope",
    "via",
    "purpose",
];

/// What the fields of a row of `event` take at most, but for its data.
const EVENT_BYTES: usize = 512;

/// What `append` writes. Making it takes no connection, so another thread can make the next one while this one is written.
#[derive(Debug)]
pub struct Batch {
    blocks: Rows,
    events: Rows,
    /// The first and the last block with events.
    event_blocks: Option<(i64, i64)>,
    /// The first and the last block, if all between them are there.
    dense: Option<(i64, i64)>,
    facts: Facts,
    trails: Trails,
}

impl Batch {
    /// Lays out blocks, in order, and all their events, in order. Blocks without events may be left out, but for the last
    /// one, which is where the index stands afterwards.
    pub fn encode(blocks: &[Block], events: &[LoggedEvent]) -> Batch {
        let mut rows = Rows::of("block", BLOCK);
        for block in blocks {
            rows.push(&[&block.number.cast_signed(), &block.hash, &block.timestamp]);
        }
        let block_of = |e: &LoggedEvent| place(e.log.position).0;
        Batch {
            blocks: rows,
            events: event_rows(events),
            event_blocks: events.first().map(block_of).zip(events.last().map(block_of)),
            dense: dense(blocks),
            facts: Facts::of(events),
            trails: Trails::of(events),
        }
    }

    /// Writes what follows from the events, which are stored.
    pub(super) async fn write_facts(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        self.facts.write(&mut *db).await?;
        self.trails.write(db).await
    }
}

/// Both ends of a run of blocks without gaps.
pub(super) fn dense(blocks: &[Block]) -> Option<(i64, i64)> {
    let (first, last) = (blocks.first()?.number, blocks.last()?.number);
    let count = u64::try_from(blocks.len()).ok()?;
    (last - first + 1 == count).then_some((first.cast_signed(), last.cast_signed()))
}

fn event_rows(events: &[LoggedEvent]) -> Rows {
    let mut rows = Rows::of("event", EVENT);
    let data: usize = events.iter().map(|e| e.log.data.len()).sum();
    rows.reserve(data + events.len() * EVENT_BYTES);
    for e in events {
        let (block, log) = place(e.log.position);
        rows.push(&[
            &block,
            &log,
            &e.log.transaction_hash,
            &e.subject,
            &e.log.topics,
            &e.log.data,
            &e.link,
            &e.event.kind().name(),
            &e.event.actor(),
            &e.event.party(),
            &e.event.digest(),
            &e.event.scope(),
            &e.event.via(),
            &e.event.purpose().map(|purpose| i16::from(purpose.code())),
        ]);
    }
    rows
}

/// Appends a batch, in the caller's transaction. Its blocks come after all that are stored.
pub async fn append(db: &mut PgConnection, batch: &Batch) -> Result<(), StoreError> {
    if let Some((first, last)) = batch.event_blocks {
        sqlx::query!("select ensure_event_partitions($1, $2)", first, last).execute(&mut *db).await?;
    }
    batch.blocks.copy(&mut *db).await?;
    batch.events.copy(&mut *db).await?;
    batch.write_facts(&mut *db).await?;
    if let Some((first, last)) = batch.dense {
        super::progress::extend_headers(db, first, last).await?;
    }
    Ok(())
}
