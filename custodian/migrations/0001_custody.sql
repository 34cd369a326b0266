-- What a custodian keeps. A schema and a role of its own: the database may hold others', and the service can do no more
-- than its part (it can neither change nor take back a leaf of the log, a receipt or a used request).
-- Conventions: addresses are bytea of 20 bytes; hashes, digests, ids, scopes and uint256 bytea of 32; times Unix seconds.
create schema if not exists custodian;

-- How far final blocks have been read. One row: which chain and contract these tables are about, for good. Rows of
-- `access_grant`, `opened` and `published_key` move in the same transaction. Nothing here is withdrawn by a reorg: only
-- final blocks get here, and a chain that replaces one stops the custodian.
create table custodian.chain (
    only_row boolean primary key default true constraint chain_one_row check (only_row),
    chain_id bigint not null,
    contract bytea not null check (octet_length(contract) = 20),
    block bigint not null,
    hash bytea not null check (octet_length(hash) = 32),
    timestamp bigint not null
);

-- Grants by final events, by the id that their terms have (vault/README.md).
create table custodian.access_grant (
    grant_id bytea primary key check (octet_length(grant_id) = 32),
    patient bytea not null check (octet_length(patient) = 20),
    grantee bytea not null check (octet_length(grantee) = 20),
    scope bytea not null check (octet_length(scope) = 32),
    rights smallint not null,
    purposes integer not null,
    expires_at bigint not null,
    epoch bigint not null,
    granted_block bigint not null,
    ended_block bigint,
    end_reason smallint,
    constraint access_grant_end check ((ended_block is null) = (end_reason is null))
);
create index access_grant_slot on custodian.access_grant (patient, grantee, scope) where ended_block is null;
create index access_grant_expiry on custodian.access_grant (expires_at) where ended_block is null;

-- Charts on which everyone was revoked, by final events: what was deposited for emergencies of earlier epochs has ended.
create table custodian.chart_epoch (
    patient bytea primary key check (octet_length(patient) = 20),
    epoch bigint not null,
    block bigint not null
);

-- Ends of grants seen in blocks that are not final. A reorg does not take them back: they count until a final block of
-- that height has been read, and then final state says. Without grantee and scope: everyone was revoked.
create table custodian.sighting (
    patient bytea not null check (octet_length(patient) = 20),
    grantee bytea not null,
    scope bytea not null,
    block bigint not null,
    reason smallint not null,
    primary key (patient, grantee, scope, block),
    constraint sighting_slot check (octet_length(grantee) in (0, 20) and octet_length(scope) in (0, 32))
);

create table custodian.opened (
    patient bytea not null check (octet_length(patient) = 20),
    digest bytea not null check (octet_length(digest) = 32),
    reader bytea not null check (octet_length(reader) = 20),
    via bytea not null check (octet_length(via) = 20),
    purpose smallint not null,
    nonce bytea not null check (octet_length(nonce) = 32),
    block bigint not null,
    hash bytea not null check (octet_length(hash) = 32),
    log_index bigint not null,
    primary key (block, log_index)
);
create index opened_request on custodian.opened (reader, nonce, digest);

create table custodian.published_key (
    account bytea not null check (octet_length(account) = 20),
    block bigint not null,
    log_index bigint not null,
    key bytea not null,
    primary key (account, block, log_index)
);

-- The terms that shares were deposited for, whether or not the grant is on chain yet.
create table custodian.holding (
    grant_id bytea primary key check (octet_length(grant_id) = 32),
    patient bytea not null check (octet_length(patient) = 20),
    grantee bytea not null check (octet_length(grantee) = 20),
    scope bytea not null check (octet_length(scope) = 32),
    rights smallint not null,
    purposes integer not null,
    expires_at bigint not null,
    epoch bigint not null,
    nonce bigint not null,
    deposited_at bigint not null
);
create index holding_patient on custodian.holding (patient);

