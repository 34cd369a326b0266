//! Roles, care teams, and what else concerns no chart.

use std::sync::Arc;

use super::{Story, state::Team, words};
use crate::replay::{
    hash::{Account, Word, ZERO, keccak, of_account, of_number, to_account},
    kind::Kind,
    logs::Logs,
};

const DAY: u64 = 86_400;
const YEAR: u64 = 365 * DAY;
/// Roles are given to at most so many accounts.
const HOLDERS: usize = 5;

impl Story {
    /// First the constructor's: the admin. Then a registrar, an auditor and a custodian; then who comes and goes.
    pub(super) fn change_role(&mut self, logs: &mut Logs) -> Option<()> {
        if self.registrars.is_empty() && self.auditors.is_empty() && logs.len() == 0 && self.acts == 1 {
            let admin = self.admin;
            return self.log_role([0; 32], admin, true, logs);
        }
        let account = self.newcomer();
        if self.registrars.is_empty() {
            self.registrars.push(account);
            return self.log_role(keccak(&[b"REGISTRAR"]), account, true, logs);
        }
        let (list, role): (_, &[u8]) = match (self.auditors.len(), self.custodians.len(), self.rng.below(4)) {
            (0, ..) | (_, 1.., 0) => (&mut self.auditors, b"AUDITOR"),
            (_, 0, _) | (.., 1 | 2) => (&mut self.custodians, b"CUSTODIAN"),
            _ => (&mut self.registrars, b"REGISTRAR"),
        };
        let given = list.len() < HOLDERS;
        let account = if given { account } else { list.remove(1) };
        if given {
            list.push(account);
        }
        self.log_role(keccak(&[role]), account, given, logs)
    }

    fn log_role(&self, role: Word, account: Account, held: bool, logs: &mut Logs) -> Option<()> {
        let log = logs.event(Kind::RoleChanged, &ZERO, of_account(&account), role);
        log.number(held.into()).account(&self.admin);
        Some(())
    }

    /// A hand-over or a change of the delay begins, or what had begun is called off.
    pub(super) fn change_admin(&mut self, logs: &mut Logs) -> Option<()> {
        let (account, delay) = match (self.pending, self.rng.below(2)) {
            (true, _) => (ZERO, 0),
            (false, 0) => (self.rng.bytes(), 0),
            (false, _) => (ZERO, self.rng.between(1, 20) * DAY),
        };
        self.pending = !self.pending;
        let log = logs.event(Kind::AdminChangePending, &ZERO, of_account(&account), of_number(delay));
        log.account(&self.admin);
        Some(())
    }

    pub(super) fn create_team(&mut self, logs: &mut Logs) -> Option<()> {
        let registrar = *self.rng.pick(&self.registrars)?;
        let salt = self.random_word();
        let domain = keccak(&[b"chartkey/v1/team"]);
        let (chain, contract) = (of_number(self.chain_id), of_account(&self.contract));
        let account = to_account(&keccak(&[&domain, &chain, &contract, &of_account(&registrar), &salt]));
        let (name, organisation) = (words::team(&mut self.rng), words::organisation(&mut self.rng));
        let log = logs.event(Kind::TeamCreated, &ZERO, of_account(&account), of_account(&registrar));
        log.word(&salt).tail(&[name.as_bytes(), organisation.as_bytes()]);
        Arc::make_mut(&mut self.teams).push(Team { account, registrar, members: Vec::new() });
        Some(())
    }

    pub(super) fn set_member(&mut self, logs: &mut Logs) -> Option<()> {
        let nth = self.rng.below(self.teams.len());
        let registrar = self.teams.get(nth)?.registrar;
        if !self.registrars.contains(&registrar) {
            return None;
        }
        let member = self.staff_in_good_standing()?;
        let until = self.ahead(30 * DAY, 3 * YEAR);
        let team = Arc::make_mut(&mut self.teams).get_mut(nth)?;
        team.members.retain(|(other, _)| *other != member);
        team.members.push((member, until));
        let account = of_account(&self.staff.get(member as usize)?.account);
        let log = logs.event(Kind::TeamMemberSet, &ZERO, of_account(&team.account), account);
        log.account(&registrar).number(until);
        Some(())
    }

    pub(super) fn remove_member(&mut self, logs: &mut Logs) -> Option<()> {
        let nth = (0..8)
            .map(|_| self.rng.below(self.teams.len()))
            .find(|nth| self.teams.get(*nth).is_some_and(|team| !team.members.is_empty()))?;
        let registrar = *self.rng.pick(&self.registrars)?;
        let leaving = self.rng.percent(30);
        let which = self.rng.below(self.teams.get(nth)?.members.len());
        let team = Arc::make_mut(&mut self.teams).get_mut(nth)?;
        let (member, _) = team.members.swap_remove(which);
        let member = self.staff.get(member as usize)?.account;
        let log = logs.event(Kind::TeamMemberRemoved, &ZERO, of_account(&team.account), of_account(&member));
        log.account(if leaving { &member } else { &registrar });
        Some(())
    }

    /// A signed open that a relayer brought and the contract did not log as one.
    pub(super) fn skip_open(&mut self, logs: &mut Logs) -> Option<()> {
        let patient = self.rng.below(self.patients.len());
        let record = self.patients.get(patient).map(|_| ()).and_then(|()| self.some_record(patient))?;
        let reader = self.staff_in_good_standing()?;
        let reader = self.staff.get(reader as usize)?.account;
        let relayer: Account = self.rng.bytes();
        // 5: the judge refused, and the reason is one about grants; else it was not asked (16).
        let skip = self.rng.between(1, 5);
        let reason = if skip == 5 { self.rng.between(10, 15) } else { 16 };
        let request = self.random_word();
        let log = logs.event(Kind::OpenSkipped, &ZERO, of_account(&reader), request);
        let log = log.account(&relayer).account(&self.patients[patient].account).word(&record.digest);
        log.number(skip).number(reason);
        Some(())
    }

    pub(super) fn cancel_nonces(&mut self, logs: &mut Logs) -> Option<()> {
        let staff = self.staff_in_good_standing()?;
        let account = of_account(&self.staff.get(staff as usize)?.account);
        let (word, bits) = (of_number(self.rng.next()), self.random_word());
        logs.event(Kind::NoncesCancelled, &ZERO, account, word).word(&bits);
        Some(())
    }
}
