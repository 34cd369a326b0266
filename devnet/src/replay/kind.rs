//! The contract's events, with their signatures from its ABI.

use std::sync::LazyLock;

use ethers::contract::EthEvent as _;

use super::{block::bloom_bits, hash::Word};
use crate::contract::bindings;

macro_rules! kinds {
    ($($name:ident => $filter:ident),* $(,)?) => {
        /// An event of the contract that is part of a trail.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Kind {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                $name
            ),*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// As in the contract.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }
        }

        static SIGNATURES: LazyLock<Vec<Word>> = LazyLock::new(|| vec![$(bindings::$filter::signature().0),*]);
    };
}

kinds!(
    PatientRegistered => PatientRegisteredFilter,
    KeyPublished => KeyPublishedFilter,
    PractitionerRegistered => PractitionerRegisteredFilter,
    PractitionerAmended => PractitionerAmendedFilter,
    PractitionerRenewed => PractitionerRenewedFilter,
    PractitionerSuspended => PractitionerSuspendedFilter,
    PractitionerReinstated => PractitionerReinstatedFilter,
    RoleChanged => RoleChangedFilter,
    AdminChangePending => AdminChangePendingFilter,
    TeamCreated => TeamCreatedFilter,
    TeamMemberSet => TeamMemberSetFilter,
    TeamMemberRemoved => TeamMemberRemovedFilter,
    GuardianSet => GuardianSetFilter,
    GuardianRemoved => GuardianRemovedFilter,
    RecordAdded => RecordAddedFilter,
    RecordSuperseded => RecordSupersededFilter,
    RecordRetracted => RecordRetractedFilter,
    AccessGranted => AccessGrantedFilter,
    AccessRevoked => AccessRevokedFilter,
    AccessRenounced => AccessRenouncedFilter,
    EveryoneRevoked => EveryoneRevokedFilter,
    AccessReferred => AccessReferredFilter,
    ReferralEnded => ReferralEndedFilter,
    AccessRequested => AccessRequestedFilter,
    EmergencyPolicySet => EmergencyPolicySetFilter,
    GlassBroken => GlassBrokenFilter,
    EmergencyReviewed => EmergencyReviewedFilter,
    RecordOpened => RecordOpenedFilter,
    OpenSkipped => OpenSkippedFilter,
    NoncesCancelled => NoncesCancelledFilter,
);

static BLOOM_BITS: LazyLock<Vec<[u16; 3]>> = LazyLock::new(|| SIGNATURES.iter().map(|it| bloom_bits(it)).collect());

impl Kind {
    /// The bits that topic 0 sets in blooms.
    pub(super) fn bloom_bits(self) -> [u16; 3] {
        BLOOM_BITS[self as usize]
    }

    /// Topic 0.
    pub(super) fn signature(self) -> &'static Word {
        &SIGNATURES[self as usize]
    }
}
