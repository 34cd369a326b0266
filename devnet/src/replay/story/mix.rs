//! What happens how often.

use super::super::rng::Rng;

/// Something that somebody does: one transaction's part, one or two events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Open,
    AddRecord,
    Supersede,
    Retract,
    Grant,
    Revoke,
    Renounce,
    RevokeEveryone,
    Refer,
    EndReferral,
    Request,
    RegisterPatient,
    PublishKey,
    SetGuardian,
    RemoveGuardian,
    SetPolicy,
    BreakGlass,
    Review,
    SkipOpen,
    CancelNonces,
    RegisterPractitioner,
    AmendPractitioner,
    RenewPractitioner,
    SuspendOrReinstate,
    CreateTeam,
    SetMember,
    RemoveMember,
    ChangeRole,
    ChangeAdmin,
}

/// How often each happens, of 10 000 acts. What cannot happen at the moment (an open without a grant, say) is replaced by
/// what makes it possible (a grant), so the shares of events come out within a tenth of this.
const MIX: [(Act, u32); 29] = [
    (Act::Open, 5700),               // RecordOpened
    (Act::AddRecord, 1290),          // RecordAdded
    (Act::Grant, 850),               // AccessGranted
    (Act::Revoke, 480),              // AccessRevoked
    (Act::Request, 300),             // AccessRequested
    (Act::RegisterPatient, 180),     // PatientRegistered and KeyPublished: one patient per about 60 events
    (Act::Refer, 120),               // AccessReferred
    (Act::Supersede, 80),            // RecordAdded and RecordSuperseded
    (Act::SkipOpen, 100),            // OpenSkipped
    (Act::Renounce, 80),             // AccessRenounced
    (Act::PublishKey, 70),           // KeyPublished: a patient's or a practitioner's
    (Act::BreakGlass, 60),           // GlassBroken
    (Act::Review, 50),               // EmergencyReviewed
    (Act::EndReferral, 50),          // ReferralEnded
    (Act::Retract, 40),              // RecordRetracted
    (Act::SetPolicy, 40),            // EmergencyPolicySet
    (Act::SetGuardian, 40),          // GuardianSet
    (Act::SetMember, 40),            // TeamMemberSet
    (Act::CancelNonces, 40),         // NoncesCancelled
    (Act::RegisterPractitioner, 35), // PractitionerRegistered: several hundred per 100 000 events
    (Act::RenewPractitioner, 30),    // PractitionerRenewed
    (Act::RevokeEveryone, 25),       // EveryoneRevoked
    (Act::SuspendOrReinstate, 30),   // PractitionerSuspended or PractitionerReinstated
    (Act::RemoveGuardian, 15),       // GuardianRemoved
    (Act::RemoveMember, 15),         // TeamMemberRemoved
    (Act::AmendPractitioner, 15),    // PractitionerAmended
    (Act::CreateTeam, 10),           // TeamCreated
    (Act::ChangeRole, 10),           // RoleChanged
    (Act::ChangeAdmin, 5),           // AdminChangePending
];

/// What every chain begins with, from the deployment on: roles, some practitioners, a team. Then one of each of what is
/// rarest, so that a short chain has it too.
const OPENING: [Act; 20] = [
    Act::ChangeRole, // the constructor's
    Act::ChangeRole,
    Act::ChangeRole,
    Act::ChangeRole,
    Act::RegisterPractitioner,
    Act::RegisterPractitioner,
    Act::RegisterPractitioner,
    Act::RegisterPractitioner,
    Act::RegisterPractitioner,
    Act::RegisterPractitioner,
    Act::RegisterPractitioner,
    Act::RegisterPractitioner,
    Act::CreateTeam,
    Act::SetMember,
    Act::SetMember,
    Act::SetMember,
    Act::RegisterPatient,
    Act::RegisterPatient,
    Act::ChangeAdmin,
    Act::AddRecord,
];

/// The act to try as number `nth` of a chain.
pub(super) fn draw(nth: u64, rng: &mut Rng) -> Act {
    let opening = usize::try_from(nth).ok().and_then(|nth| OPENING.get(nth));
    if let Some(act) = opening {
        return *act;
    }
    let total: u32 = MIX.iter().map(|(_, weight)| weight).sum();
    let mut ticket = (rng.next() % u64::from(total)) as u32;
    for (act, weight) in MIX {
        if ticket < weight {
            return act;
        }
        ticket -= weight;
    }
    Act::Open
}
