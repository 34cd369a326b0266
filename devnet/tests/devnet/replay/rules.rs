//! What happens on a generated chain could have happened on the contract, by an account of its rules kept here.

use super::*;
use ChartkeyEvents as E;

/// Patient, grantee and scope.
type Slot = (Address, Address, [u8; 32]);
/// Patient, referrer, grantee and scope.
type ReferralSlot = (Address, Address, Address, [u8; 32]);

/// What the contract would hold.
#[derive(Default)]
struct Rules {
    /// Seconds of the event's block.
    now: u64,
    patients: HashSet<Address>,
    teams: HashSet<Address>,
    members: HashMap<(Address, Address), u64>,
    guardians: HashMap<(Address, Address), u64>,
    /// Whether it is current.
    records: HashMap<(Address, [u8; 32]), bool>,
    epochs: HashMap<Address, u32>,
    /// End, rights and epoch.
    grants: HashMap<Slot, (u64, u8, u32)>,
    /// The end, and the parent's slot.
    referrals: HashMap<ReferralSlot, (u64, Slot)>,
    standing: HashMap<Address, bool>,
}

impl Rules {
    fn holds(&self, slot: &Slot, right: u8) -> bool {
        let epoch = self.epochs.get(&slot.0).copied().unwrap_or_default();
        self.grants.get(slot).is_some_and(|(end, rights, of)| self.now < *end && rights & right != 0 && *of == epoch)
    }

    fn is_guardian(&self, patient: Address, account: Address) -> bool {
        self.guardians.get(&(patient, account)).is_some_and(|until| self.now < *until)
    }

    fn acts_for(&self, patient: Address, actor: Address) -> bool {
        self.patients.contains(&patient) && (actor == patient || self.is_guardian(patient, actor))
    }

    /// Whether somebody may do with a record, through `via` and by a grant of this scope, what needs this right.
    fn may(&self, patient: Address, account: Address, via: Address, scope: [u8; 32], right: u8) -> bool {
        if account == patient || via == patient {
            return self.acts_for(patient, account);
        }
        let standing = |account| self.standing.get(account) == Some(&true);
        let by = if via.is_zero() {
            self.holds(&(patient, account, scope), right)
        } else if self.teams.contains(&via) {
            let member = self.members.get(&(via, account)).is_some_and(|until| self.now < *until);
            member && self.holds(&(patient, via, scope), right)
        } else {
            let referral = self.referrals.get(&(patient, via, account, scope));
            standing(&via) && referral.is_some_and(|(end, parent)| self.now < *end && self.holds(parent, 4))
        };
        standing(&account) && by
    }

    fn follow(&mut self, event: E) {
        match event {
            E::RecordAddedFilter(e) => {
                assert!(self.may(e.patient, e.author, e.via, e.scope, 2), "{e:?}");
                assert!(self.records.insert((e.patient, e.digest), true).is_none());
            }
            E::RecordSupersededFilter(e) => {
                assert!(self.records[&(e.patient, e.successor)]);
                assert_eq!(self.records.insert((e.patient, e.digest), false), Some(true));
            }
            E::RecordRetractedFilter(e) => assert!(self.records.contains_key(&(e.patient, e.digest))),
            E::RecordOpenedFilter(e) => {
                assert!(self.records.contains_key(&(e.patient, e.digest)));
                assert!(self.may(e.patient, e.reader, e.via, e.scope, 1), "{e:?}");
            }
            E::EveryoneRevokedFilter(e) => {
                assert!(self.acts_for(e.patient, e.actor));
                assert_eq!(self.epochs.insert(e.patient, e.epoch).unwrap_or_default() + 1, e.epoch);
            }
            E::GuardianSetFilter(e) => _ = self.guardians.insert((e.patient, e.guardian), e.until),
            E::GuardianRemovedFilter(e) => assert!(self.guardians.remove(&(e.patient, e.guardian)).is_some()),
            other => self.follow_grants(other),
        }
    }

