//! What an event says in the columns that readers ask by (`event` in migrations/README.md): written by `store`,
//! compared again by `verify`.

use super::{Address, Digest, Event, Purpose, Scope};

impl Event {
    /// Who did it.
    pub fn actor(&self) -> Address {
        match self {
            Event::PatientRegistered { patient: actor }
            | Event::KeyPublished { account: actor, .. }
            | Event::PractitionerRegistered { registrar: actor, .. }
            | Event::PractitionerAmended { registrar: actor, .. }
            | Event::PractitionerRenewed { registrar: actor, .. }
            | Event::PractitionerSuspended { registrar: actor, .. }
            | Event::PractitionerReinstated { registrar: actor, .. }
            | Event::RoleChanged { actor, .. }
            | Event::AdminChangePending { actor, .. }
            | Event::TeamCreated { registrar: actor, .. }
            | Event::TeamMemberSet { registrar: actor, .. }
            | Event::TeamMemberRemoved { actor, .. }
            | Event::GuardianSet { actor, .. }
            | Event::GuardianRemoved { actor, .. }
            | Event::RecordAdded { author: actor, .. }
            | Event::RecordSuperseded { author: actor, .. }
            | Event::RecordRetracted { author: actor, .. }
            | Event::AccessGranted { actor, .. }
            | Event::AccessRevoked { actor, .. }
            | Event::AccessRenounced { grantee: actor, .. }
            | Event::EveryoneRevoked { actor }
            | Event::AccessReferred { referrer: actor, .. }
            | Event::ReferralEnded { actor, .. }
            | Event::AccessRequested { practitioner: actor, .. }
            | Event::EmergencyPolicySet { actor, .. }
            | Event::GlassBroken { practitioner: actor, .. }
            | Event::EmergencyReviewed { auditor: actor, .. }
            | Event::RecordOpened { reader: actor, .. }
            | Event::OpenSkipped { relayer: actor, .. }
            | Event::NoncesCancelled { account: actor } => *actor,
        }
    }

    /// The account it is about, if there is one besides the subject.
    pub fn party(&self) -> Option<Address> {
        match self {
            Event::PatientRegistered { patient: party }
            | Event::KeyPublished { account: party, .. }
            | Event::PractitionerRegistered { practitioner: party, .. }
            | Event::PractitionerAmended { practitioner: party, .. }
            | Event::PractitionerRenewed { practitioner: party, .. }
            | Event::PractitionerSuspended { practitioner: party, .. }
            | Event::PractitionerReinstated { practitioner: party, .. }
            | Event::RoleChanged { account: party, .. }
            | Event::TeamCreated { team: party, .. }
            | Event::TeamMemberSet { member: party, .. }
            | Event::TeamMemberRemoved { member: party, .. }
            | Event::GuardianSet { guardian: party, .. }
            | Event::GuardianRemoved { guardian: party, .. }
            | Event::AccessGranted { grantee: party, .. }
            | Event::AccessRevoked { grantee: party, .. }
            | Event::AccessRenounced { grantee: party, .. }
            | Event::AccessReferred { grantee: party, .. }
            | Event::ReferralEnded { grantee: party, .. }
            | Event::AccessRequested { practitioner: party, .. }
            | Event::GlassBroken { practitioner: party, .. }
            | Event::EmergencyReviewed { practitioner: party, .. }
            | Event::RecordOpened { reader: party, .. }
            | Event::OpenSkipped { reader: party, .. }
            | Event::NoncesCancelled { account: party } => Some(*party),
            Event::AdminChangePending { new_admin, .. } => *new_admin,
            Event::RecordAdded { .. }
            | Event::RecordSuperseded { .. }
            | Event::RecordRetracted { .. }
            | Event::EveryoneRevoked { .. }
            | Event::EmergencyPolicySet { .. } => None,
        }
    }

    /// The record it is about.
    pub fn digest(&self) -> Option<Digest> {
        match self {
            Event::RecordAdded { digest, .. }
            | Event::RecordSuperseded { digest, .. }
            | Event::RecordRetracted { digest, .. }
            | Event::RecordOpened { digest, .. }
            | Event::OpenSkipped { digest, .. } => Some(*digest),
            _ => None,
        }
    }

    /// The scope of the grant or referral that it gave, ended, used or asked for.
    pub fn scope(&self) -> Option<Scope> {
        match self {
            Event::RecordAdded { scope, .. }
            | Event::RecordRetracted { scope, .. }
            | Event::AccessGranted { scope, .. }
            | Event::AccessRevoked { scope, .. }
            | Event::AccessRenounced { scope, .. }
            | Event::AccessReferred { scope, .. }
            | Event::ReferralEnded { scope, .. }
            | Event::AccessRequested { scope, .. }
            | Event::RecordOpened { scope, .. } => Some(*scope),
            Event::GlassBroken { .. } => Some(Scope::Emergency),
            _ => None,
        }
    }

    /// Through whom: whose guardian, member or grantee of a referral the reader or author was; the referrer of a
    /// referral that was given or ended; the team whose member changed.
    pub fn via(&self) -> Option<Address> {
        match self {
            Event::RecordAdded { via, .. } | Event::RecordRetracted { via, .. } | Event::RecordOpened { via, .. } => {
                *via
            }
            Event::AccessReferred { referrer: via, .. }
            | Event::ReferralEnded { referrer: via, .. }
            | Event::TeamMemberSet { team: via, .. }
            | Event::TeamMemberRemoved { team: via, .. } => Some(*via),
            _ => None,
        }
    }

    /// What a record was opened for, or the glass broken.
    pub fn purpose(&self) -> Option<Purpose> {
        match self {
            Event::RecordOpened { purpose, .. } => Some(*purpose),
            Event::GlassBroken { .. } => Some(Purpose::Btg),
            _ => None,
        }
    }
}
