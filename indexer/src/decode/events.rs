//! The events that are part of trails, with their parameters in order: the indexed ones, then those in the data. The generated
//! types tie this to the contract's ABI: a parameter that is new, gone or of another name does not compile, and one of another
//! place or type is found by the test that compares each event with what ethers reads.

use std::collections::HashMap;
use std::sync::LazyLock;

use ethers::contract::EthEvent as _;

use super::words::Words;
use super::{E, bindings};
use crate::model::{Hash, Malformed, RawLog};

type Read = fn(&RawLog) -> Result<E, Malformed>;

macro_rules! events {
    ($($event:ident { $($topic:ident),*; $($data:ident),* })*) => {
        /// By signature.
        fn readers() -> Vec<(Hash, Read)> {
            vec![$((Hash(bindings::$event::signature().0), |log| {
                let mut words = Words::new(log);
                Ok(E::$event(bindings::$event { $($topic: words.topic()?,)* $($data: words.data()?,)* }))
            })),*]
        }
    };
}

events! {
    PatientRegisteredFilter { registry, patient, key_id; }
    KeyPublishedFilter { subject, account, key_id; suite, key }
    PractitionerRegisteredFilter {
        registry, practitioner, registrar;
        valid_until, emergency_capable, name, licence, specialty, organisation
    }
    PractitionerAmendedFilter { registry, practitioner, registrar; name, licence, specialty, organisation }
    PractitionerRenewedFilter { registry, practitioner, registrar; valid_until, emergency_capable }
    PractitionerSuspendedFilter { registry, practitioner, registrar; }
    PractitionerReinstatedFilter { registry, practitioner, registrar; }
    RoleChangedFilter { registry, account, role; held, actor }
    AdminChangePendingFilter { registry, new_admin, new_delay; actor }
    TeamCreatedFilter { registry, team, registrar; salt, name, organisation }
    TeamMemberSetFilter { registry, team, member; registrar, until }
    TeamMemberRemovedFilter { registry, team, member; actor }
    GuardianSetFilter { patient, guardian, actor; until }
    GuardianRemovedFilter { patient, guardian, actor; }
    RecordAddedFilter { patient, digest, author; codec, folder, via, scope, key_commit, sealed_metadata }
    RecordSupersededFilter { patient, digest, successor; author }
    RecordRetractedFilter { patient, digest, author; via, scope, reason_hash }
    AccessGrantedFilter { patient, grantee, scope; actor, rights, purposes, expires_at, epoch, sealed_key }
    AccessRevokedFilter { patient, grantee, scope; actor }
    AccessRenouncedFilter { patient, grantee, scope; }
    EveryoneRevokedFilter { patient, actor, epoch; }
    AccessReferredFilter { patient, grantee, scope; referrer, parent, rights, purposes, expires_at, sealed_key }
    ReferralEndedFilter { patient, grantee, scope; referrer, actor }
    AccessRequestedFilter { patient, practitioner, scope; purposes, note_hash }
    EmergencyPolicySetFilter { patient, actor, duration; }
    GlassBrokenFilter { patient, practitioner, reason_hash; expires_at, epoch }
    EmergencyReviewedFilter { patient, practitioner, reason_hash; auditor, justified, note_hash }
    RecordOpenedFilter { patient, digest, reader; via, scope, purpose, nonce }
    OpenSkippedFilter { registry, reader, request_hash; relayer, patient, digest, skip, reason }
    NoncesCancelledFilter { registry, account, word; bits }
}

static READERS: LazyLock<HashMap<Hash, Read>> = LazyLock::new(|| readers().into_iter().collect());

/// The signatures of these events.
pub(super) fn signatures() -> Vec<Hash> {
    readers().into_iter().map(|(signature, _)| signature).collect()
}

/// Reads a log by its signature.
pub(super) fn read(log: &RawLog) -> Result<E, Malformed> {
    let read = READERS.get(&log.topics[0]);
    read.ok_or_else(|| Malformed(format!("event {} is not part of any trail", log.topics[0])))?(log)
}
