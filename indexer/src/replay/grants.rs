//! Grants and referrals of one chart, as their slots on chain hold them, and those whose slots were emptied since.

use std::collections::HashMap;

use super::Happened;
use crate::model::view::{EndReason, Place};
use crate::model::{Address, Event, Moment, Position, Purpose, Purposes, Rights, Scope};

/// What is granted once at a time: grantee, scope's word, referrer.
type Slot = (Address, [u8; 32], Option<Address>);

/// That a grant's slot was emptied or overwritten.
#[derive(Debug, Clone, Copy)]
struct Ended {
    at: Position,
    time: Moment,
    reason: EndReason,
}

/// A grant, a referral, or what breaking the glass gave.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub grantee: Address,
    pub scope: Scope,
    pub referrer: Option<Address>,
    pub rights: Rights,
    pub purposes: Purposes,
    pub expires_at: Moment,
    pub sealed_key: Vec<u8>,
    pub place: Place,
    /// The chart's epoch, which it remembers. A referral has its parent's.
    epoch: usize,
    /// Of a referral: which of the grants it rests on.
    parent: Option<usize>,
    ended: Option<Ended>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Grants {
    /// In the chain's order.
    all: Vec<Given>,
    /// What each slot holds.
    slots: HashMap<Slot, usize>,
    /// Each "revoke everyone": the one at index N ended epoch N.
    epochs: Vec<(Position, Moment)>,
}

/// A grant's terms, before it has a place.
struct Terms<'a> {
    grantee: Address,
    scope: Scope,
    rights: Rights,
    purposes: Purposes,
    expires_at: Moment,
    sealed_key: &'a [u8],
}

impl Grants {
    pub fn all(&self) -> &[Given] {
        &self.all
    }

    pub fn apply(&mut self, happened: &Happened) {
        match &happened.event {
            Event::AccessGranted { grantee, scope, rights, purposes, expires_at, epoch, sealed_key, .. } => {
                let terms = Terms {
                    grantee: *grantee,
                    scope: *scope,
                    rights: *rights,
                    purposes: *purposes,
                    expires_at: *expires_at,
                    sealed_key,
                };
                self.give(happened, terms, None, *epoch as usize, None);
            }
            Event::GlassBroken { practitioner, expires_at, epoch } => {
                let terms = Terms {
                    grantee: *practitioner,
                    scope: Scope::Emergency,
                    rights: Rights::READ,
                    purposes: Purposes::only(Purpose::Btg),
                    expires_at: *expires_at,
                    sealed_key: &[],
                };
                self.give(happened, terms, None, *epoch as usize, None);
            }
            Event::AccessReferred { .. } => self.refer(happened),
            Event::AccessRevoked { grantee, scope, .. } => {
                self.end((*grantee, scope.to_word(), None), happened, EndReason::Revoked);
            }
            Event::AccessRenounced { grantee, scope } => {
                self.end((*grantee, scope.to_word(), None), happened, EndReason::Renounced);
            }
            Event::ReferralEnded { grantee, scope, referrer, actor } => {
                let reason = if actor == grantee { EndReason::Renounced } else { EndReason::Revoked };
                self.end((*grantee, scope.to_word(), Some(*referrer)), happened, reason);
            }
            Event::EveryoneRevoked { .. } => self.epochs.push((happened.position(), happened.time())),
            _ => {}
        }
    }

    /// A referral rests on the very grant that the referrer's slot holds at that moment.
    fn refer(&mut self, happened: &Happened) {
        let Event::AccessReferred { grantee, scope, referrer, parent, rights, purposes, expires_at, sealed_key } =
            &happened.event
        else {
            return;
        };
        let terms = Terms {
            grantee: *grantee,
            scope: *scope,
            rights: *rights,
            purposes: *purposes,
            expires_at: *expires_at,
            sealed_key,
        };
        let parent = self.slots.get(&(*referrer, parent.to_word(), None)).copied();
        let epoch = parent.map_or(self.epochs.len(), |parent| self.all[parent].epoch);
        self.give(happened, terms, Some(*referrer), epoch, parent);
    }

    fn give(
        &mut self,
        happened: &Happened,
        terms: Terms<'_>,
        referrer: Option<Address>,
        epoch: usize,
        parent: Option<usize>,
    ) {
        let Terms { grantee, scope, rights, purposes, expires_at, sealed_key } = terms;
        let slot = (grantee, scope.to_word(), referrer);
        self.end(slot, happened, EndReason::Replaced);
        self.slots.insert(slot, self.all.len());
        self.all.push(Given {
            grantee,
            scope,
            referrer,
            rights,
            purposes,
            expires_at,
            sealed_key: sealed_key.to_vec(),
            place: happened.place.clone(),
            epoch,
            parent,
            ended: None,
        });
    }

    fn end(&mut self, slot: Slot, happened: &Happened, reason: EndReason) {
        if let Some(held) = self.slots.remove(&slot) {
            self.all[held].ended = Some(Ended { at: happened.position(), time: happened.time(), reason });
        }
    }

    /// When its epoch ended, if its slot was still there.
    fn voided(&self, given: &Given) -> Option<Moment> {
        let (at, time) = self.epochs.get(given.epoch)?;
        given.ended.is_none_or(|ended| ended.at > *at).then_some(*time)
    }

    fn parent_ended(&self, given: &Given) -> Option<Moment> {
        given.parent.and_then(|parent| self.all[parent].ended).map(|ended| ended.time)
    }

    /// The first of its ends that has come by `time`: what ran out first has expired, whatever was done to it afterwards.
    pub fn ended(&self, given: &Given, time: Moment) -> Option<(Moment, EndReason)> {
        let expired = Some(given.expires_at).filter(|end| *end <= time).map(|end| (end, EndReason::Expired));
        let voided = self.voided(given).map(|end| (end, EndReason::EveryoneRevoked));
        let ended = given.ended.map(|ended| (ended.time, ended.reason));
        let parent_ended = self.parent_ended(given).map(|end| (end, EndReason::ParentEnded));
        [expired, voided, ended, parent_ended].into_iter().flatten().min_by_key(|(end, _)| *end)
    }

    pub fn in_force(&self, given: &Given, time: Moment) -> bool {
        self.ended(given, time).is_none()
    }
}
