//! `chartkey-indexer verify`: is what the database holds what the contract vouches for? Up to the indexed head, it compares
//! blocks and logs with the node's, decoded columns with the bytes they come from, and every subject's trail, recomputed from the
//! stored bytes, with the contract's own. A node that leaves logs out is found by the contract's trail. One that lies about both
//! is not: verify with a node that you trust, and better with another than the indexer's.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Context as _;
use sqlx::{Connection as _, PgConnection};

use crate::chain::Chain;
use crate::decode::decode;
use crate::model::{Address, Block, Event, Hash, Position, REGISTRY, RawLog, TrailDomain, next_link};
use crate::store::{self, StoredEvent};

/// Blocks compared at a time.
const BLOCKS_PER_STEP: u64 = 1_000;

/// What was checked, when nothing was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Up to and at which block.
    pub block: u64,
    pub subjects: usize,
    pub links: usize,
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
    let mut trails = Trails::new(domain);
    for first in (deployment_block..=head.number).step_by(usize::try_from(BLOCKS_PER_STEP)?) {
        let last = head.number.min(first + BLOCKS_PER_STEP - 1);
        let blocks = store::blocks_between(&mut db, first, last).await?;
        let events = store::events_between(&mut db, first, last).await?;
        let (their_blocks, their_logs) = tokio::try_join!(chain.blocks(first..=last), chain.logs(first..=last))?;
        let checked = check_blocks(&blocks, &their_blocks)
            .and_then(|()| check_logs(&events, &their_logs))
            .and_then(|()| trails.check(&blocks, &events));
        if let Err(wrong) = checked {
            return Ok(Err(wrong));
        }
        progress(last + 1 - deployment_block, head.number + 1 - deployment_block);
    }
    trails.check_heads(chain, head.number).await
}

fn check_blocks(ours: &[Block], theirs: &[Block]) -> Result<(), Wrong> {
    let wrong = |detail| Wrong { subject: None, position: None, detail };
    for (i, their) in theirs.iter().enumerate() {
        let our = ours.get(i).filter(|our| our.number <= their.number);
        let our = our.ok_or_else(|| wrong(format!("block {} is missing", their.number)))?;
        if our != their {
            return Err(wrong(format!("stored {our:?}, the node has {their:?}")));
        }
    }
    Ok(())
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
        let times: BTreeMap<u64, _> = blocks.iter().map(|block| (block.number, block.timestamp)).collect();
        for stored in events {
            let log = &stored.log;
            let position = log.position;
            let wrong = |detail| Wrong { subject: log.subject().ok(), position: Some(position), detail };
            let subject = log.subject().map_err(|e| wrong(e.0))?;
            let time = *times.get(&position.block_number).ok_or_else(|| wrong("its block is missing".into()))?;
            let event = decode(log).map_err(|e| wrong(e.detail))?;
            check_columns(stored, subject, &event).map_err(wrong)?;
            let before = self.heads.entry(subject).or_insert_with(|| self.domain.start(subject));
            let link = next_link(*before, position.block_number, time, &log.topics, &log.data);
            if link != stored.link {
                return Err(wrong(format!("the stored link is {}, its bytes give {link}", stored.link)));
            }
            *before = link;
            self.links += 1;
            if let Event::PatientRegistered { patient } = event {
                // Its trail must be checked even if every one of its own events was deleted.
                self.heads.entry(patient).or_insert_with(|| self.domain.start(patient));
            }
        }
        Ok(())
    }

    /// Compares where the trails end with the contract.
    async fn check_heads(self, chain: &dyn Chain, block: u64) -> anyhow::Result<Result<Verified, Wrong>> {
        let subjects: Vec<Address> = self.heads.keys().copied().collect();
        let theirs = chain.trails(&subjects, block).await.with_context(|| {
            format!("asking the contract for its trails at block {block} (the node must still hold that block's state)")
        })?;
        for ((subject, ours), theirs) in self.heads.iter().zip(theirs) {
            if *ours != theirs {
                let detail = format!("it ends at link {ours}, the contract's at {theirs} (block {block})");
                return Ok(Err(Wrong { subject: Some(*subject), position: None, detail }));
            }
        }
        Ok(Ok(Verified { block, subjects: subjects.len(), links: self.links }))
    }
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