    fn follow_grants(&mut self, event: E) {
        match event {
            E::AccessGrantedFilter(e) => {
                assert!(self.acts_for(e.patient, e.actor) && e.expires_at > self.now);
                assert!(self.teams.contains(&e.grantee) || self.standing[&e.grantee]);
                self.grants.insert((e.patient, e.grantee, e.scope), (e.expires_at, e.rights, e.epoch));
            }
            E::GlassBrokenFilter(e) => {
                let slot = (e.patient, e.practitioner, [0xff; 32]);
                assert!(self.standing[&e.practitioner] && !self.holds(&slot, 1));
                self.grants.insert(slot, (e.expires_at, 1, e.epoch));
            }
            E::AccessRevokedFilter(e) => {
                assert!(self.acts_for(e.patient, e.actor));
                self.end((e.patient, e.grantee, e.scope));
            }
            E::AccessRenouncedFilter(e) => self.end((e.patient, e.grantee, e.scope)),
            E::AccessReferredFilter(e) => {
                let parent = (e.patient, e.referrer, e.parent);
                assert!(self.holds(&parent, 4) && self.standing[&e.referrer] && self.standing[&e.grantee]);
                assert!(e.expires_at <= self.grants[&parent].0 && e.rights & !self.grants[&parent].1 == 0);
                self.referrals.insert((e.patient, e.referrer, e.grantee, e.scope), (e.expires_at, parent));
            }
            E::ReferralEndedFilter(e) => {
                assert!(self.referrals.remove(&(e.patient, e.referrer, e.grantee, e.scope)).is_some());
            }
            E::AccessRequestedFilter(e) => assert!(self.standing[&e.practitioner]),
            other => self.follow_registry(other),
        }
    }

    fn end(&mut self, slot: Slot) {
        assert!(self.grants.remove(&slot).is_some(), "{slot:?}");
    }

    fn follow_registry(&mut self, event: E) {
        match event {
            E::PatientRegisteredFilter(e) => assert!(self.patients.insert(e.patient)),
            E::PractitionerRegisteredFilter(e) => assert!(self.standing.insert(e.practitioner, true).is_none()),
            E::PractitionerSuspendedFilter(e) => assert_eq!(self.standing.insert(e.practitioner, false), Some(true)),
            E::PractitionerReinstatedFilter(e) => assert_eq!(self.standing.insert(e.practitioner, true), Some(false)),
            E::TeamCreatedFilter(e) => assert!(self.teams.insert(e.team)),
            E::TeamMemberSetFilter(e) => {
                assert!(self.teams.contains(&e.team) && self.standing[&e.member]);
                self.members.insert((e.team, e.member), e.until);
            }
            E::TeamMemberRemovedFilter(e) => assert!(self.members.remove(&(e.team, e.member)).is_some()),
            _ => {}
        }
    }
}

async fn check(chain: &Replay) -> Rules {
    let mut rules = Rules::default();
    for log in logs(chain, 0, chain.head().number).await {
        rules.now = chain.block(log.block_number.unwrap().as_u64()).unwrap().timestamp;
        let raw = RawLog { topics: log.topics.clone(), data: log.data.to_vec() };
        rules.follow(E::decode_log(&raw).unwrap());
    }
    rules
}

#[tokio::test]
async fn the_contract_would_have_allowed_all_of_it() {
    let rules = check(&chain(12_000)).await;
    assert!(rules.patients.len() > 100 && rules.referrals.len() > 10 && !rules.guardians.is_empty());
}

#[tokio::test]
async fn what_comes_after_a_deep_reorganisation_fits_what_was_before() {
    let chain = Replay::start(ReplayOptions { events: 6000, events_per_block: 3, ..ReplayOptions::default() }).unwrap();
    chain.reorg(1500, 700, 1);
    check(&chain).await;
    chain.reorg(400, 500, 2);
    chain.reorg(900, 900, 3);
    check(&chain).await;
    chain.reorg(chain.head().number, 700, 4);
    assert!(check(&chain).await.patients.len() > 10);
}
