//! `chartkey-indexer verify`: is what the database holds what the contract vouches for? Up to the indexed head, it compares
//! blocks and logs with the node's, decoded columns with the bytes they come from, and every subject's trail, recomputed from the
//! stored bytes, with the contract's own. A node that leaves logs out is found by the contract's trail. One that lies about both
//! is not: verify with a node that you trust, and better with another than the indexer's.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Context as _;
use futures_util::TryStreamExt as _;
use sqlx::{Connection as _, PgConnection};

use crate::chain::{Chain, ChainError, Span};
use crate::decode::decode;
use crate::model::{
    Address, Block, Event, Hash, Moment, Position, REGISTRY, RawLog, TrailDomain, logged_hash, next_link,
};
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

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Whose trail; `None`: the chain of blocks.
    pub subject: Option<Address>,
    /// Where; `None`: at the trail's end.
    pub position: Option<Position>,
    pub detail: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject {
            Some(REGISTRY) => write!(f, "the registry's trail")?,
            Some(subject) => write!(f, "the trail of {subject}")?,
            None => write!(f, "the chain of blocks")?,
        }
        match self.position {
            Some(at) => write!(f, ", block {}, log {}: ", at.block_number, at.log_index)?,
            None => write!(f, ": ")?,
        }
        f.write_str(&self.detail)
    }
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
    let mut trails = Trails::new(domain);
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
            .and_then(|()| trails.follow(&span.blocks, archived))
            .and_then(|()| check_logs(&events, kept))
            .and_then(|()| trails.check(&blocks, &events));
        if let Err(wrong) = checked {
            return Ok(Err(wrong));
        }
        progress(last + 1 - deployment_block, head.number + 1 - deployment_block);
    }
    drop(spans);
    let verified = match trails.check_heads(chain, &head).await? {
        Ok(verified) => verified,
        Err(wrong) => return Ok(Err(wrong)),
    };
    Ok(match store::check_queries(&mut db, domain).await? {
        Ok(queries) => Ok(Verified { queries, ..verified }),
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
        Some(number) => Err(Wrong { subject: None, position: None, detail: format!("block {number} is missing") }),
        None => Ok(()),
    }
}

fn check_blocks(ours: &[Block], theirs: &BTreeMap<u64, Block>) -> Result<(), Wrong> {
    for our in ours {
        let their = theirs.get(&our.number);
        if their != Some(our) {
            let detail = format!("stored {our:?}, the node has {their:?}");
            return Err(Wrong { subject: None, position: None, detail });
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
    let wrong = |log: &RawLog, detail: &str| Wrong {
        subject: log.subject().ok(),
        position: Some(log.position),
        detail: detail.into(),
    };
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

struct Trails<'a> {
    domain: &'a TrailDomain,
    /// Every subject's link so far.
    heads: BTreeMap<Address, Hash>,
    links: usize,
}

impl<'a> Trails<'a> {
    fn new(domain: &'a TrailDomain) -> Self {
        Trails { domain, heads: BTreeMap::from([(REGISTRY, domain.start(REGISTRY))]), links: 0 }
    }

    /// Recomputes the links of further events, and their columns.
    fn check(&mut self, blocks: &[Block], events: &[StoredEvent]) -> Result<(), Wrong> {
        let times = times(blocks);
        for stored in events {
            let wrong = |detail| wrong_at(&stored.log, detail);
            let (event, link) = self.link(&times, &stored.log)?;
            let subject = stored.log.subject().map_err(|e| wrong(e.0))?;
            check_columns(stored, subject, &event).map_err(wrong)?;
            if link != stored.link {
                return Err(wrong(format!("the stored link is {}, its bytes give {link}", stored.link)));
            }
        }
        Ok(())
    }

    /// Goes on along the node's logs, where ours were archived.
    fn follow(&mut self, blocks: &[Block], logs: &[RawLog]) -> Result<(), Wrong> {
        let times = times(blocks);
        logs.iter().try_for_each(|log| self.link(&times, log).map(|_| ()))
    }

    /// Reads a log and moves its subject's trail on.
    fn link(&mut self, times: &BTreeMap<u64, Moment>, log: &RawLog) -> Result<(Event, Hash), Wrong> {
        let position = log.position;
        let wrong = |detail| wrong_at(log, detail);
        let subject = log.subject().map_err(|e| wrong(e.0))?;
        let time = *times.get(&position.block_number).ok_or_else(|| wrong("its block is missing".into()))?;
        let event = decode(log).map_err(|e| wrong(e.detail))?;
        let before = self.heads.entry(subject).or_insert_with(|| self.domain.start(subject));
        let link = next_link(*before, position.block_number, time, logged_hash(&log.topics, &log.data));
        *before = link;
        self.links += 1;
        if let Event::PatientRegistered { patient } = event {
            // Its trail must be checked even if every one of its own events was deleted.
            self.heads.entry(patient).or_insert_with(|| self.domain.start(patient));
        }
        Ok((event, link))
    }

    /// Compares where the trails end with the contract.
    async fn check_heads(self, chain: &dyn Chain, at: &Block) -> anyhow::Result<Result<Verified, Wrong>> {
        let subjects: Vec<Address> = self.heads.keys().copied().collect();
        let block = at.number;
        let theirs = chain.trails(&subjects, at).await.with_context(|| {
            format!("asking the contract for its trails at block {block} (the node must still hold that block's state)")
        })?;
        for ((subject, ours), theirs) in self.heads.iter().zip(theirs) {
            if *ours != theirs {
                let detail = format!("it ends at link {ours}, the contract's at {theirs} (block {block})");
                return Ok(Err(Wrong { subject: Some(*subject), position: None, detail }));
            }
        }
        Ok(Ok(Verified { block, subjects: subjects.len(), links: self.links, queries: 0 }))
    }
}

fn taken_out(broken: &BrokenQuery) -> Wrong {
    let whom = if broken.patient == REGISTRY { "about all patients" } else { "about them" };
    let detail = format!(
        "number {} of what the API was asked {whom} is not what was written down: it was altered or taken out",
        broken.number
    );
    Wrong { subject: Some(broken.patient), position: None, detail }
}

fn times(blocks: &[Block]) -> BTreeMap<u64, Moment> {
    blocks.iter().map(|block| (block.number, block.timestamp)).collect()
}

fn wrong_at(log: &RawLog, detail: String) -> Wrong {
    Wrong { subject: log.subject().ok(), position: Some(log.position), detail }
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
