//! Acts that give and take access: grants, referrals, requests, emergencies.

use ethers::{types::Bytes, utils::keccak256};

use super::{Chart, Purpose, READ, Scope, Stage, bits, name};
use crate::{
    contract::bindings::{
        BreakGlassCall, ChartkeyCalls, GrantAccessCall, ReferAccessCall, ReferralTerms, RenounceAccessCall,
        RequestAccessCall, ReviewEmergencyCall, RevokeAccessCall, RevokeEveryoneCall, SetEmergencyPolicyCall,
    },
    demo::cast::Who,
};

/// Bytes of a sealed key: an encapsulated X25519 key and a sealed seed with its tag.
const SEALED_KEY: usize = 80;

impl Stage<'_> {
    /// Grants `scope` for `days` from now, for any of `purposes`.
    pub fn grants(
        &mut self,
        chart: impl Into<Chart>,
        to: Who,
        scope: Scope<'_>,
        rights: u8,
        purposes: &[Purpose],
        days: u64,
    ) {
        let chart = chart.into();
        let call = GrantAccessCall {
            patient: self.cast.address(chart.patient),
            grantee: self.cast.address(to),
            scope: self.scope(scope),
            rights,
            purposes: bits(purposes),
            expires_at: self.days_on(days),
            sealed_key: sealed_key(self.acts.len()),
        };
        let says = format!("grants {} {} for {days} days{}", to.key(), name(scope), chart.whose());
        self.act(chart.actor, ChartkeyCalls::GrantAccess(call), says);
    }

    pub fn revokes(&mut self, patient: Who, from: Who, scope: Scope<'_>) {
        let (address, grantee) = (self.cast.address(patient), self.cast.address(from));
        let call = RevokeAccessCall { patient: address, grantee, scope: self.scope(scope) };
        self.act(patient, ChartkeyCalls::RevokeAccess(call), format!("revokes {} from {}", name(scope), from.key()));
    }

    pub fn renounces(&mut self, grantee: Who, patient: Who, scope: Scope<'_>) {
        let call = RenounceAccessCall { patient: self.cast.address(patient), scope: self.scope(scope) };
        let says = format!("renounces {} of {}", name(scope), patient.key());
        self.act(grantee, ChartkeyCalls::RenounceAccess(call), says);
    }

    pub fn revokes_everyone(&mut self, chart: impl Into<Chart>) {
        let chart = chart.into();
        let call = RevokeEveryoneCall { patient: self.cast.address(chart.patient) };
        let says = format!("revokes everyone{}", chart.whose());
        self.act(chart.actor, ChartkeyCalls::RevokeEveryone(call), says);
    }

    /// Passes on reading of `scope`, for treatment, from a grant of the whole chart.
    pub fn refers(&mut self, referrer: Who, to: Who, patient: Who, scope: Scope<'_>, days: u64) {
        let terms = ReferralTerms {
            parent: self.scope(Scope::Chart),
            grantee: self.cast.address(to),
            scope: self.scope(scope),
            rights: READ,
            purposes: bits(&[Purpose::Treatment]),
            expires_at: self.days_on(days),
            sealed_key: sealed_key(self.acts.len()),
        };
        let call = ReferAccessCall { patient: self.cast.address(patient), terms };
        let says = format!("refers {} to {} for {days} days: {}", patient.key(), to.key(), name(scope));
        self.act(referrer, ChartkeyCalls::ReferAccess(call), says);
    }

    pub fn asks(&mut self, practitioner: Who, patient: Who, scope: Scope<'_>, purposes: &[Purpose]) {
        let call = RequestAccessCall {
            patient: self.cast.address(patient),
            scope: self.scope(scope),
            purposes: bits(purposes),
            note_hash: keccak256(format!("chartkey demo: why {} asks {}", practitioner.key(), patient.key())),
        };
        let says = format!("asks {} for {}", patient.key(), name(scope));
        self.act(practitioner, ChartkeyCalls::RequestAccess(call), says);
    }

    /// Lets an emergency open the chart, for this long.
    pub fn allows_emergencies(&mut self, patient: Who, hours: u32) {
        let call = SetEmergencyPolicyCall { patient: self.cast.address(patient), duration: hours * 3600 };
        let says = format!("lets an emergency open the chart for {hours} hours");
        self.act(patient, ChartkeyCalls::SetEmergencyPolicy(call), says);
    }

    pub fn breaks_the_glass(&mut self, practitioner: Who, patient: Who) {
        let reason_hash = emergency(practitioner, patient);
        let call = BreakGlassCall { patient: self.cast.address(patient), reason_hash };
        self.act(practitioner, ChartkeyCalls::BreakGlass(call), format!("breaks {}'s glass", patient.key()));
    }

    /// The auditor finds the emergency justified.
    pub fn reviews(&mut self, practitioner: Who, patient: Who) {
        let reason_hash = emergency(practitioner, patient);
        let call = ReviewEmergencyCall {
            patient: self.cast.address(patient),
            practitioner: self.cast.address(practitioner),
            reason_hash,
            justified: true,
            note_hash: keccak256("chartkey demo: what the auditor found"),
        };
        let says = format!("finds {}'s emergency justified", patient.key());
        self.act(Who::Auditor, ChartkeyCalls::ReviewEmergency(call), says);
    }
}

fn emergency(practitioner: Who, patient: Who) -> [u8; 32] {
    keccak256(format!("chartkey demo: why {} broke {}'s glass", practitioner.key(), patient.key()))
}

/// Random-looking bytes in place of a sealed key, another for each grant.
fn sealed_key(grant: usize) -> Bytes {
    let parts = (0..3).flat_map(|part| keccak256(format!("chartkey demo sealed key {grant}.{part}")));
    parts.take(SEALED_KEY).collect::<Vec<u8>>().into()
}
