//! Who could see a record over a span of time: the ways to it, from when to when, and why each ended.

use std::collections::BTreeMap;

use serde::Serialize;

use super::chart::Chart;
use super::sights::Way;
use super::{State, sights};
use crate::model::view::{EndReason, PractitionerState, ScopeView};
use crate::model::{Address, Digest, Moment, Position, Reason, RecordCid};

/// Why somebody could not see it any longer: what ended the grant, or what the contract's judge would say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Why {
    Ended(EndReason),
    Refused(Reason),
}

/// Somebody who could see a record, in one way.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sighting {
    pub record: RecordCid,
    pub patient: Address,
    pub viewer: Address,
    /// The team, the referrer, or the patient for whom a guardian acts; null for the viewer's own grant.
    pub via: Option<Address>,
    /// Null for a guardian, who needs none.
    pub grant: Option<SightedBy>,
    /// Since when, within the span asked about.
    pub from: Moment,
    /// Until when, within it.
    pub until: Moment,
    /// Null: could see it longer than the span.
    pub end_reason: Option<Why>,
}

/// The grant by which somebody could see it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SightedBy {
    pub grantee: Address,
    pub scope: ScopeView,
    pub granted_at: Moment,
    pub expires_at: Moment,
}

/// A chart, the event that gave the way, and who goes it.
type Key = (Position, Address, Address);

/// Looks on while a state goes through time, from `first` up to before `end`.
#[derive(Debug)]
pub struct Watch {
    digest: Digest,
    only: Option<Address>,
    first: Moment,
    end: Moment,
    /// The latest time looked at.
    looked: Option<Moment>,
    /// Whether the state has gone beyond the span: what it says from then on does not count.
    over: bool,
    open: BTreeMap<Key, (Way, Sighting)>,
    done: Vec<(Key, Sighting)>,
}

impl Watch {
    /// Of a record, in one chart or in all that hold it.
    pub fn new(digest: Digest, only: Option<Address>, first: Moment, end: Moment) -> Self {
        Watch { digest, only, first, end, looked: None, over: false, open: BTreeMap::new(), done: Vec::new() }
    }

    /// The state holds up to before this time: what ends by itself meanwhile, ends. To be called before a block's events are applied.
    pub fn pass(&mut self, state: &State, until: Moment) {
        if self.over {
            return;
        }
        self.over = self.end <= until;
        let until = until.min(self.end);
        if self.looked.is_none() && self.first < until {
            self.look(state, self.first);
        }
        while let Some(next) = self.next_end(state).filter(|next| *next < until) {
            self.look(state, next);
        }
    }

    /// All events of a block of this time are applied.
    pub fn block(&mut self, state: &State, time: Moment) {
        if !self.over && self.first <= time && time < self.end {
            self.look(state, time);
        }
    }

    /// Nothing more is known from this time on. Those who could see it, by the events that let them, then by viewer.
    pub fn finish(mut self, state: &State, known: Moment) -> Vec<Sighting> {
        // The moment of the head itself is known.
        let beyond = Moment::from_unix(known.unix() + 1).unwrap_or(known);
        self.pass(state, beyond);
        let until = self.end.min(known);
        let open = std::mem::take(&mut self.open);
        self.done.extend(open.into_iter().map(|(key, (_, seen))| (key, Sighting { until, ..seen })));
        self.done.sort_by_key(|((from, viewer, _), seen)| (*from, *viewer, seen.from));
        self.done.into_iter().map(|(_, seen)| seen).collect()
    }

    fn next_end(&self, state: &State) -> Option<Moment> {
        let looked = self.looked?;
        let ends = self.charts(state).flat_map(|(_, chart)| state.ends(chart, looked));
        ends.filter(|end| *end > looked).min()
    }

