//! Grants, referrals, requests and emergencies.

use chartkey_devnet::contract::CallError;
use chartkey_devnet::contract::bindings::{
    BreakGlassCall, EndReferralCall, GrantAccessCall, MulticallCall, ReferAccessCall, ReferralTerms,
    RenounceAccessCall, RequestAccessCall, ReviewEmergencyCall, RevokeAccessCall, RevokeEveryoneCall,
    SetEmergencyPolicyCall,
};
use ethers::abi::AbiEncode as _;
use ethers::types::Address;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

use super::{History, LATEST};

const REFER: u8 = 4;
/// Every combination of one or two of the purposes that appear.
const MASKS: [u16; 6] = [1, 4, 1 << 5, 1 | 1 << 5, 1 | 4, 1 | 4 | 1 << 5];
const EMERGENCY: [u8; 32] = [0xff; 32];

/// A grant or referral that was given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    patient: Address,
    by: Address,
    to: Address,
    scope: [u8; 32],
    purposes: u16,
    expires_at: u64,
}

impl History<'_> {
    /// Few scopes: the chart, folders 1 and 2, or a record of the patient.
    fn scope(&mut self, patient: Address) -> [u8; 32] {
        let mut scope = [0; 32];
        match self.rng.random_range(0..5) {
            0..2 => {}
            folder @ 2..4 => scope[31] = folder - 1,
            _ => {
                if let Some(record) = self.record_of(patient) {
                    scope = record.digest;
                }
            }
        }
        scope
    }

    fn grantee(&mut self) -> Address {
        if self.rng.random_ratio(1, 4) { self.team().address } else { self.practitioner() }
    }

    fn grant_call(&mut self, patient: Address) -> GrantAccessCall {
        GrantAccessCall {
            patient,
            grantee: self.grantee(),
            scope: self.scope(patient),
            rights: *[1, 1, 1 | REFER, 1 | REFER, 7, 2, 3].choose(&mut self.rng).unwrap(),
            purposes: *MASKS.choose(&mut self.rng).unwrap(),
            expires_at: self.soon(30_000),
            sealed_key: self.random_bytes(80),
        }
    }

    fn granted(&mut self, call: &GrantAccessCall) {
        let GrantAccessCall { patient, grantee, scope, purposes, expires_at, .. } = *call;
        if self.teams.iter().any(|team| team.address == grantee) {
            let member = self.practitioner();
            self.related(patient, member, grantee);
            return;
        }
        self.related(patient, grantee, Address::zero());
        if call.rights & REFER != 0 {
            self.referable.push(Given { patient, by: patient, to: grantee, scope, purposes, expires_at });
        }
    }

    pub(super) async fn grant(&mut self, patient: Address) -> Result<(), CallError> {
        let (actor, call) = (self.actor(patient), self.grant_call(patient));
        self.send(actor, call.clone()).await?;
        self.granted(&call);
        Ok(())
    }

    /// The second one replaces or ends the first in the same block.
    pub(super) async fn grant_twice_at_once(&mut self, patient: Address) -> Result<(), CallError> {
        let (first, mut second) = (self.grant_call(patient), self.grant_call(patient));
        second.grantee = first.grantee;
        second.scope = first.scope;
        let end = RevokeAccessCall { patient, grantee: first.grantee, scope: first.scope };
        let last = if self.rng.random() { second.clone().encode() } else { end.encode() };
        self.send(patient, MulticallCall { data: vec![first.encode().into(), last.into()] }).await?;
        self.granted(&second);
        Ok(())
    }

    pub(super) async fn grant_without_gas(&mut self, patient: Address) -> Result<(), CallError> {
        let call = self.grant_call(patient);
        let forwarder = self.world.deployment.forwarder;
        self.world.contract.relay(forwarder, patient, self.relayer, call.clone()).await?;
        self.granted(&call);
        Ok(())
    }

    pub(super) async fn revoke(&mut self, patient: Address) -> Result<(), CallError> {
        let (patient, grantee, scope) = match self.rng.random_range(0..6) {
            0 => (patient, self.practitioner(), EMERGENCY),
            1..4 => (patient, self.grantee(), self.scope(patient)),
            // What a referral may rest on.
            _ => match self.recently_referable() {
                Some(given) => (given.patient, given.to, given.scope),
                None => return Ok(()),
            },
        };
        let actor = self.actor(patient);
        self.send(actor, RevokeAccessCall { patient, grantee, scope }).await.map(|_| ())
    }

    pub(super) async fn renounce(&mut self, patient: Address) -> Result<(), CallError> {
        let (grantee, scope) = (self.practitioner(), self.scope(patient));
        self.send(grantee, RenounceAccessCall { patient, scope }).await.map(|_| ())
    }

    pub(super) async fn revoke_everyone(&mut self, patient: Address) -> Result<(), CallError> {
        let actor = self.actor(patient);
        self.send(actor, RevokeEveryoneCall { patient }).await.map(|_| ())
    }

    /// Passes on part of something that could be passed on not long ago; half of the time all of its scope.
    pub(super) async fn refer(&mut self) -> Result<(), CallError> {
        let Some(parent) = self.recently_referable() else { return Ok(()) };
        let Given { patient, to: referrer, .. } = parent;
        let scope = if self.rng.random() { parent.scope } else { self.scope(patient) };
        let purposes = *MASKS.choose(&mut self.rng).unwrap() & parent.purposes;
        let end = parent.expires_at.max(self.time + 3);
        let terms = ReferralTerms {
            parent: parent.scope,
            grantee: self.practitioner(),
            scope,
            rights: if self.rng.random_ratio(1, 10) { 2 } else { 1 },
            purposes: if purposes == 0 { parent.purposes } else { purposes },
            expires_at: if self.rng.random() { end } else { self.rng.random_range(self.time + 2..end) },
            sealed_key: self.random_bytes(80),
        };
        let (to, purposes, expires_at) = (terms.grantee, terms.purposes, terms.expires_at);
        self.send(referrer, ReferAccessCall { patient, terms }).await?;
        self.related(patient, to, referrer);
        self.referrals.push(Given { patient, by: referrer, to, scope, purposes, expires_at });
        Ok(())
    }

    /// A referral in force in all but its parent, which ends and is given anew: random acts seldom come to that.
    pub async fn parent_ends_before_its_referral(&mut self) {
        let (patient, referrer, grantee) = (self.patients[0], self.practitioners[1], self.practitioners[2]);
        for practitioner in [referrer, grantee] {
            self.bring_into_good_standing(practitioner).await;
        }
        let (scope, expires_at) = ([0; 32], self.much_later());
        let sealed_key = self.random_bytes(80);
        let rights = 1 | REFER;
        let grant = GrantAccessCall {
            patient,
            grantee: referrer,
            scope,
            rights,
            purposes: 1,
            expires_at,
            sealed_key: sealed_key.clone(),
        };
        let terms = ReferralTerms { parent: scope, grantee, scope, rights: 1, purposes: 1, expires_at, sealed_key };
        self.mine(1).await;
        self.send(patient, grant.clone()).await.unwrap();
        self.mine(1).await;
        self.send(referrer, ReferAccessCall { patient, terms }).await.unwrap();
        self.mine(1).await;
        self.send(patient, RevokeAccessCall { patient, grantee: referrer, scope }).await.unwrap();
        self.mine(1).await;
        self.send(patient, grant).await.unwrap();
        self.related(patient, grantee, referrer);
        self.mine(1).await;
    }

    fn recently_referable(&mut self) -> Option<Given> {
        let latest = &self.referable[self.referable.len().saturating_sub(LATEST)..];
        latest.choose(&mut self.rng).copied()
    }

    pub(super) async fn end_referral(&mut self) -> Result<(), CallError> {
        let Some(Given { patient, by: referrer, to: grantee, scope, .. }) =
            self.referrals.choose(&mut self.rng).copied()
        else {
            return Ok(());
        };
        let actor = *[patient, referrer, grantee, self.guardians[0]].choose(&mut self.rng).unwrap();
        self.send(actor, EndReferralCall { patient, referrer, grantee, scope }).await.map(|_| ())
    }

    pub(super) async fn request(&mut self, patient: Address) -> Result<(), CallError> {
        let (practitioner, scope) = (self.practitioner(), self.scope(patient));
        let purposes = *MASKS.choose(&mut self.rng).unwrap();
        let note_hash = self.rng.random();
        self.send(practitioner, RequestAccessCall { patient, scope, purposes, note_hash }).await.map(|_| ())
    }

    pub(super) async fn set_emergency_policy(&mut self, patient: Address) -> Result<(), CallError> {
        let actor = self.actor(patient);
        let duration = *[0, 1_000, 4_000, 20_000].choose(&mut self.rng).unwrap();
        self.send(actor, SetEmergencyPolicyCall { patient, duration }).await.map(|_| ())
    }

    pub(super) async fn break_glass(&mut self, patient: Address) -> Result<(), CallError> {
        let practitioner = self.practitioner();
        let reason_hash = self.rng.random();
        self.send(practitioner, BreakGlassCall { patient, reason_hash }).await?;
        self.related(patient, practitioner, Address::zero());
        self.emergencies.push((patient, practitioner, reason_hash));
        Ok(())
    }

    pub(super) async fn review_emergency(&mut self) -> Result<(), CallError> {
        let Some(&(patient, practitioner, reason_hash)) = self.emergencies.choose(&mut self.rng) else {
            return Ok(());
        };
        let (justified, note_hash) = (self.rng.random(), self.rng.random());
        let call = ReviewEmergencyCall { patient, practitioner, reason_hash, justified, note_hash };
        self.send(self.auditor, call).await.map(|_| ())
    }
}
