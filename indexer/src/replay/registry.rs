//! What the registry's trail says: roles, practitioners, care teams and their members.

use std::collections::BTreeMap;

use super::Happened;
use crate::model::view::{HeldRole, Membership, NamedTeam, Practitioner, PractitionerState, StateLine};
use crate::model::{Address, DirectoryEntry, Event, Hash, Moment, Position, Role};

/// Somebody's place until a time, as its slot has it. An end that has passed stays until somebody takes it out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    pub from: Position,
    pub since: Moment,
    pub until: Moment,
}

impl Term {
    pub fn beginning(happened: &Happened, until: Moment) -> Self {
        Term { from: happened.position(), since: happened.time(), until }
    }

    pub fn holds(&self, time: Moment) -> bool {
        time < self.until
    }
}

#[derive(Debug, Clone)]
struct Vouched {
    entry: DirectoryEntry,
    registrar: Address,
    valid_until: Moment,
    suspended: bool,
    emergency_capable: bool,
    changed_at: Moment,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Registry {
    roles: BTreeMap<(Address, Hash), Moment>,
    practitioners: BTreeMap<Address, Vouched>,
    teams: BTreeMap<Address, NamedTeam>,
    /// By team and member.
    members: BTreeMap<(Address, Address), Term>,
}

impl Registry {
    pub fn apply(&mut self, happened: &Happened) {
        let now = happened.time();
        match &happened.event {
            Event::RoleChanged { account, role, held: true, .. } => {
                self.roles.insert((*account, *role), now);
            }
            Event::RoleChanged { account, role, held: false, .. } => {
                self.roles.remove(&(*account, *role));
            }
            Event::TeamCreated { team, registrar, name, organisation } => {
                let (name, organisation) = (name.clone(), organisation.clone());
                let made = NamedTeam { address: *team, registrar: *registrar, name, organisation, created_at: now };
                self.teams.insert(*team, made);
            }
            Event::TeamMemberSet { team, member, until, .. } => {
                self.members.insert((*team, *member), Term::beginning(happened, *until));
            }
            Event::TeamMemberRemoved { team, member, .. } => {
                self.members.remove(&(*team, *member));
            }
            event => self.vouch(event, now),
        }
    }

    /// What a registrar says of a practitioner. What they do not name stays.
    fn vouch(&mut self, event: &Event, now: Moment) {
        if let Event::PractitionerRegistered { practitioner, registrar, valid_until, emergency_capable, entry } = event
        {
            let vouched = Vouched {
                entry: entry.clone(),
                registrar: *registrar,
                valid_until: *valid_until,
                suspended: false,
                emergency_capable: *emergency_capable,
                changed_at: now,
            };
            self.practitioners.insert(*practitioner, vouched);
            return;
        }
        let Some(known) = event.party().and_then(|account| self.practitioners.get_mut(&account)) else { return };
        match event {
            Event::PractitionerAmended { entry, .. } => known.entry = entry.clone(),
            Event::PractitionerRenewed { valid_until, emergency_capable, .. } => {
                (known.valid_until, known.emergency_capable) = (*valid_until, *emergency_capable);
            }
            Event::PractitionerSuspended { .. } => known.suspended = true,
            Event::PractitionerReinstated { .. } => known.suspended = false,
            _ => return,
        }
        (known.registrar, known.changed_at) = (event.actor(), now);
    }

    pub fn is_team(&self, account: Address) -> bool {
        self.teams.contains_key(&account)
    }

    /// How a practitioner stands. `None`: no registrar ever vouched for the account.
    pub fn standing(&self, account: Address, time: Moment) -> Option<PractitionerState> {
        self.practitioners.get(&account).map(|known| known.state(time))
    }

    pub fn in_good_standing(&self, account: Address, time: Moment) -> bool {
        self.standing(account, time) == Some(PractitionerState::Active)
    }

    /// Until when a registrar vouches.
    pub fn valid_until(&self, account: Address) -> Option<Moment> {
        self.practitioners.get(&account).map(|known| known.valid_until)
    }

    /// Who has a place in a team, whether or not their end has passed.
    pub fn members(&self, team: Address) -> impl Iterator<Item = (Address, &Term)> {
        let all = (team, Address([0; 20]))..=(team, Address([0xff; 20]));
        self.members.range(all).map(|((_, member), term)| (*member, term))
    }

    /// Its lines of the state.
    pub fn lines(&self, time: Moment) -> impl Iterator<Item = StateLine> {
        let roles = self.roles.iter().map(|((account, role), since)| {
            let name = Role::ALL.into_iter().find(|known| known.id() == *role);
            StateLine::Role(HeldRole { account: *account, role: *role, name, since: *since })
        });
        let practitioners = self.practitioners.iter();
        let practitioners =
            practitioners.map(move |(account, known)| StateLine::Practitioner(known.view(*account, time)));
        let teams = self.teams.values().cloned().map(StateLine::Team);
        let members = self.members.iter().filter(move |(_, term)| term.holds(time)).map(|((team, member), term)| {
            StateLine::Member(Membership { team: *team, member: *member, since: term.since, until: term.until })
        });
        roles.chain(practitioners).chain(teams).chain(members)
    }
}

impl Vouched {
    fn state(&self, time: Moment) -> PractitionerState {
        match (self.suspended, time < self.valid_until) {
            (true, _) => PractitionerState::Suspended,
            (false, false) => PractitionerState::Lapsed,
            (false, true) => PractitionerState::Active,
        }
    }

    fn view(&self, address: Address, time: Moment) -> Practitioner {
        let DirectoryEntry { name, licence, specialty, organisation } = self.entry.clone();
        Practitioner {
            address,
            name,
            licence,
            specialty,
            organisation,
            state: self.state(time),
            valid_until: self.valid_until,
            suspended: self.suspended,
            emergency_capable: self.emergency_capable,
            registrar: self.registrar,
            changed_at: self.changed_at,
        }
    }
}
