-- What the events of 0005_events.sql mean, in the manner of 0002_charts.sql: one row per fact, with the interval of
-- blocks in which it held.

-- A record's life: superseded at most once, retracted at most once, whichever comes first.
alter table record
    add superseded_block bigint,
    add superseded_log   integer,
    add superseded_by    bytea check (octet_length(superseded_by) = 32),
    add retracted_block  bigint,
    add retracted_log    integer,
    add constraint record_superseded_whole
        check (num_nulls(superseded_block, superseded_log, superseded_by) in (0, 3)),
    add constraint record_retracted_whole check (num_nulls(retracted_block, retracted_log) in (0, 2));
-- "Which record does this one correct": each successor has one.
create unique index record_successor on record (patient, superseded_by) where superseded_by is not null;
create index record_superseded on record (superseded_block) where superseded_block is not null;
create index record_retracted on record (retracted_block) where retracted_block is not null;

-- A referral is a grant with a referrer, in a slot of its own, and the place of the grant that it rests on: the one
-- that this referrer held of the scope `parent_scope`. Its actor is the referrer.
alter table access_grant
    add referrer             bytea check (octet_length(referrer) = 20),
    add parent_scope         bytea check (octet_length(parent_scope) = 32),
    add parent_granted_block bigint,
    add parent_granted_log   integer,
    add constraint access_grant_parent_whole
        check (num_nulls(referrer, parent_scope, parent_granted_block, parent_granted_log) in (0, 4));
create index access_grant_referrer on access_grant (referrer, patient) where referrer is not null;

-- Care teams, and who belongs to them until when: a row per `TeamMemberSet`.
create table team (
    team          bytea   primary key check (octet_length(team) = 20),
    registrar     bytea   not null check (octet_length(registrar) = 20),
    name          text    not null,
    organisation  text    not null,
    created_block bigint  not null,
    created_log   integer not null
);
create index team_created on team (created_block);

create table team_member (
    team        bytea       not null check (octet_length(team) = 20),
    member      bytea       not null check (octet_length(member) = 20),
    from_block  bigint      not null,
    from_log    integer     not null,
    ends_at     timestamptz not null,
    until_block bigint,
    until_log   integer,
    end_reason  text check (end_reason in ('removed', 'replaced')),
    primary key (team, member, from_block, from_log),
    constraint team_member_end_whole check (num_nulls(until_block, until_log, end_reason) in (0, 3))
);
create unique index team_member_current on team_member (team, member) where until_block is null;
create index team_member_member on team_member (member, team);
create index team_member_from on team_member (from_block);
create index team_member_until on team_member (until_block) where until_block is not null;

-- Who acts for a patient until when: a row per `GuardianSet`.
create table guardian (
    patient     bytea       not null check (octet_length(patient) = 20),
    guardian    bytea       not null check (octet_length(guardian) = 20),
    from_block  bigint      not null,
    from_log    integer     not null,
    ends_at     timestamptz not null,
    until_block bigint,
    until_log   integer,
    end_reason  text check (end_reason in ('removed', 'replaced')),
    primary key (patient, guardian, from_block, from_log),
    constraint guardian_end_whole check (num_nulls(until_block, until_log, end_reason) in (0, 3))
);
create unique index guardian_current on guardian (patient, guardian) where until_block is null;
create index guardian_guardian on guardian (guardian, patient);
create index guardian_from on guardian (from_block);
create index guardian_until on guardian (until_block) where until_block is not null;

-- For how long a broken glass stays open, a row per change. No row: off, as with duration 0.
create table emergency_policy (
    patient     bytea   not null check (octet_length(patient) = 20),
    from_block  bigint  not null,
    from_log    integer not null,
    duration    integer not null check (duration >= 0),
    until_block bigint,
    until_log   integer,
    primary key (patient, from_block, from_log),
    constraint emergency_policy_end_whole check (num_nulls(until_block, until_log) in (0, 2))
);
create unique index emergency_policy_current on emergency_policy (patient) where until_block is null;
create index emergency_policy_from on emergency_policy (from_block);
create index emergency_policy_until on emergency_policy (until_block) where until_block is not null;

-- Who asked for access. Pending until the practitioner is granted that scope, or asks for it again.
create table access_request (
    patient         bytea   not null check (octet_length(patient) = 20),
    practitioner    bytea   not null check (octet_length(practitioner) = 20),
    scope           bytea   not null check (octet_length(scope) = 32),
    requested_block bigint  not null,
    requested_log   integer not null,
    purposes        integer not null check (purposes > 0),
    note_hash       bytea   not null check (octet_length(note_hash) = 32),
    ended_block     bigint,
    ended_log       integer,
    end_reason      text check (end_reason in ('granted', 'superseded')),
    primary key (patient, practitioner, scope, requested_block, requested_log),
    constraint access_request_end_whole check (num_nulls(ended_block, ended_log, end_reason) in (0, 3))
);
create index access_request_patient on access_request (patient, requested_block, requested_log);
create index access_request_requested on access_request (requested_block);
create index access_request_ended on access_request (ended_block) where ended_block is not null;

grant select on team, team_member, guardian, emergency_policy, access_request to chartkey_reader;
