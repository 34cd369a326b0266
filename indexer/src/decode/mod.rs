//! From logs to events: pure functions, no I/O. The bindings are generated from the contract's ABI, which is generated from
//! the contract: a changed event does not compile here.

use std::collections::HashMap;
use std::iter::Peekable;
use std::slice::Iter;

use crate::model::{Address, Block, Event, Hash, LoggedEvent, Position, RawLog, TrailDomain, logged_hash, next_link};

mod abi;
mod events;
mod words;
mod bindings {
    #![allow(clippy::all, missing_docs)]
    ethers::contract::abigen!(Chartkey, "$CARGO_MANIFEST_DIR/../contracts/abi/Chartkey.json");
}
use bindings::ChartkeyEvents as E;

/// A log that this version cannot read: another contract's, or a newer contract's. Following on would lose history.
#[derive(Debug, thiserror::Error)]
#[error("log {} of block {} cannot be read: {detail}", position.log_index, position.block_number)]
pub struct DecodeError {
    pub position: Position,
    pub detail: String,
}

/// The signatures of all events that are part of trails. OpenZeppelin's own role events are not.
pub fn topics() -> Vec<Hash> {
    events::signatures()
}

/// A log and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadLog {
    pub log: RawLog,
    pub subject: Address,
    /// What its link says about it ([`logged_hash`]).
    pub hash: Hash,
    pub event: Event,
}

/// Reads logs, in the order given. The costly half: it needs nothing but the logs, so any number may run at once.
pub fn read_logs(logs: Vec<RawLog>) -> Result<Vec<ReadLog>, DecodeError> {
    logs.into_iter().map(read_log).collect()
}

/// Continues the trails over logs in chain order. `blocks`: in order, with every log's block among them. `heads`: the link
/// of every subject so far (absent: the trail starts here); it is moved on, and of no use after an error.
pub fn link_logs(
    domain: &TrailDomain,
    blocks: &[Block],
    heads: &mut HashMap<Address, Hash>,
    logs: Vec<ReadLog>,
) -> Result<Vec<LoggedEvent>, DecodeError> {
    let mut blocks = blocks.iter().peekable();
    logs.into_iter().map(|log| Ok(link_log(domain, block_of(&mut blocks, &log.log)?, heads, log))).collect()
}

/// Reads logs and continues the trails: [`read_logs`], then [`link_logs`].
pub fn decode_logs(
    domain: &TrailDomain,
    blocks: &[Block],
    heads: &mut HashMap<Address, Hash>,
    logs: Vec<RawLog>,
) -> Result<Vec<LoggedEvent>, DecodeError> {
    link_logs(domain, blocks, heads, read_logs(logs)?)
}

/// The block of a log, which is that of the log before or a later one.
fn block_of<'a>(blocks: &mut Peekable<Iter<'a, Block>>, log: &RawLog) -> Result<&'a Block, DecodeError> {
    let position = log.position;
    let failed = |detail: String| DecodeError { position, detail };
    while blocks.next_if(|block| block.number < position.block_number).is_some() {}
    let block = blocks.peek().filter(|block| block.number == position.block_number);
    let block = block.ok_or_else(|| failed("its block is missing, or not in order".into()))?;
    if block.hash != log.block_hash {
        return Err(failed(format!("it is of block {}, not of {}", log.block_hash, block.hash)));
    }
    Ok(block)
}

fn link_log(domain: &TrailDomain, block: &Block, heads: &mut HashMap<Address, Hash>, read: ReadLog) -> LoggedEvent {
    let ReadLog { log, subject, hash, event } = read;
    let head = heads.entry(subject).or_insert_with(|| domain.start(subject));
    *head = next_link(*head, block.number, block.timestamp, hash);
    LoggedEvent { log, subject, link: *head, event }
}

fn read_log(log: RawLog) -> Result<ReadLog, DecodeError> {
    let subject = log.subject().map_err(|e| DecodeError { position: log.position, detail: e.0 })?;
    let event = decode(&log)?;
    let hash = logged_hash(&log.topics, &log.data);
    Ok(ReadLog { log, subject, hash, event })
}

/// Reads one log.
pub fn decode(log: &RawLog) -> Result<Event, DecodeError> {
    let event = events::read(log).and_then(abi::event);
    event.map_err(|e| DecodeError { position: log.position, detail: e.0 })
}

#[cfg(test)]
mod tests;
