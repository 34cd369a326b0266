//! Practitioners' standing, and their entries in the directory.

use std::sync::Arc;

use super::{
    Story,
    state::{Practitioner, Staff},
    words,
};
use crate::replay::{
    hash::{Account, Word, ZERO, of_account},
    kind::Kind,
    logs::{Data, Logs},
};

const DAY: u64 = 86_400;
const YEAR: u64 = 365 * DAY;

impl Story {
    pub(super) fn register_practitioner(&mut self, logs: &mut Logs) -> Option<()> {
        let registrar = *self.rng.pick(&self.registrars)?;
        let account = self.newcomer();
        let valid_until = self.validity();
        let emergency_capable = self.rng.percent(25);
        let practitioner = Practitioner { account, valid_until, suspended: false, emergency_capable };
        Arc::make_mut(&mut self.staff).push(practitioner);
        let log = about(Kind::PractitionerRegistered, &account, &registrar, logs);
        let log = log.number(valid_until).number(emergency_capable.into());
        log.tail(&words::entry(&mut self.rng).each_ref().map(String::as_bytes));
        Some(())
    }

    pub(super) fn amend_practitioner(&mut self, logs: &mut Logs) -> Option<()> {
        let (_, account, registrar) = self.anyone()?;
        let log = about(Kind::PractitionerAmended, &account, &registrar, logs);
        log.tail(&words::entry(&mut self.rng).each_ref().map(String::as_bytes));
        Some(())
    }

    pub(super) fn renew_practitioner(&mut self, logs: &mut Logs) -> Option<()> {
        let (staff, account, registrar) = self.anyone()?;
        let (valid_until, emergency_capable) = (self.validity(), self.rng.percent(25));
        let practitioner = self.practitioner_mut(staff)?;
        (practitioner.valid_until, practitioner.emergency_capable) = (valid_until, emergency_capable);
        let log = about(Kind::PractitionerRenewed, &account, &registrar, logs);
        log.number(valid_until).number(emergency_capable.into());
        Some(())
    }

    /// At most one in twenty is suspended.
    pub(super) fn suspend_or_reinstate(&mut self, logs: &mut Logs) -> Option<()> {
        let registrar = *self.rng.pick(&self.registrars)?;
        let full = self.suspended.len() * 20 >= self.staff.len();
        if !self.suspended.is_empty() && (full || self.rng.percent(40)) {
            let nth = self.rng.below(self.suspended.len());
            let staff = self.suspended.swap_remove(nth);
            let practitioner = self.practitioner_mut(staff)?;
            practitioner.suspended = false;
            about(Kind::PractitionerReinstated, &practitioner.account, &registrar, logs);
            return Some(());
        }
        let (staff, ..) = self.anyone()?;
        let practitioner = self.practitioner_mut(staff)?;
        if practitioner.suspended {
            return None;
        }
        practitioner.suspended = true;
        about(Kind::PractitionerSuspended, &practitioner.account, &registrar, logs);
        self.suspended.push(staff);
        Some(())
    }

    /// A practitioner, whatever their standing, and a registrar.
    fn anyone(&mut self) -> Option<(Staff, Account, Account)> {
        let staff = self.rng.below(self.staff.len()) as Staff;
        let registrar = *self.rng.pick(&self.registrars)?;
        Some((staff, self.staff.get(staff as usize)?.account, registrar))
    }

    fn practitioner_mut(&mut self, staff: Staff) -> Option<&mut Practitioner> {
        Arc::make_mut(&mut self.staff).get_mut(staff as usize)
    }

    /// Some years; a few are vouched for only for days.
    fn validity(&mut self) -> u64 {
        if self.rng.percent(3) { self.ahead(DAY, 9 * DAY) } else { self.ahead(YEAR, 5 * YEAR) }
    }
}

fn about<'a>(kind: Kind, practitioner: &Account, registrar: &Account, logs: &'a mut Logs) -> Data<'a> {
    let topics: [Word; 2] = [practitioner, registrar].map(of_account);
    logs.event(kind, &ZERO, topics[0], topics[1])
}
