//! `chartkey-indexer verify`: is what the database holds what the contract vouches for? Up to the indexed head, it compares
//! blocks and logs with the node's, decoded columns with the bytes they come from, and every subject's trail, recomputed from the
//! stored bytes, with the contract's own. A node that leaves logs out is found by the contract's trail. One that lies about both
//! is not: verify with a node that you trust, and better with another than the indexer's.

use std::collections::BTreeMap;

use anyhow::Context as _;
use futures_util::TryStreamExt as _;
use sqlx::{Connection as _, PgConnection};

use super::heads::check_heads;
use crate::chain::{Chain, ChainError, Span};
use crate::model::{Address, Block, Event, Moment, REGISTRY, RawLog, TrailDomain};
use crate::replay::{Links, Wrong};
use crate::store::{self, BrokenQuery, StoredEvent};

/// What was checked, when nothing was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Up to and at which block.
    pub block: u64,
    pub subjects: usize,
    pub links: usize,
    /// What the API was asked about patients.
    pub queries: u64,
}

/// Compares the database with the chain. `progress` is told how many blocks are done, and of how many. The outer error: the
/// comparison could not be made.
pub async fn verify(
    chain: &dyn Chain,
    db: &mut PgConnection,
    domain: &TrailDomain,
    deployment_block: u64,
    mut progress: impl FnMut(u64, u64),
) -> anyhow::Result<Result<Verified, Wrong>> {
    // One snapshot: an indexer may be writing meanwhile.
    let mut db = db.begin_with("begin isolation level repeatable read read only").await?;
    let head = store::cursor(&mut db).await?.context("the database holds no blocks: run the indexer first")?;
    let headers_to = store::headers_to(&mut db).await?;
    let archived_before = store::archived_before(&mut db).await?.unwrap_or(0);
    let mut links = Links::new(*domain);
    let mut spans = chain.history(deployment_block..=head.number);
    while let Some(span) = spans.try_next().await? {
        let (first, last) = (*span.range.start(), *span.range.end());
        let blocks = store::blocks_between(&mut db, first, last).await?;
        let events = store::events_between(&mut db, first, last).await?;
        let theirs = their_blocks(chain, &blocks, &span).await?;
        let (archived, kept) = split_archived(&span.logs, archived_before);
        let complete_to = headers_to.filter(|to| *to >= first).map(|to| to.min(last));
        let checked = check_complete(&blocks, first, complete_to)
            .and_then(|()| check_blocks(&blocks, &theirs))
            .and_then(|()| follow(&mut links, &span.blocks, archived))
            .and_then(|()| check_logs(&events, kept))
            .and_then(|()| check_events(&mut links, &blocks, &events));
        if let Err(wrong) = checked {
            return Ok(Err(wrong));
        }
        progress(last + 1 - deployment_block, head.number + 1 - deployment_block);
    }
    drop(spans);
    if let Err(wrong) = check_heads(chain, links.heads(), &head).await? {
        return Ok(Err(wrong));
    }
    let (subjects, links) = (links.heads().len(), links.count());
    Ok(match store::check_queries(&mut db, domain).await? {
        Ok(queries) => Ok(Verified { block: head.number, subjects, links, queries }),
        Err(broken) => Err(taken_out(&broken)),
    })
}

/// The node's blocks at the heights that are stored: from the answer with the events where it tells them, by their headers where
/// not.
async fn their_blocks(chain: &dyn Chain, ours: &[Block], span: &Span) -> Result<BTreeMap<u64, Block>, ChainError> {
    let mut theirs: BTreeMap<u64, Block> = span.blocks.iter().map(|block| (block.number, *block)).collect();
    let asked: Vec<u64> = ours.iter().map(|block| block.number).filter(|number| !theirs.contains_key(number)).collect();
    for run in asked.chunk_by(|one, next| one + 1 == *next) {
        if let (Some(first), Some(last)) = (run.first(), run.last()) {
            let headers = chain.headers(*first..=*last).await?;
            theirs.extend(headers.iter().map(|header| (header.block.number, header.block)));
        }
    }
    Ok(theirs)
}

