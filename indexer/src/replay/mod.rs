//! The state that follows from events, event by event: who held which role and credential, which records and grants there were, and so who
//! could see what, at any moment. Pure, and made from the contract's rules alone (contracts/interfaces): it knows nothing of the tables that
//! `store` keeps, so that each shows the other's faults. What it is given it believes; [`Links`] checks it first.

mod chart;
mod day;
mod grants;
mod lines;
mod links;
mod registry;
mod sights;
mod wrong;

use std::collections::BTreeMap;

use chart::Chart;
pub use day::{Sighting, Watch, Why};
pub use links::Links;
use registry::Registry;
pub use wrong::{About, Wrong};

use crate::model::view::{HistoryEvent, Place};
use crate::model::{Address, Digest, Event, Moment, Position, REGISTRY, RecordCid, Scope, TrailDomain};

/// An event, and where and when it happened.
#[derive(Debug, Clone)]
pub struct Happened {
    /// Whose trail it belongs to.
    pub subject: Address,
    pub place: Place,
    pub event: Event,
}

impl Happened {
    /// Where it stands.
    pub fn position(&self) -> Position {
        Position { block_number: self.place.block_number, log_index: self.place.log_index }
    }

    fn time(&self) -> Moment {
        self.place.timestamp
    }
}

/// What holds after some events. Ends that come by themselves (of grants, licences, terms) are judged at the time asked about.
#[derive(Debug, Clone, Default)]
pub struct State {
    registry: Registry,
    charts: BTreeMap<Address, Chart>,
}

impl State {
    /// The next event, in the chain's order.
    pub fn apply(&mut self, happened: &Happened) {
        match &happened.event {
            Event::PatientRegistered { patient } => {
                self.charts.entry(*patient).or_default().register(happened.time());
            }
            _ if happened.subject == REGISTRY => self.registry.apply(happened),
            _ => self.charts.entry(happened.subject).or_default().apply(happened),
        }
    }

    /// Everybody who registered as a patient.
    pub fn patients(&self) -> impl Iterator<Item = Address> {
        self.charts.iter().filter(|(_, chart)| chart.registered().is_some()).map(|(patient, _)| *patient)
    }
}

/// A history as it is told, checked, and the state that follows from it.
#[derive(Debug)]
pub struct Replay {
    pub links: Links,
    pub state: State,
    /// Scopes of records that were not there yet, and the CIDs told.
    early: Vec<(Happened, Digest, Option<RecordCid>)>,
}

impl Replay {
    /// Of everything.
    pub fn new(domain: TrailDomain) -> Self {
        Replay { links: Links::new(domain), state: State::default(), early: Vec::new() }
    }

    /// Of one subject's trail.
    pub fn of(domain: TrailDomain, subject: Address) -> Self {
        Replay { links: Links::of(domain, subject), ..Replay::new(domain) }
    }

    /// Checks the next event without applying it.
    pub fn check(&mut self, told: &HistoryEvent) -> Result<Happened, Wrong> {
        let happened = self.links.follow(told)?;
        if let (Some(Scope::Record(digest)), Some(scope)) = (happened.event.scope(), &told.scope) {
            match self.state.cid(happened.subject, digest) {
                Some(cid) => same_cid(&happened, Some(cid), scope.cid)?,
                // Asked for before it was added: it is told as of later.
                None => self.early.push((happened.clone(), digest, scope.cid)),
            }
        }
        Ok(happened)
    }

    /// The next event.
    pub fn follow(&mut self, told: &HistoryEvent) -> Result<Happened, Wrong> {
        let happened = self.check(told)?;
        self.state.apply(&happened);
        Ok(happened)
    }

    /// There are no more events: what could not be compared before.
    pub fn finish(&mut self) -> Result<(), Wrong> {
        for (happened, digest, told) in self.early.drain(..) {
            same_cid(&happened, self.state.cid(happened.subject, digest), told)?;
        }
        Ok(())
    }
}

fn same_cid(happened: &Happened, expected: Option<RecordCid>, got: Option<RecordCid>) -> Result<(), Wrong> {
    if expected == got {
        return Ok(());
    }
    let told = |cid: Option<RecordCid>| cid.map_or("none".into(), |cid| cid.to_string());
    let detail = format!("scope: expected the CID {}, got {}", told(expected), told(got));
    Err(Wrong { about: About::Trail(happened.subject), position: Some(happened.position()), detail })
}
