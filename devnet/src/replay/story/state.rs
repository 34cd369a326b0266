//! What the contract would hold: enough of it that everything generated could have happened.

use super::super::hash::{Account, Word};

pub(super) const READ: u8 = 1;
pub(super) const WRITE: u8 = 2;
pub(super) const REFER: u8 = 4;
/// The whole chart.
pub(super) const CHART: Word = [0; 32];
/// The whole chart in an emergency.
pub(super) const EMERGENCY: Word = [0xff; 32];
/// The purpose BTG, and its bit.
pub(super) const BTG: u8 = 2;

/// A practitioner, by number.
pub(super) type Staff = u32;

#[derive(Clone, Debug)]
pub(super) struct Practitioner {
    pub(super) account: Account,
    /// Unix seconds.
    pub(super) valid_until: u64,
    pub(super) suspended: bool,
    pub(super) emergency_capable: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Team {
    pub(super) account: Account,
    pub(super) registrar: Account,
    /// With the end of each, Unix seconds.
    pub(super) members: Vec<(Staff, u64)>,
}

/// Who holds a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grantee {
    Practitioner(Staff),
    Team(u32),
}

/// A grant's slot.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) grantee: Grantee,
    pub(super) scope: Word,
    pub(super) rights: u8,
    pub(super) purposes: u16,
    pub(super) expires_at: u64,
    pub(super) epoch: u32,
    /// No two of a chart share it.
    pub(super) id: u32,
}

/// A referral's slot.
#[derive(Clone, Debug)]
pub(super) struct Referral {
    pub(super) referrer: Staff,
    pub(super) grantee: Staff,
    pub(super) scope: Word,
    pub(super) parent: Word,
    pub(super) parent_id: u32,
    pub(super) rights: u8,
    pub(super) purposes: u16,
    pub(super) expires_at: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Current,
    Superseded,
    Retracted,
}

#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) digest: Word,
    pub(super) folder: u32,
    pub(super) author: Account,
    pub(super) status: Status,
}

/// A chart and what rests on it.
#[derive(Clone, Debug, Default)]
pub(super) struct Patient {
    pub(super) account: Account,
    pub(super) epoch: u32,
    pub(super) grants_given: u32,
    /// Seconds that a broken glass stays open; 0: nobody may.
    pub(super) policy: u32,
    pub(super) records: Vec<Record>,
    pub(super) grants: Vec<Grant>,
    pub(super) referrals: Vec<Referral>,
    /// With the end of each, Unix seconds.
    pub(super) guardians: Vec<(Account, u64)>,
    /// Practitioner and reason of each glass broken and not reviewed.
    pub(super) emergencies: Vec<(Account, Word)>,
}

impl Patient {
    pub(super) fn grant(&self, grantee: Grantee, scope: &Word) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.grantee == grantee && grant.scope == *scope)
    }

    /// Whether a grant is there and has neither run out nor been voided.
    pub(super) fn in_force(&self, grant: &Grant, now: u64) -> bool {
        now < grant.expires_at && grant.epoch == self.epoch
    }

    /// Puts a grant into its slot, over the one that is there.
    pub(super) fn put_grant(&mut self, grantee: Grantee, scope: Word, rights: u8, purposes: u16, expires_at: u64) {
        self.grants.retain(|grant| grant.grantee != grantee || grant.scope != scope);
        self.grants_given += 1;
        let (epoch, id) = (self.epoch, self.grants_given);
        self.grants.push(Grant { grantee, scope, rights, purposes, expires_at, epoch, id });
    }

    /// The widest scope by which a grant of this grantee allows something with a record (or none yet, of this folder).
    pub(super) fn judge(&self, grantee: Grantee, what: &What<'_>, now: u64) -> Option<Word> {
        what.scopes().into_iter().flatten().find(|scope| {
            let grant = self.grant(grantee, scope);
            grant.is_some_and(|grant| {
                self.in_force(grant, now) && grant.rights & what.right != 0 && grant.purposes & what.purposes != 0
            })
        })
    }

    /// The same for what `referrer` passed on.
    pub(super) fn judge_referred(&self, referrer: Staff, reader: Staff, what: &What<'_>, now: u64) -> Option<Word> {
        what.scopes().into_iter().flatten().find(|scope| {
            let mut slots = self.referrals.iter();
            let slot = slots.find(|slot| slot.referrer == referrer && slot.grantee == reader && slot.scope == *scope);
            slot.is_some_and(|slot| {
                let parent = self.grant(Grantee::Practitioner(referrer), &slot.parent);
                now < slot.expires_at
                    && slot.rights & what.right != 0
                    && slot.purposes & what.purposes != 0
                    && parent.is_some_and(|parent| parent.id == slot.parent_id && parent.epoch == self.epoch)
            })
        })
    }
}

/// What somebody wants to do with a record.
pub(super) struct What<'a> {
    pub(super) right: u8,
    pub(super) purposes: u16,
    pub(super) folder: u32,
    /// `None`: a record to come.
    pub(super) digest: Option<&'a Word>,
}

impl What<'_> {
    /// The scopes that would cover it, widest first, as the judge asks them.
    fn scopes(&self) -> [Option<Word>; 3] {
        [Some(CHART), (self.folder != 0).then(|| of_folder(self.folder)), self.digest.copied()]
    }
}

pub(super) fn of_folder(folder: u32) -> Word {
    super::super::hash::of_number(folder.into())
}
