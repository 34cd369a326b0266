//! Told events against their own bytes: each subject's links recomputed, and what is told beside the bytes compared with them.

use std::collections::BTreeMap;

use super::{Happened, Wrong};
use crate::decode::decode;
use crate::model::view::{HistoryEvent, Place, ScopeKind, ScopeView};
use crate::model::{Address, Event, Hash, Moment, Position, REGISTRY, RawLog, Scope, TrailDomain};
use crate::model::{logged_hash, next_link};

/// Every subject's trail so far.
#[derive(Debug)]
pub struct Links {
    domain: TrailDomain,
    heads: BTreeMap<Address, Hash>,
    count: usize,
    last: Option<Place>,
}

impl Links {
    /// Before the first event. The registry has a trail even if nothing is told of it.
    pub fn new(domain: TrailDomain) -> Self {
        let heads = BTreeMap::from([(REGISTRY, domain.start(REGISTRY))]);
        Links { domain, heads, count: 0, last: None }
    }

    /// The same of one subject alone.
    pub fn of(domain: TrailDomain, subject: Address) -> Self {
        let heads = BTreeMap::from([(subject, domain.start(subject))]);
        Links { heads, ..Links::new(domain) }
    }

    /// Each subject's latest link. Who registered as a patient is among them even if none of their own events was told.
    pub fn heads(&self) -> &BTreeMap<Address, Hash> {
        &self.heads
    }

    /// Events so far.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Reads a log and moves its subject's trail on: what it says, and the link after it.
    pub fn link(&mut self, log: &RawLog, time: Moment) -> Result<(Address, Event, Hash), Wrong> {
        let wrong = |detail| Wrong::at(log, detail);
        let subject = log.subject().map_err(|e| wrong(e.0))?;
        let event = decode(log).map_err(|e| wrong(e.detail))?;
        let before = self.heads.entry(subject).or_insert_with(|| self.domain.start(subject));
        let link = next_link(*before, log.position.block_number, time, logged_hash(&log.topics, &log.data));
        *before = link;
        self.count += 1;
        if let Event::PatientRegistered { patient } = event {
            self.heads.entry(patient).or_insert_with(|| self.domain.start(patient));
        }
        Ok((subject, event, link))
    }

    /// The next event as somebody tells it: in order, its link as its bytes give it, and its fields as they say.
    pub fn follow(&mut self, told: &HistoryEvent) -> Result<Happened, Wrong> {
        let log = log_of(told);
        let wrong = |detail| Wrong::at(&log, detail);
        self.check_order(told).map_err(wrong)?;
        let (subject, event, link) = self.link(&log, told.link.block_timestamp)?;
        if link != told.link.link {
            return Err(wrong(format!(
                "expected link {link}, as its bytes, block and time and the link before give it, got {}",
                told.link.link
            )));
        }
        check_fields(told, subject, &event).map_err(wrong)?;
        self.last = Some(told.link.position.clone());
        Ok(Happened { subject, place: told.link.position.clone(), event })
    }

    /// Later than the event before, and of a block that agrees with what was told of it.
    fn check_order(&self, told: &HistoryEvent) -> Result<(), String> {
        let (place, link) = (&told.link.position, &told.link);
        differs("block", link.block_number, place.block_number)?;
        differs("time", link.block_timestamp, place.timestamp)?;
        let Some(last) = &self.last else { return Ok(()) };
        if position(place) <= position(last) {
            let (block, log) = (last.block_number, last.log_index);
            return Err(format!("expected an event after block {block}, log {log}, which came before it"));
        }
        if place.block_number == last.block_number {
            differs("block hash", last.block_hash, place.block_hash)?;
            differs("time", last.timestamp, place.timestamp)?;
        } else if place.timestamp < last.timestamp {
            return Err(format!("expected a time from {} on, got {}", last.timestamp, place.timestamp));
        }
        Ok(())
    }
}

fn position(place: &Place) -> Position {
    Position { block_number: place.block_number, log_index: place.log_index }
}

fn log_of(told: &HistoryEvent) -> RawLog {
    let place = &told.link.position;
    RawLog {
        position: position(place),
        block_hash: place.block_hash,
        transaction_hash: place.transaction_hash.unwrap_or_default(),
        topics: told.link.topics,
        data: told.link.data.0.clone(),
    }
}

/// Says what differs, if it does.
fn differs<T: PartialEq + std::fmt::Debug>(what: &str, expected: T, got: T) -> Result<(), String> {
    if expected == got { Ok(()) } else { Err(format!("{what}: expected {expected:?}, got {got:?}")) }
}

/// What is told beside the bytes must be what they say.
fn check_fields(told: &HistoryEvent, subject: Address, event: &Event) -> Result<(), String> {
    differs("kind", event.kind(), told.kind)?;
    differs("subject", subject, told.subject)?;
    differs("actor", event.actor(), told.actor)?;
    differs("party", event.party(), told.party)?;
    differs("digest", event.digest(), told.digest)?;
    differs("via", event.via(), told.via)?;
    differs("purpose", event.purpose(), told.purpose)?;
    match (event.scope(), &told.scope) {
        (None, None) => Ok(()),
        (Some(scope), Some(told)) if is_of(scope, told) => Ok(()),
        (expected, got) => Err(format!("scope: expected {expected:?}, got {got:?}")),
    }
}

/// Whether a scope is told rightly, but for a CID's codec, which is in another event.
fn is_of(scope: Scope, told: &ScopeView) -> bool {
    match (scope, told.kind, told.folder, &told.cid) {
        (Scope::Chart, ScopeKind::Chart, None, None) | (Scope::Emergency, ScopeKind::Emergency, None, None) => true,
        (Scope::Folder(folder), ScopeKind::Folder, told, None) => told == Some(folder),
        (Scope::Record(digest), ScopeKind::Record, None, cid) => cid.is_none_or(|cid| cid.digest == digest),
        _ => false,
    }
}
