//! Whether something may be handed over. The contract judges; here stands what it cannot know: which grant the shares are
//! of, what is final, and what was seen at the latest block.

use chartkey_vault::{Address, Digest, GrantTerms, Scope};

use super::{Custodian, View, now};
use crate::chain::{GrantSlot, Opened, RecordSlot};
use crate::refusal::Refusal;
use crate::store::{self, Standing};
use crate::typed::{ReleaseRequest, What};

const READ: u8 = 1;
/// The purpose of whoever broke the glass (`Types.sol`).
const BREAK_THE_GLASS: u8 = 2;
/// `Reason.UnknownRecord` (`Types.sol`).
const UNKNOWN_RECORD: u8 = 2;
const NOBODY: Address = Address([0; 20]);

impl Custodian {
    /// Fails with what stands against a request; else gives the block of the open, or 0 where none is needed.
    pub(super) async fn judge(
        &self,
        db: &mut store::Connection,
        view: &View,
        request: &ReleaseRequest,
    ) -> Result<u64, Refusal> {
        if request.kind == What::Owner {
            return self.judge_owner(view, request).await.map(|()| 0);
        }
        let terms = match store::standing(&mut *db, request.grant_id).await? {
            Standing::Unknown => return Err(Refusal::NotFinal),
            Standing::Ended(end) => return Err(Refusal::Ended(end.name())),
            Standing::InForce(terms) => terms,
        };
        check_terms(&terms, request, view.latest.timestamp.max(now()))?;
        self.check_slot(&terms, request, view).await?;
        let records = self.chain.records(request.patient, &request.digests).await?;
        let covered = |(record, digest): (&RecordSlot, &Digest)| covers(terms.scope, record, *digest);
        if !records.iter().zip(&request.digests).all(covered) {
            return Err(Refusal::ScopeNotCovered);
        }
        self.check_contract(&terms, request, view).await?;
        if request.kind == What::Content { self.check_open(db, view, request).await } else { Ok(0) }
    }

    /// Owner's copies are for the patient, and for guardians in office.
    async fn judge_owner(&self, view: &View, request: &ReleaseRequest) -> Result<(), Refusal> {
        if request.reader == request.patient || self.is_guardian(view, request.patient, request.reader).await? {
            return Ok(());
        }
        Err(Refusal::OtherReader)
    }

    pub(super) async fn is_guardian(&self, view: &View, patient: Address, account: Address) -> Result<bool, Refusal> {
        Ok(self.chain.guardian_until(patient, account).await? > view.latest.timestamp.max(now()))
    }

    /// The slot at the latest block must be this grant's, and the chart's epoch too, by every node.
    async fn check_slot(&self, terms: &GrantTerms, request: &ReleaseRequest, view: &View) -> Result<(), Refusal> {
        if self.chain.epoch(terms.patient).await? != terms.epoch {
            return Err(Refusal::Ended(store::End::EveryoneRevoked.name()));
        }
        let is_emergency = terms.scope == Scope::EMERGENCY;
        let grantee = if is_emergency { request.reader } else { terms.grantee };
        for slot in self.chain.grant_slots(terms.patient, grantee, terms.scope).await? {
            if slot == GrantSlot::default() {
                return Err(Refusal::Ended(store::End::Revoked.name()));
            }
            if is_emergency && slot.expires_at <= view.latest.timestamp.max(now()) {
                return Err(Refusal::Ended(store::End::Expired.name()));
            }
            let is_ours = if is_emergency { slot.epoch == terms.epoch } else { slot == slot_of(terms) };
            if !is_ours {
                return Err(Refusal::Ended(store::End::Replaced.name()));
            }
        }
        Ok(())
    }

    /// The contract must allow it at the latest block and at the final one; an emergency, which cannot wait for that, so many
    /// blocks before the latest.
    async fn check_contract(&self, terms: &GrantTerms, request: &ReleaseRequest, view: &View) -> Result<(), Refusal> {
        let deep = if terms.scope == Scope::EMERGENCY {
            view.latest.number.saturating_sub(self.settings.open_confirmations)
        } else {
            view.settled.number
        };
        let who = (request.reader, request.via);
        for at in [None, Some(deep)] {
            let reasons = self.chain.why_not(request.patient, &request.digests, who, request.purpose, at).await?;
            // A record that is newer than final state is opened by the grantee of a final grant all the same.
            let is_new = |reason: u8| reason == UNKNOWN_RECORD && at.is_some() && request.via == NOBODY;
            if let Some(reason) = reasons.into_iter().find(|reason| *reason != 0 && !is_new(*reason)) {
                return Err(Refusal::Judged(reason));
            }
        }
        Ok(())
    }

    /// The very open must be on chain, deep enough, and not long ago.
    async fn check_open(
        &self,
        db: &mut store::Connection,
        view: &View,
        request: &ReleaseRequest,
    ) -> Result<u64, Refusal> {
        let [digest] = request.digests[..] else { return Err(Refusal::NotOpened) };
        let ReleaseRequest { patient, reader, via, purpose, open: nonce, .. } = *request;
        let open = Opened { patient, digest, reader, via, purpose, nonce };
        let found = match view.opened_at(&open) {
            Some(found) => Some(found),
            None => store::opened_at(db, &open).await?,
        };
        let (number, hash) = found.ok_or(Refusal::NotOpened)?;
        if number + self.settings.open_confirmations > view.latest.number {
            return Err(Refusal::NotOpened);
        }
        let block = self.chain.block(number).await?;
        let is_old = block.timestamp.saturating_add(self.settings.open_valid) < view.latest.timestamp;
        if block.hash != hash || is_old { Err(Refusal::NotOpened) } else { Ok(number) }
    }
}

