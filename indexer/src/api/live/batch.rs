//! What is told at one time: what was withdrawn since, and the next events, each written once for all who get it.

use std::collections::HashMap;

use axum::body::Bytes;
use serde::Serialize;

use super::id::{ChainTag, EventId};
use crate::model::view::Reorg;
use crate::model::{Address, Block, Position};
use crate::store::read::{Reached, Told, Withdrawal};

/// From where to where a reader comes, and what there is to tell on the way.
pub(super) struct Batch {
    /// Whoever is there or farther misses nothing.
    pub from: Reached,
    pub to: EventId,
    /// `to` as a frame.
    pub mark: Bytes,
    pub withdrawals: Vec<Withdrawal>,
    /// The head that it was read at.
    pub head: Block,
    events: Vec<Frame>,
    /// Whose own each event is, by its place in `events`.
    own: HashMap<Address, Vec<usize>>,
}

/// An event as it is sent.
pub(super) struct Frame {
    at: Position,
    /// Whom it tells of.
    pub subject: Address,
    pub text: Bytes,
}

impl Batch {
    /// `to`: where it ends. `head`: of the snapshot it was read in.
    pub fn new(
        from: Reached,
        to: EventId,
        head: Block,
        withdrawals: Vec<Withdrawal>,
        told: Vec<Told>,
    ) -> Result<Self, serde_json::Error> {
        let mut own: HashMap<Address, Vec<usize>> = HashMap::new();
        let mut events = Vec::with_capacity(told.len());
        for one in told {
            for account in &one.concerned {
                own.entry(*account).or_default().push(events.len());
            }
            let text = event_frame(&one, to.withdrawals, to.chain)?;
            events.push(Frame { at: one.at, subject: one.event.subject, text });
        }
        Ok(Batch { from, to, mark: mark(&to), withdrawals, head, events, own })
    }

    /// What is somebody's own (`None`: everything), beyond a position.
    pub fn own(&self, account: Option<Address>, beyond: Option<Position>) -> Vec<&Frame> {
        let own: Vec<&Frame> = match account {
            None => self.events.iter().collect(),
            Some(account) => self.own.get(&account).into_iter().flatten().map(|nth| &self.events[*nth]).collect(),
        };
        own.into_iter().filter(|frame| Some(frame.at) > beyond).collect()
    }
}

fn event_frame(told: &Told, withdrawals: u64, chain: ChainTag) -> Result<Bytes, serde_json::Error> {
    let id = EventId::new(told.at, withdrawals, &told.event.link.position.block_hash, chain);
    frame(told.event.kind.name(), Some(&id), &told.event)
}

/// What was withdrawn. Without an id: who is cut before the next event is told again.
pub(super) fn reorg_frame(reorg: &Reorg) -> Result<Bytes, serde_json::Error> {
    frame("reorg", None, reorg)
}

/// JSON has no line breaks but in strings, where they are escaped.
fn frame(event: &str, id: Option<&EventId>, data: &impl Serialize) -> Result<Bytes, serde_json::Error> {
    let data = serde_json::to_string(data)?;
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    Ok(format!("event: {event}\n{id}data: {data}\n\n").into())
}

/// A frame without data: it moves the reader's last event id on, and nothing is dispatched (HTML standard, 9.2.6).
pub(super) fn mark(id: &EventId) -> Bytes {
    format!("id: {id}\n\n").into()
}
