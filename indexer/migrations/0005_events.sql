-- The events of hand-overs of the admin role, care teams, guardians, corrections, referrals, requests, emergencies and signed opens.
alter table event drop constraint event_kind_check;
alter table event add constraint event_kind_check check (kind in (
    'PatientRegistered', 'KeyPublished',
    'PractitionerRegistered', 'PractitionerAmended', 'PractitionerRenewed',
    'PractitionerSuspended', 'PractitionerReinstated', 'RoleChanged', 'AdminChangePending',
    'TeamCreated', 'TeamMemberSet', 'TeamMemberRemoved',
    'GuardianSet', 'GuardianRemoved',
    'RecordAdded', 'RecordSuperseded', 'RecordRetracted',
    'AccessGranted', 'AccessRevoked', 'AccessRenounced', 'EveryoneRevoked',
    'AccessReferred', 'ReferralEnded', 'AccessRequested',
    'EmergencyPolicySet', 'GlassBroken', 'EmergencyReviewed',
    'RecordOpened', 'OpenSkipped', 'NoncesCancelled'));