/// What the terms themselves say against a request.
fn check_terms(terms: &GrantTerms, request: &ReleaseRequest, now: u64) -> Result<(), Refusal> {
    let is_emergency = terms.scope == Scope::EMERGENCY;
    let grantee = if request.via == NOBODY { request.reader } else { request.via };
    let is_theirs = if is_emergency { request.via == NOBODY } else { terms.grantee == grantee };
    if terms.patient != request.patient || !is_theirs {
        return Err(Refusal::OtherReader);
    }
    if !is_emergency && terms.expires_at <= now {
        return Err(Refusal::Ended(store::End::Expired.name()));
    }
    if terms.rights & READ == 0 {
        return Err(Refusal::RightNotGranted);
    }
    let purpose = if is_emergency { request.purpose == BREAK_THE_GLASS } else { has(terms.purposes, request.purpose) };
    if !purpose {
        return Err(Refusal::PurposeNotGranted);
    }
    // A grant's own seed is in its event: only an emergency's is kept here.
    if request.kind == What::Seed && !is_emergency { Err(Refusal::NothingKept) } else { Ok(()) }
}

fn has(purposes: u16, purpose: u8) -> bool {
    1_u16.checked_shl(purpose.into()).is_some_and(|bit| purposes & bit != 0)
}

fn slot_of(terms: &GrantTerms) -> GrantSlot {
    GrantSlot { expires_at: terms.expires_at, epoch: terms.epoch, purposes: terms.purposes, rights: terms.rights }
}

fn covers(scope: Scope, record: &RecordSlot, digest: Digest) -> bool {
    let folder = record.folder != 0 && scope == Scope::folder(record.folder);
    record.status != 0
        && (scope == Scope::CHART || scope == Scope::EMERGENCY || scope == Scope::record(digest) || folder)
}

#[cfg(test)]
mod tests {
    use chartkey_vault::{GrantId, KeyId};

    use super::*;

    fn terms() -> GrantTerms {
        GrantTerms {
            patient: Address([1; 20]),
            grantee: Address([2; 20]),
            scope: Scope::CHART,
            rights: READ,
            purposes: 1,
            expires_at: 1000,
            epoch: 0,
            nonce: 0,
        }
    }

    fn request() -> ReleaseRequest {
        ReleaseRequest {
            patient: Address([1; 20]),
            grant_id: GrantId([0; 32]),
            kind: What::Title,
            digests: vec![Digest([3; 32])],
            reader: Address([2; 20]),
            via: NOBODY,
            purpose: 0,
            key_id: KeyId([0; 32]),
            open: [0; 32],
            nonce: [0; 32],
            issued_at: 0,
        }
    }

    #[test]
    fn terms_speak_for_themselves() {
        let check = |terms: GrantTerms, request: ReleaseRequest| check_terms(&terms, &request, 999);
        assert_eq!(check(terms(), request()), Ok(()));
        assert_eq!(check(terms(), ReleaseRequest { via: Address([9; 20]), ..request() }), Err(Refusal::OtherReader));
        assert_eq!(check(terms(), ReleaseRequest { patient: NOBODY, ..request() }), Err(Refusal::OtherReader));
        let by_team = ReleaseRequest { reader: Address([7; 20]), via: Address([2; 20]), ..request() };
        assert_eq!(check(terms(), by_team), Ok(()));
        for purpose in [1, 15, 16, 255] {
            let other = ReleaseRequest { purpose, ..request() };
            assert_eq!(check(terms(), other), Err(Refusal::PurposeNotGranted), "{purpose}");
        }
        assert_eq!(check(GrantTerms { rights: 6, ..terms() }, request()), Err(Refusal::RightNotGranted));
        assert_eq!(check(GrantTerms { expires_at: 999, ..terms() }, request()), Err(Refusal::Ended("expired")));
        assert_eq!(check(terms(), ReleaseRequest { kind: What::Seed, ..request() }), Err(Refusal::NothingKept));
    }

    #[test]
    fn emergencies_are_for_whoever_broke_the_glass() {
        let terms = GrantTerms::emergency(Address([1; 20]), 0, 5);
        let seed = ReleaseRequest { kind: What::Seed, purpose: BREAK_THE_GLASS, ..request() };
        assert_eq!(check_terms(&terms, &seed, 999), Ok(()));
        let treat = ReleaseRequest { purpose: 0, ..seed.clone() };
        assert_eq!(check_terms(&terms, &treat, 999), Err(Refusal::PurposeNotGranted));
        let via = ReleaseRequest { via: Address([2; 20]), ..seed };
        assert_eq!(check_terms(&terms, &via, 999), Err(Refusal::OtherReader));
    }

    #[test]
    fn scopes_cover_what_is_in_them() {
        let record = RecordSlot { author: NOBODY, folder: 4, status: 1 };
        let digest = Digest([3; 32]);
        for scope in [Scope::CHART, Scope::EMERGENCY, Scope::folder(4), Scope::record(digest)] {
            assert!(covers(scope, &record, digest));
            assert!(!covers(scope, &RecordSlot { status: 0, ..record }, digest));
        }
        assert!(!covers(Scope::folder(5), &record, digest) && !covers(Scope::record(Digest([4; 32])), &record, digest));
        assert!(!covers(Scope::folder(4), &RecordSlot { folder: 0, ..record }, digest));
    }
}
