//! Who can see what: the contract's judge, asked the other way round. A way to see is what the reader of an open names as `via`; whoever has
//! one, for a scope that covers a record, may open it.

use super::State;
use super::chart::{Added, Chart};
use super::grants::Given;
use crate::model::view::PractitionerState;
use crate::model::{Address, Moment, Position, Scope};

/// One way in which somebody may open records of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    /// The event that gave it: the grant's, or the guardian's naming.
    pub from: Position,
    pub viewer: Address,
    /// The team, the referrer, or the patient for whom a guardian acts.
    pub via: Option<Address>,
    /// Which of the chart's grants; none for a guardian.
    pub grant: Option<usize>,
}

impl State {
    /// All ways at a time, by the events that gave them, then by viewer.
    pub(super) fn ways(&self, patient: Address, chart: &Chart, time: Moment) -> Vec<Way> {
        let guardians = chart.guardians.iter().filter(|(_, term)| term.holds(time));
        let mut ways: Vec<Way> = guardians
            .map(|(viewer, term)| Way { from: term.from, viewer: *viewer, via: Some(patient), grant: None })
            .collect();
        for (index, given) in chart.grants.all().iter().enumerate() {
            if given.rights.may_read() && chart.grants.in_force(given, time) {
                let viewers = self.viewers_by(patient, given, time).into_iter();
                let from = position(given);
                ways.extend(viewers.map(|(viewer, via)| Way { from, viewer, via, grant: Some(index) }));
            }
        }
        ways.sort_by_key(|way| (way.from, way.viewer));
        ways
    }

    /// Who sees by a grant in force, and through whom: its grantee; the members of the team that it is for; or, of a referral, its
    /// grantee while the referrer is in good standing too.
    fn viewers_by(&self, patient: Address, given: &Given, time: Moment) -> Vec<(Address, Option<Address>)> {
        let good = |account: Address| self.registry.in_good_standing(account, time);
        if given.referrer.is_none() && self.registry.is_team(given.grantee) {
            let members = self.registry.members(given.grantee);
            let members = members.filter(|(member, term)| *member != patient && term.holds(time) && good(*member));
            return members.map(|(member, _)| (member, Some(given.grantee))).collect();
        }
        let sees = good(given.grantee) && given.referrer.is_none_or(good);
        sees.then_some((given.grantee, given.referrer)).into_iter().collect()
    }

    /// Whether a way shows a record: what its scope covers and is not retracted; to guardians, everything.
    pub(super) fn shows(chart: &Chart, way: &Way, record: &Added) -> bool {
        let Some(scope) = way.grant.map(|index| chart.grants.all()[index].scope) else { return true };
        let covers = match scope {
            Scope::Chart | Scope::Emergency => true,
            Scope::Folder(folder) => folder == record.folder,
            Scope::Record(digest) => digest == record.digest,
        };
        covers && !record.retracted
    }

    /// The times at which ways end by themselves, as things stand: the grant's, the practitioners', the members', the guardians'.
    pub(super) fn ends(&self, chart: &Chart, time: Moment) -> Vec<Moment> {
        let mut ends: Vec<Moment> = chart.guardians.values().map(|term| term.until).collect();
        for given in chart.grants.all().iter().filter(|given| chart.grants.in_force(given, time)) {
            ends.push(given.expires_at);
            let accounts = [Some(given.grantee), given.referrer].into_iter().flatten();
            ends.extend(accounts.filter_map(|account| self.registry.valid_until(account)));
            for (member, term) in self.registry.members(given.grantee) {
                ends.push(term.until);
                ends.extend(self.registry.valid_until(member));
            }
        }
        ends
    }

    /// How a practitioner stands whom a way needs.
    pub(super) fn standing(&self, account: Address, time: Moment) -> Option<PractitionerState> {
        self.registry.standing(account, time)
    }
}

pub(super) fn position(given: &Given) -> Position {
    Position { block_number: given.place.block_number, log_index: given.place.log_index }
}
