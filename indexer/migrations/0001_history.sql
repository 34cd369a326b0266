-- What the chain says, as it says it. Everything else in this database is derived from these three tables.
-- Conventions, here and in later migrations:
--   * Addresses are bytea of 20 bytes; hashes, digests, links and scopes are bytea of 32.
--   * (block_number, log_index) is an event's position: its place in the chain's order.
--   * Times are the chain's: timestamps of blocks, and ends that events name. Nothing here depends on a clock of ours.
--   * No foreign key from the bulk tables to block: rows are written and withdrawn by block range only (store/write.rs),
--     in one transaction with their blocks, and a key check per row would be a large part of a backfill's cost.

-- Which contract on which chain this database is about. One row, written once: the indexer refuses to follow another.
create table deployment (
    singleton        boolean primary key default true check (singleton),
    chain_id         bigint not null check (chain_id > 0),
    contract         bytea  not null check (octet_length(contract) = 20),
    deployment_block bigint not null check (deployment_block >= 0),
    -- A restarted private chain has the same chain id and often the same contract address, but never the same genesis.
    genesis_hash     bytea  not null check (octet_length(genesis_hash) = 32)
);

-- Every block from the deployment on. The greatest number is how far the index has come: there is no other cursor, so
-- rows and cursor cannot part. Headers of blocks without events are kept because "who could see R at block N" needs the
-- time of N, and because a fork is found by comparing hashes.
create table block (
    number      bigint      primary key,
    hash        bytea       not null unique check (octet_length(hash) = 32),
    parent_hash bytea       not null check (octet_length(parent_hash) = 32),
    timestamp   timestamptz not null
);
create index block_timestamp on block (timestamp, number);

-- Every log of the contract, byte for byte, with its link of the subject's trail, and the columns that readers ask by.
create table event (
    block_number     bigint  not null,
    log_index        integer not null,
    transaction_hash bytea   not null check (octet_length(transaction_hash) = 32),
    -- The second topic's address: whose trail this belongs to. A patient, or twenty zero bytes for the registry.
    subject          bytea   not null check (octet_length(subject) = 20),
    topics           bytea   not null check (octet_length(topics) = 128),
    data             bytea   not null,
    -- The subject's trail after this event (ITrail.sol), recomputed here from the bytes above.
    link             bytea   not null check (octet_length(link) = 32),
    -- Decoded from topics and data; `verify` decodes again and compares.
    kind             text    not null check (kind in (
        'PatientRegistered', 'KeyPublished',
        'PractitionerRegistered', 'PractitionerAmended', 'PractitionerRenewed',
        'PractitionerSuspended', 'PractitionerReinstated', 'RoleChanged',
        'RecordAdded', 'AccessGranted', 'AccessRevoked', 'AccessRenounced', 'EveryoneRevoked', 'RecordOpened')),
    actor            bytea   not null check (octet_length(actor) = 20),
    -- The account the act is about: grantee, reader, practitioner, holder of a role or key. Null where there is none.
    party            bytea   check (octet_length(party) = 20),
    digest           bytea   check (octet_length(digest) = 32),
    scope            bytea   check (octet_length(scope) = 32),
    via              bytea   check (octet_length(via) = 20),
    purpose          smallint check (purpose >= 0),
    primary key (block_number, log_index)
);
create index event_subject on event (subject, block_number, log_index);
create index event_actor on event (actor, block_number, log_index);
-- "Every open of this record."
create index event_open on event (digest, block_number, log_index) where kind = 'RecordOpened';

-- What the writer knows of the chain beyond what it has indexed, for /ready and /status. One row.
create table progress (
    singleton  boolean primary key default true check (singleton),
    -- The chain's head when the writer last asked, and the latest block that can no longer be replaced.
    head       bigint not null,
    finalized  bigint not null,
    -- Where and when this run of the writer began, for a rate and an eta.
    started_block bigint      not null,
    started_at    timestamptz not null,
    updated_at    timestamptz not null
);
