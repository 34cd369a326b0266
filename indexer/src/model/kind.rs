//! The names of events.

use super::bytes::deserialize_from_str;
use super::{Event, Malformed};

macro_rules! event_kinds {
    ($($name:ident),* $(,)?) => {
        /// The name of an event, as in the contract.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
        pub enum EventKind { $($name),* }

        impl EventKind {
            pub const ALL: &[EventKind] = &[$(EventKind::$name),*];

            pub fn name(self) -> &'static str {
                match self { $(EventKind::$name => stringify!($name)),* }
            }
        }

        impl Event {
            pub fn kind(&self) -> EventKind {
                match self { $(Event::$name { .. } => EventKind::$name),* }
            }
        }
    };
}

event_kinds!(
    PatientRegistered,
    KeyPublished,
    PractitionerRegistered,
    PractitionerAmended,
    PractitionerRenewed,
    PractitionerSuspended,
    PractitionerReinstated,
    RoleChanged,
    AdminChangePending,
    TeamCreated,
    TeamMemberSet,
    TeamMemberRemoved,
    GuardianSet,
    GuardianRemoved,
    RecordAdded,
    RecordSuperseded,
    RecordRetracted,
    AccessGranted,
    AccessRevoked,
    AccessRenounced,
    EveryoneRevoked,
    AccessReferred,
    ReferralEnded,
    AccessRequested,
    EmergencyPolicySet,
    GlassBroken,
    EmergencyReviewed,
    RecordOpened,
    OpenSkipped,
    NoncesCancelled,
);

impl EventKind {
    /// Whether its party is somebody who may read, may no longer, did, or asks to.
    pub fn is_about_access(self) -> bool {
        use EventKind as K;
        matches!(
            self,
            K::GuardianSet
                | K::GuardianRemoved
                | K::AccessGranted
                | K::AccessRevoked
                | K::AccessRenounced
                | K::AccessReferred
                | K::ReferralEnded
                | K::AccessRequested
                | K::GlassBroken
                | K::EmergencyReviewed
                | K::RecordOpened
        )
    }
}

impl std::str::FromStr for EventKind {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = EventKind::ALL.iter().find(|kind| kind.name() == text);
        found.copied().ok_or_else(|| {
            let names: Vec<_> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
            Malformed(format!("'{text}' is not a kind of event: expected one of {}", names.join(", ")))
        })
    }
}

deserialize_from_str!(EventKind);