/// Every block from `first` on must be stored, as far as headers are complete.
fn check_complete(ours: &[Block], first: u64, complete_to: Option<u64>) -> Result<(), Wrong> {
    let Some(last) = complete_to else { return Ok(()) };
    let mut numbers = ours.iter().map(|block| block.number);
    match (first..=last).find(|number| numbers.next() != Some(*number)) {
        Some(number) => Err(Wrong::of_blocks(format!("block {number} is missing"))),
        None => Ok(()),
    }
}

fn check_blocks(ours: &[Block], theirs: &BTreeMap<u64, Block>) -> Result<(), Wrong> {
    for our in ours {
        let their = theirs.get(&our.number);
        if their != Some(our) {
            let detail = format!("stored {our:?}, the node has {their:?}");
            return Err(Wrong::of_blocks(detail));
        }
    }
    Ok(())
}

/// The node's logs whose events were archived, and the others.
fn split_archived(logs: &[RawLog], archived_before: u64) -> (&[RawLog], &[RawLog]) {
    logs.split_at(logs.partition_point(|log| log.position.block_number < archived_before))
}

/// Stored logs against the node's, in order: the first that is missing, altered, out of place or made up.
fn check_logs(ours: &[StoredEvent], theirs: &[RawLog]) -> Result<(), Wrong> {
    let mut ours = ours.iter().map(|event| &event.log).peekable();
    let wrong = |log: &RawLog, detail: &str| Wrong::at(log, detail.into());
    for their in theirs {
        match ours.next_if(|our| our.position <= their.position) {
            Some(our) if our == their => {}
            Some(our) if our.position == their.position => {
                return Err(wrong(their, "the stored event differs from the node's"));
            }
            Some(our) => return Err(wrong(our, "the stored event is not on the chain")),
            None => return Err(wrong(their, "the event is missing from the database")),
        }
    }
    match ours.next() {
        Some(extra) => Err(wrong(extra, "the stored event is not on the chain")),
        None => Ok(()),
    }
}

/// Recomputes the links of further events, and their columns.
fn check_events(links: &mut Links, blocks: &[Block], events: &[StoredEvent]) -> Result<(), Wrong> {
    let times = times(blocks);
    for stored in events {
        let wrong = |detail| Wrong::at(&stored.log, detail);
        let (subject, event, link) = links.link(&stored.log, time_of(&times, &stored.log)?)?;
        check_columns(stored, subject, &event).map_err(wrong)?;
        if link != stored.link {
            return Err(wrong(format!("the stored link is {}, its bytes give {link}", stored.link)));
        }
    }
    Ok(())
}

/// Goes on along the node's logs, where ours were archived.
fn follow(links: &mut Links, blocks: &[Block], logs: &[RawLog]) -> Result<(), Wrong> {
    let times = times(blocks);
    logs.iter().try_for_each(|log| links.link(log, time_of(&times, log)?).map(|_| ()))
}

fn time_of(times: &BTreeMap<u64, Moment>, log: &RawLog) -> Result<Moment, Wrong> {
    let time = times.get(&log.position.block_number).copied();
    time.ok_or_else(|| Wrong::at(log, "its block is missing".into()))
}

fn taken_out(broken: &BrokenQuery) -> Wrong {
    let whom = if broken.patient == REGISTRY { "about all patients" } else { "about them" };
    let detail = format!(
        "number {} of what the API was asked {whom} is not what was written down: it was altered or taken out",
        broken.number
    );
    Wrong::of_trail(broken.patient, detail)
}

fn times(blocks: &[Block]) -> BTreeMap<u64, Moment> {
    blocks.iter().map(|block| (block.number, block.timestamp)).collect()
}

/// The columns that readers ask by must say what the bytes say.
fn check_columns(stored: &StoredEvent, subject: Address, event: &Event) -> Result<(), String> {
    let checks = [
        ("subject", stored.subject == subject),
        ("kind", stored.kind == event.kind().name()),
        ("actor", stored.actor == event.actor()),
        ("party", stored.party == event.party()),
        ("digest", stored.digest == event.digest()),
        ("scope", stored.scope == event.scope()),
        ("via", stored.via == event.via()),
        ("purpose", stored.purpose == event.purpose().map(|purpose| purpose.code().into())),
    ];
    match checks.iter().find(|(_, same)| !same) {
        Some((column, _)) => Err(format!("column {column} differs from the event's bytes")),
        None => Ok(()),
    }
}
