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

/// What an entry of an access log is about: an event, or that the API was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogKind {
    Event(EventKind),
    Queried,
}

impl LogKind {
    pub fn name(self) -> &'static str {
        self.event().map_or("Queried", EventKind::name)
    }

    /// `None`: it is about no event.
    pub fn event(self) -> Option<EventKind> {
        match self {
            LogKind::Event(kind) => Some(kind),
            LogKind::Queried => None,
        }
    }
}

impl utoipa::PartialSchema for LogKind {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let names = EventKind::ALL.iter().map(|kind| kind.name()).chain([LogKind::Queried.name()]);
        let text = utoipa::openapi::schema::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String);
        let words = "The name of an event, as in the contract; or `Queried`: this API was asked.";
        text.enum_values(Some(names)).description(Some(words)).into()
    }
}

impl utoipa::ToSchema for LogKind {}

impl serde::Serialize for LogKind {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.name())
    }
}

impl std::str::FromStr for LogKind {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text {
            "Queried" => Ok(LogKind::Queried),
            other => other.parse().map(LogKind::Event).map_err(|Malformed(wrong)| Malformed(wrong + ", Queried")),
        }
    }
}

deserialize_from_str!(EventKind);
deserialize_from_str!(LogKind);
