//! What happened, as the node tells it, and whether a listener was told exactly its part of it. The index has no say in it.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use chartkey_indexer::chain::{Chain as _, RpcChain};
use chartkey_indexer::decode::read_logs;
use chartkey_indexer::model::{Address, Event, Position, RawLog};
use serde_json::{Value, json};

use crate::listener::Told;

/// Blocks asked for at once.
const BLOCKS: usize = 256;

/// An event of the chain.
#[derive(Debug)]
pub struct Happened {
    pub log: RawLog,
    pub subject: Address,
    pub event: Event,
}

/// Everything that happened in these blocks.
pub async fn happened(chain: &RpcChain, blocks: RangeInclusive<u64>) -> Result<Vec<Happened>> {
    let mut all = Vec::new();
    let end = *blocks.end();
    for first in blocks.step_by(BLOCKS) {
        let last = end.min(first + BLOCKS as u64 - 1);
        let read = read_logs(chain.logs(first..=last).await?)?.into_iter();
        all.extend(read.map(|read| Happened { log: read.log, subject: read.subject, event: read.event }));
    }
    Ok(all)
}

/// What is to be told, and to whom.
pub struct Truth {
    events: Vec<Happened>,
    by_place: HashMap<Position, usize>,
    by_account: HashMap<Address, Vec<usize>>,
    /// The frame in which each was told first: nobody may be told it in other words.
    frames: HashMap<Position, Arc<str>>,
}

impl Truth {
    pub fn new(events: Vec<Happened>) -> Self {
        let mut by_account: HashMap<Address, Vec<usize>> = HashMap::new();
        for (nth, one) in events.iter().enumerate() {
            let mut named: Vec<Address> =
                [one.subject, one.event.actor()].into_iter().chain(one.event.party()).collect();
            named.sort_unstable();
            named.dedup();
            for account in named {
                by_account.entry(account).or_default().push(nth);
            }
        }
        let by_place = events.iter().enumerate().map(|(nth, one)| (one.log.position, nth)).collect();
        Truth { events, by_place, by_account, frames: HashMap::new() }
    }

    /// Where the events stand that an account (`None`: an auditor) is to be told of, in order.
    pub fn own(&self, account: Option<Address>) -> Vec<Position> {
        let place = |one: &Happened| one.log.position;
        match account {
            None => self.events.iter().map(place).collect(),
            Some(account) => {
                let own = self.by_account.get(&account).into_iter().flatten();
                own.map(|nth| place(&self.events[*nth])).collect()
            }
        }
    }

    /// Events in these blocks.
    pub fn count(&self, blocks: RangeInclusive<u64>) -> u64 {
        self.events.iter().filter(|one| blocks.contains(&one.log.position.block_number)).count() as u64
    }

    /// Whether this is what an account was to be told: all of it, once, in order, nothing else, and as the node has it.
    pub fn check(&mut self, account: Option<Address>, told: &[Told]) -> Result<()> {
        let own = self.own(account);
        for (nth, one) in told.iter().enumerate() {
            if own.get(nth) != Some(&one.place) {
                bail!("{} as number {nth}: {}", at(one.place), what_is_wrong(one.place, &own, &told[..nth]));
            }
            self.check_frame(one).with_context(|| at(one.place))?;
        }
        ensure!(told.len() == own.len(), "missed {} and {} more", at(own[told.len()]), own.len() - told.len() - 1);
        Ok(())
    }

    fn check_frame(&mut self, told: &Told) -> Result<()> {
        if let Some(known) = self.frames.get(&told.place) {
            ensure!(**known == *told.frame, "told in other words than to others");
            return Ok(());
        }
        let one = &self.events[self.by_place[&told.place]];
        let data = told.frame.lines().find_map(|line| line.strip_prefix("data: ")).context("there are no data")?;
        let data: Value = serde_json::from_str(data)?;
        let log = &one.log;
        let bytes: String = log.data.iter().map(|byte| format!("{byte:02x}")).collect();
        let kind = one.event.kind().name();
        let fields = [
            ("/kind", json!(kind)),
            ("/subject", json!(one.subject)),
            ("/actor", json!(one.event.actor())),
            ("/party", json!(one.event.party())),
            ("/topics", json!(log.topics)),
            ("/data", json!(format!("0x{bytes}"))),
            ("/position/blockHash", json!(log.block_hash)),
            ("/position/transactionHash", json!(log.transaction_hash)),
            ("/position/blockNumber", json!(told.place.block_number)),
            ("/position/logIndex", json!(told.place.log_index)),
        ];
        for (field, expected) in fields {
            let found = data.pointer(field).with_context(|| format!("there is no {field}"))?;
            ensure!(*found == expected, "{field} is told as {found}, and the node has {expected}");
        }
        ensure!(told.frame.starts_with(&format!("event: {kind}\n")), "named otherwise than {kind}");
        self.frames.insert(told.place, told.frame.as_str().into());
        Ok(())
    }

    /// The frame of each event that anybody was told, by its place.
    pub fn frames(&self) -> &HashMap<Position, Arc<str>> {
        &self.frames
    }
}

fn at(place: Position) -> String {
    format!("log {} of block {}", place.log_index, place.block_number)
}

fn what_is_wrong(place: Position, own: &[Position], before: &[Told]) -> &'static str {
    if before.iter().any(|told| told.place == place) {
        "told twice"
    } else if own.contains(&place) {
        "out of order, or something before it is missed"
    } else {
        "somebody else's"
    }
}