    fn charts<'a>(&self, state: &'a State) -> impl Iterator<Item = (Address, &'a Chart)> {
        let (only, digest) = (self.only, self.digest);
        let charts = state.charts.iter().filter(move |(patient, _)| only.is_none_or(|only| only == **patient));
        charts.filter(move |(_, chart)| chart.record(digest).is_some()).map(|(patient, chart)| (*patient, chart))
    }

    fn look(&mut self, state: &State, time: Moment) {
        self.looked = Some(time);
        let now = self.sights(state, time);
        let gone: Vec<Key> = self.open.keys().filter(|key| !now.contains_key(key)).copied().collect();
        for key in gone {
            if let Some((way, seen)) = self.open.remove(&key) {
                let end_reason = Some(why(state, seen.patient, &way, self.digest, time));
                self.done.push((key, Sighting { until: time, end_reason, ..seen }));
            }
        }
        for (key, seen) in now {
            self.open.entry(key).or_insert(seen);
        }
    }

    fn sights(&self, state: &State, time: Moment) -> BTreeMap<Key, (Way, Sighting)> {
        let mut sights = BTreeMap::new();
        for (patient, chart) in self.charts(state) {
            let (Some(record), Some(cid)) = (chart.record(self.digest), chart.cid(self.digest)) else { continue };
            for way in state.ways(patient, chart, time).into_iter().filter(|way| State::shows(chart, way, record)) {
                let seen = Sighting {
                    record: cid,
                    patient,
                    viewer: way.viewer,
                    via: way.via,
                    grant: way.grant.map(|index| sighted_by(chart, index)),
                    from: time,
                    until: time,
                    end_reason: None,
                };
                sights.insert((way.from, way.viewer, patient), (way, seen));
            }
        }
        sights
    }
}

impl State {
    /// Who can see a record at a time, in one chart or in all that hold it: spans of no length.
    pub fn who(&self, digest: Digest, only: Option<Address>, time: Moment) -> Vec<Sighting> {
        let watch = Watch::new(digest, only, time, time);
        watch.sights(self, time).into_values().map(|(_, seen)| seen).collect()
    }

    /// Whether a chart holds the record, or any does.
    pub fn knows(&self, digest: Digest, only: Option<Address>) -> bool {
        Watch::new(digest, only, Moment::EPOCH, Moment::EPOCH).charts(self).next().is_some()
    }
}

fn sighted_by(chart: &Chart, index: usize) -> SightedBy {
    let given = &chart.grants.all()[index];
    SightedBy {
        grantee: given.grantee,
        scope: chart.scope(given.scope),
        granted_at: given.place.timestamp,
        expires_at: given.expires_at,
    }
}

/// Why a way that was there shows a record no longer.
fn why(state: &State, patient: Address, way: &Way, digest: Digest, time: Moment) -> Why {
    let Some(chart) = state.charts.get(&patient) else { return Why::Refused(Reason::UnknownPatient) };
    let Some(index) = way.grant else { return guardian_ended(chart, way, time) };
    let given = &chart.grants.all()[index];
    debug_assert_eq!(sights::position(given), way.from);
    if let Some((_, reason)) = chart.grants.ended(given, time) {
        return Why::Ended(reason);
    }
    if chart.record(digest).is_some_and(|record| record.retracted) {
        return Why::Refused(Reason::RecordRetracted);
    }
    Why::Refused(match state.standing(way.viewer, time) {
        None => Reason::UnknownPractitioner,
        Some(PractitionerState::Suspended) => Reason::PractitionerSuspended,
        Some(PractitionerState::Lapsed) => Reason::PractitionerLapsed,
        Some(PractitionerState::Active) if given.referrer.is_some() => Reason::ReferrerNotInGoodStanding,
        Some(PractitionerState::Active) => Reason::NotATeamMember,
    })
}

fn guardian_ended(chart: &Chart, way: &Way, time: Moment) -> Why {
    match chart.guardians.get(&way.viewer) {
        Some(term) if term.from != way.from => Why::Ended(EndReason::Replaced),
        Some(term) if !term.holds(time) => Why::Ended(EndReason::Expired),
        _ => Why::Refused(Reason::NotAGuardian),
    }
}