-- Sealed shares as they came. Gone when the grant ends: `deletion` stays.
create table custodian.share (
    grant_id bytea not null check (octet_length(grant_id) = 32) references custodian.holding,
    kind smallint not null constraint share_kind check (kind between 1 and 3),
    digest bytea not null check (octet_length(digest) = 32),
    share_index smallint not null constraint share_index_range check (share_index between 1 and 255),
    sealed bytea not null,
    depositor bytea not null check (octet_length(depositor) = 20),
    primary key (grant_id, kind, digest)
);

-- Owner's copies: CK and TK, sealed to the patient.
create table custodian.owner_copy (
    patient bytea not null check (octet_length(patient) = 20),
    digest bytea not null check (octet_length(digest) = 32),
    sealed bytea not null,
    depositor bytea not null check (octet_length(depositor) = 20),
    primary key (patient, digest)
);

-- Deposits that were acknowledged, by the hash of what was signed: the same one again gets the same receipt.
create table custodian.deposit (
    hash bytea primary key check (octet_length(hash) = 32),
    stored_at bigint not null
);

-- Grants whose shares are deleted, for good: nothing is taken for them again.
create table custodian.deletion (
    grant_id bytea primary key check (octet_length(grant_id) = 32),
    reason smallint not null,
    block bigint not null,
    shares bigint not null,
    deleted_at bigint not null,
    leaf bigint not null
);

-- Requests that were answered. A reader's nonce is used once.
create table custodian.answered (
    reader bytea not null check (octet_length(reader) = 20),
    nonce bytea not null check (octet_length(nonce) = 32),
    leaf bigint not null,
    primary key (reader, nonce)
);

-- The log (RFC 9162). Leaves are of leaf.rs; nodes are the hashes of whole subtrees, leaves' own at level 0.
create table custodian.leaf (
    place bigint primary key,
    bytes bytea not null
);
create table custodian.node (
    level smallint not null,
    place bigint not null,
    hash bytea not null check (octet_length(hash) = 32),
    primary key (level, place)
);
-- How many leaves there are. Whoever appends, deletes or deposits holds this row: one at a time.
create table custodian.log (
    only_row boolean primary key default true constraint log_one_row check (only_row),
    size bigint not null
);
insert into custodian.log (size) values (0);

-- Heads that were sent to the chain, and the transaction that carries each.
create table custodian.anchor (
    size bigint primary key,
    root bytea not null check (octet_length(root) = 32),
    signed_at bigint not null,
    transaction bytea not null check (octet_length(transaction) = 32)
);

-- Opens to be logged for their readers. `logged`: seen in a final block, or given up.
create table custodian.relay (
    hash bytea primary key check (octet_length(hash) = 32),
    patient bytea not null check (octet_length(patient) = 20),
    digest bytea not null check (octet_length(digest) = 32),
    reader bytea not null check (octet_length(reader) = 20),
    via bytea not null check (octet_length(via) = 20),
    purpose smallint not null,
    nonce bytea not null check (octet_length(nonce) = 32),
    deadline bigint not null,
    signature bytea not null,
    sent_block bigint,
    logged boolean not null default false
);
create index relay_waiting on custodian.relay (deadline) where not logged;

-- Roles belong to the whole server, so another database on it may have made this one, at the same moment too.
do $$
begin
    if not exists (select from pg_roles where rolname = 'chartkey_custodian') then
        create role chartkey_custodian nologin;
    end if;
exception
    when duplicate_object or unique_violation then null;
end
$$;
do $$
begin
    if not pg_has_role(current_user, 'chartkey_custodian', 'set') then
        execute format('grant chartkey_custodian to %I', current_user);
    end if;
end
$$;
grant usage on schema custodian to chartkey_custodian;
grant select on all tables in schema custodian to chartkey_custodian;
grant insert on all tables in schema custodian to chartkey_custodian;
grant update on custodian.chain, custodian.access_grant, custodian.chart_epoch, custodian.share, custodian.owner_copy,
    custodian.log, custodian.relay, custodian.anchor to chartkey_custodian;
grant delete on custodian.sighting, custodian.share, custodian.owner_copy to chartkey_custodian;
revoke insert on custodian.log from chartkey_custodian;
