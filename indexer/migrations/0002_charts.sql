-- What the history means: one row per fact, with the interval of blocks in which it held, so that "who could see R at
-- block N" is one indexed query for any N. A fact that begins and ends in one block held at the end of no block, and is
-- kept all the same. Every row carries the position of the event that began it: withdrawing the blocks from N on is
-- deleting what began there and reopening what ended there (store/write.rs).
-- The patient leads every chart table's key, so that partitioning or sharding by patient stays a setting.

create table patient (
    patient          bytea   primary key check (octet_length(patient) = 20),
    registered_block bigint  not null,
    registered_log   integer not null
);
create index patient_registered on patient (registered_block);

-- Published keys. The version counts an account's keys from 1; sealing uses the latest.
create table account_key (
    account         bytea    not null check (octet_length(account) = 20),
    version         integer  not null check (version > 0),
    suite           smallint not null,
    key             bytea    not null,
    key_id          bytea    not null check (octet_length(key_id) = 32),
    published_block bigint   not null,
    published_log   integer  not null,
    primary key (account, version)
);
create index account_key_published on account_key (published_block);

create table record (
    patient         bytea    not null check (octet_length(patient) = 20),
    digest          bytea    not null check (octet_length(digest) = 32),
    codec           smallint not null check (codec in (85, 112)),
    folder          bigint   not null check (folder between 0 and 4294967295),
    author          bytea    not null check (octet_length(author) = 20),
    key_commit      bytea    not null check (octet_length(key_commit) = 32),
    sealed_metadata bytea    not null check (octet_length(sealed_metadata) <= 512),
    added_block     bigint   not null,
    added_log       integer  not null,
    primary key (patient, digest)
);
create index record_digest on record (digest);
create index record_added on record (added_block);

-- One row per grant event. A grant is in force at the end of block N when it was granted by then (granted_block <= N),
-- neither ended nor voided by then (until_block is null or until_block > N), and not expired (expires_at > time of N).
create table access_grant (
    patient       bytea       not null check (octet_length(patient) = 20),
    grantee       bytea       not null check (octet_length(grantee) = 20),
    -- 0: chart; below 2^32: folder; else: record digest (Types.sol).
    scope         bytea       not null check (octet_length(scope) = 32),
    granted_block bigint      not null,
    granted_log   integer     not null,
    actor         bytea       not null check (octet_length(actor) = 20),
    rights        smallint    not null check (rights > 0),
    purposes      integer     not null check (purposes > 0),
    expires_at    timestamptz not null,
    epoch         bigint      not null,
    sealed_key    bytea       not null,
    -- The event that emptied or overwrote this grant's slot.
    ended_block   bigint,
    ended_log     integer,
    end_reason    text check (end_reason in ('revoked', 'renounced', 'replaced')),
    -- The first "revoke everyone" after it. The slot stays, void: revoking it later still ends it.
    voided_block  bigint,
    voided_log    integer,
    until_block   bigint generated always as (least(ended_block, voided_block)) stored,
    primary key (patient, grantee, scope, granted_block, granted_log),
    constraint access_grant_end_whole check (num_nulls(ended_block, ended_log, end_reason) in (0, 3)),
    constraint access_grant_void_whole check (num_nulls(voided_block, voided_log) in (0, 2))
);
-- "Who can see what in this chart at N", and "at which patients' charts may this grantee look".
create index access_grant_interval on access_grant (patient, granted_block desc, until_block);
create index access_grant_grantee on access_grant (grantee, patient);
create index access_grant_granted on access_grant (granted_block);
create index access_grant_ended on access_grant (ended_block) where ended_block is not null;
create index access_grant_voided on access_grant (voided_block) where voided_block is not null;

-- A practitioner's standing and directory entry, one row per change. In good standing at the end of block N: the row
-- whose interval holds N is not suspended and valid_until > time of N.
create table practitioner (
    practitioner      bytea       not null check (octet_length(practitioner) = 20),
    from_block        bigint      not null,
    from_log          integer     not null,
    until_block       bigint,
    until_log         integer,
    registrar         bytea       not null check (octet_length(registrar) = 20),
    valid_until       timestamptz not null,
    suspended         boolean     not null,
    emergency_capable boolean     not null,
    name              text        not null,
    licence           text        not null,
    specialty         text        not null,
    organisation      text        not null,
    primary key (practitioner, from_block, from_log),
    constraint practitioner_end_whole check (num_nulls(until_block, until_log) in (0, 2))
);
create unique index practitioner_current on practitioner (practitioner) where until_block is null;
create index practitioner_from on practitioner (from_block);
create index practitioner_until on practitioner (until_block) where until_block is not null;
