//! From the generated types to ours.

use ethers::types::H160;

use super::E;
use crate::model::{
    Address, Codec, Digest, DirectoryEntry, Event, Hash, Key, Malformed, Moment, Purpose, Purposes, Rights, Scope,
};

#[expect(clippy::too_many_lines, reason = "one arm per event")]
pub(super) fn event(event: E) -> Result<Event, Malformed> {
    Ok(match event {
        E::PatientRegisteredFilter(e) => Event::PatientRegistered { patient: Address(e.patient.0) },
        E::KeyPublishedFilter(e) => Event::KeyPublished {
            account: Address(e.account.0),
            key_id: Hash(e.key_id),
            key: Key { suite: e.suite, bytes: e.key.to_vec() },
        },
        E::PractitionerRegisteredFilter(e) => Event::PractitionerRegistered {
            practitioner: Address(e.practitioner.0),
            registrar: Address(e.registrar.0),
            valid_until: Moment::from_unix(e.valid_until)?,
            emergency_capable: e.emergency_capable,
            entry: directory_entry(e.name, e.licence, e.specialty, e.organisation),
        },
        E::PractitionerAmendedFilter(e) => Event::PractitionerAmended {
            practitioner: Address(e.practitioner.0),
            registrar: Address(e.registrar.0),
            entry: directory_entry(e.name, e.licence, e.specialty, e.organisation),
        },
        E::PractitionerRenewedFilter(e) => Event::PractitionerRenewed {
            practitioner: Address(e.practitioner.0),
            registrar: Address(e.registrar.0),
            valid_until: Moment::from_unix(e.valid_until)?,
            emergency_capable: e.emergency_capable,
        },
        E::PractitionerSuspendedFilter(e) => {
            Event::PractitionerSuspended { practitioner: Address(e.practitioner.0), registrar: Address(e.registrar.0) }
        }
        E::PractitionerReinstatedFilter(e) => {
            Event::PractitionerReinstated { practitioner: Address(e.practitioner.0), registrar: Address(e.registrar.0) }
        }
        E::RoleChangedFilter(e) => Event::RoleChanged {
            account: Address(e.account.0),
            role: Hash(e.role),
            held: e.held,
            actor: Address(e.actor.0),
        },
        E::AdminChangePendingFilter(e) => Event::AdminChangePending {
            new_admin: Some(Address(e.new_admin.0)).filter(|account| *account != Address::default()),
            actor: Address(e.actor.0),
        },
        E::TeamCreatedFilter(e) => Event::TeamCreated {
            team: Address(e.team.0),
            registrar: Address(e.registrar.0),
            name: clean(e.name),
            organisation: clean(e.organisation),
        },
        E::TeamMemberSetFilter(e) => Event::TeamMemberSet {
            team: Address(e.team.0),
            member: Address(e.member.0),
            registrar: Address(e.registrar.0),
            until: Moment::from_unix(e.until)?,
        },
        E::TeamMemberRemovedFilter(e) => {
            Event::TeamMemberRemoved { team: Address(e.team.0), member: Address(e.member.0), actor: Address(e.actor.0) }
        }
        E::GuardianSetFilter(e) => Event::GuardianSet {
            guardian: Address(e.guardian.0),
            actor: Address(e.actor.0),
            until: Moment::from_unix(e.until)?,
        },
        E::GuardianRemovedFilter(e) => {
            Event::GuardianRemoved { guardian: Address(e.guardian.0), actor: Address(e.actor.0) }
        }
        E::RecordAddedFilter(e) => Event::RecordAdded {
            digest: Digest(e.digest),
            author: Address(e.author.0),
            codec: Codec::try_from(u64::from(e.codec))?,
            folder: e.folder,
            via: through(e.via),
            scope: Scope::from_word(e.scope),
            key_commit: Hash(e.key_commit),
            sealed_metadata: e.sealed_metadata.to_vec(),
        },
        E::RecordSupersededFilter(e) => Event::RecordSuperseded {
            digest: Digest(e.digest),
            successor: Digest(e.successor),
            author: Address(e.author.0),
        },
        E::RecordRetractedFilter(e) => Event::RecordRetracted {
            digest: Digest(e.digest),
            author: Address(e.author.0),
            via: through(e.via),
            scope: Scope::from_word(e.scope),
        },
        E::AccessGrantedFilter(e) => Event::AccessGranted {
            grantee: Address(e.grantee.0),
            scope: Scope::from_word(e.scope),
            actor: Address(e.actor.0),
            rights: Rights(e.rights),
            purposes: Purposes(e.purposes),
            expires_at: Moment::from_unix(e.expires_at)?,
            epoch: e.epoch,
            sealed_key: e.sealed_key.to_vec(),
        },
        E::AccessRevokedFilter(e) => Event::AccessRevoked {
            grantee: Address(e.grantee.0),
            scope: Scope::from_word(e.scope),
            actor: Address(e.actor.0),
        },
        E::AccessRenouncedFilter(e) => {
            Event::AccessRenounced { grantee: Address(e.grantee.0), scope: Scope::from_word(e.scope) }
        }
        E::EveryoneRevokedFilter(e) => Event::EveryoneRevoked { actor: Address(e.actor.0) },
        E::AccessReferredFilter(e) => Event::AccessReferred {
            grantee: Address(e.grantee.0),
            scope: Scope::from_word(e.scope),
            referrer: Address(e.referrer.0),
            parent: Scope::from_word(e.parent),
            rights: Rights(e.rights),
            purposes: Purposes(e.purposes),
            expires_at: Moment::from_unix(e.expires_at)?,
            sealed_key: e.sealed_key.to_vec(),
        },
        E::ReferralEndedFilter(e) => Event::ReferralEnded {
            grantee: Address(e.grantee.0),
            scope: Scope::from_word(e.scope),
            referrer: Address(e.referrer.0),
            actor: Address(e.actor.0),
        },
        E::AccessRequestedFilter(e) => Event::AccessRequested {
            practitioner: Address(e.practitioner.0),
            scope: Scope::from_word(e.scope),
            purposes: Purposes(e.purposes),
            note_hash: Hash(e.note_hash),
        },
        E::EmergencyPolicySetFilter(e) => Event::EmergencyPolicySet { actor: Address(e.actor.0), duration: e.duration },
        E::GlassBrokenFilter(e) => Event::GlassBroken {
            practitioner: Address(e.practitioner.0),
            expires_at: Moment::from_unix(e.expires_at)?,
            epoch: e.epoch,
        },
        E::EmergencyReviewedFilter(e) => {
            Event::EmergencyReviewed { practitioner: Address(e.practitioner.0), auditor: Address(e.auditor.0) }
        }
        E::RecordOpenedFilter(e) => Event::RecordOpened {
            digest: Digest(e.digest),
            reader: Address(e.reader.0),
            via: through(e.via),
            scope: Scope::from_word(e.scope),
            purpose: Purpose::try_from(e.purpose)?,
        },
        E::OpenSkippedFilter(e) => {
            Event::OpenSkipped { reader: Address(e.reader.0), relayer: Address(e.relayer.0), digest: Digest(e.digest) }
        }
        E::NoncesCancelledFilter(e) => Event::NoncesCancelled { account: Address(e.account.0) },
        other => return Err(Malformed(format!("event {other} is not part of any trail"))),
    })
}

/// `via` of a log: zero is nobody.
fn through(via: H160) -> Option<Address> {
    Some(Address(via.0)).filter(|via| *via != Address::default())
}

fn directory_entry(name: String, licence: String, specialty: String, organisation: String) -> DirectoryEntry {
    DirectoryEntry {
        name: clean(name),
        licence: clean(licence),
        specialty: clean(specialty),
        organisation: clean(organisation),
    }
}

/// Registrars write these texts; Postgres cannot hold a NUL, and one of them must not stop the index. The raw bytes
/// keep it.
fn clean(text: String) -> String {
    text.replace('\0', "\u{fffd}")
}
