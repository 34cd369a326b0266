//! The state as lines (`GET /v1/state`), and a chart as lists.

use super::State;
use super::chart::Chart;
use super::grants::Given;
use crate::model::view::{self, EmergencyTerms, Grant, GranteeKind, Guardianship, HexBytes, Record, StateLine, Viewer};
use crate::model::{Address, Digest, Moment, RecordCid};

impl State {
    /// What is in force at a time, in the order of [`StateLine`]'s kinds; without the head.
    pub fn lines(&self, time: Moment) -> impl Iterator<Item = StateLine> {
        let patients = self.charts.iter().filter_map(|(address, chart)| {
            Some(StateLine::Patient(view::Chart { address: *address, registered_at: chart.registered()? }))
        });
        let guardians = self.charts.iter().flat_map(move |(patient, chart)| {
            let held = chart.guardians.iter().filter(move |(_, term)| term.holds(time));
            held.map(|(guardian, term)| {
                let (since, until) = (term.since, term.until);
                StateLine::Guardian(Guardianship { patient: *patient, guardian: *guardian, since, until })
            })
        });
        let policies = self.charts.iter().filter_map(|(patient, chart)| {
            let (duration_seconds, since) = chart.emergency.filter(|(seconds, _)| *seconds > 0)?;
            Some(StateLine::EmergencyPolicy(EmergencyTerms { patient: *patient, duration_seconds, since }))
        });
        let records = self.charts.keys().flat_map(|patient| self.records(*patient)).map(StateLine::Record);
        let grants = self.charts.keys().flat_map(move |patient| self.grants(*patient, time));
        let grants = grants.filter(|grant| grant.ended_at.is_none()).map(StateLine::Grant);
        self.registry.lines(time).chain(patients).chain(guardians).chain(policies).chain(records).chain(grants)
    }

    /// All records of a patient, in the chain's order.
    pub fn records(&self, patient: Address) -> impl Iterator<Item = Record> {
        let chart = self.charts.get(&patient).into_iter();
        chart.flat_map(move |chart| chart.records.iter().map(move |record| chart.view(patient, record)))
    }

    /// All grants of a patient, ended ones too, in the chain's order.
    pub fn grants(&self, patient: Address, time: Moment) -> impl Iterator<Item = Grant> {
        let chart = self.charts.get(&patient).into_iter();
        chart.flat_map(move |chart| chart.grants.all().iter().map(move |given| self.grant(patient, chart, given, time)))
    }

    /// Who can see what in a chart, the patient left out, in the order of the events that let them.
    pub fn viewers(&self, patient: Address, time: Moment) -> Vec<Viewer> {
        let Some(chart) = self.charts.get(&patient) else { return Vec::new() };
        let ways = self.ways(patient, chart, time).into_iter();
        let grant = |index: Option<usize>| index.map(|at| self.grant(patient, chart, &chart.grants.all()[at], time));
        ways.map(|way| Viewer { viewer: way.viewer, via: way.via, grant: grant(way.grant) }).collect()
    }

    /// The CID that a chart holds of a digest.
    pub fn cid(&self, patient: Address, digest: Digest) -> Option<RecordCid> {
        self.charts.get(&patient)?.cid(digest)
    }

    fn grant(&self, patient: Address, chart: &Chart, given: &Given, time: Moment) -> Grant {
        let end = chart.grants.ended(given, time);
        let team = self.registry.is_team(given.grantee);
        Grant {
            patient,
            grantee: given.grantee,
            grantee_kind: if team { GranteeKind::Team } else { GranteeKind::Practitioner },
            scope: chart.scope(given.scope),
            rights: given.rights.names(),
            purposes: given.purposes.names(),
            referrer: given.referrer,
            granted_at: given.place.timestamp,
            expires_at: given.expires_at,
            ended_at: end.map(|(time, _)| time),
            end_reason: end.map(|(_, reason)| reason),
            sealed_key: HexBytes(given.sealed_key.clone()),
            position: given.place.clone(),
        }
    }
}
