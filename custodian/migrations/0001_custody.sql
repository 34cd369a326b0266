-- What a custodian keeps. A schema and a role of its own: the database may hold others', and the service can do no more
-- than its part (it can neither change nor take back a leaf of the log, a receipt or a used request).
-- Conventions: addresses are bytea of 20 bytes; hashes, digests, ids, scopes and uint256 bytea of 32; times Unix seconds.
create schema if not exists custodian;
set local search_path = custodian;

create domain address as bytea check (octet_length(value) = 20);
create domain word as bytea check (octet_length(value) = 32);

-- How far final blocks have been read. One row: which chain and contract these tables are about, for good. Rows of
-- `access_grant`, `opened` and `published_key` move in the same transaction. Nothing here is withdrawn by a reorg: only
-- final blocks get here, and a chain that replaces one stops the custodian.
create table chain (
    only_row boolean primary key default true constraint chain_one_row check (only_row),
    chain_id bigint not null,
    contract address not null,
    block bigint not null,
    hash word not null,
    timestamp bigint not null
);

-- Grants by final events, by the id that their terms have (vault/README.md).
create table access_grant (
    grant_id word primary key,
    patient address not null,
    grantee address not null,
    scope word not null,
    rights smallint not null,
    purposes integer not null,
    expires_at bigint not null,
    epoch bigint not null,
    granted_block bigint not null,
    ended_block bigint,
    end_reason smallint,
    constraint access_grant_end check ((ended_block is null) = (end_reason is null))
);
create index access_grant_slot on access_grant (patient, grantee, scope) where ended_block is null;
create index access_grant_expiry on access_grant (expires_at) where ended_block is null;

-- Ends of grants seen in blocks that are not final. A reorg does not take them back: they count until a final block of
-- that height has been read, and then final state says. Without grantee and scope: everyone was revoked.
create table sighting (
    patient address not null,
    grantee bytea not null,
    scope bytea not null,
    block bigint not null,
    reason smallint not null,
    primary key (patient, grantee, scope, block),
    constraint sighting_slot check (octet_length(grantee) in (0, 20) and octet_length(scope) in (0, 32))
);

create table opened (
    patient address not null,
    digest word not null,
    reader address not null,
    via address not null,
    purpose smallint not null,
    nonce word not null,
    block bigint not null,
    hash word not null,
    log_index bigint not null,
    primary key (block, log_index)
);
create index opened_request on opened (reader, nonce, digest);

create table published_key (
    account address not null,
    block bigint not null,
    log_index bigint not null,
    key bytea not null,
    primary key (account, block, log_index)
);

-- The terms that shares were deposited for, whether or not the grant is on chain yet.
create table holding (
    grant_id word primary key,
    patient address not null,
    grantee address not null,
    scope word not null,
    rights smallint not null,
    purposes integer not null,
    expires_at bigint not null,
    epoch bigint not null,
    nonce bigint not null,
    deposited_at bigint not null
);
create index holding_patient on holding (patient);

-- Sealed shares as they came. Gone when the grant ends: `deletion` stays.
create table share (
    grant_id word not null references holding,
    kind smallint not null constraint share_kind check (kind between 1 and 3),
    digest word not null,
    share_index smallint not null constraint share_index_range check (share_index between 1 and 255),
    sealed bytea not null,
    depositor address not null,
    primary key (grant_id, kind, digest)
);

-- Owner's copies: CK and TK, sealed to the patient.
create table owner_copy (
    patient address not null,
    digest word not null,
    sealed bytea not null,
    depositor address not null,
    primary key (patient, digest)
);

-- Deposits that were acknowledged, by the hash of what was signed: the same one again gets the same receipt.
create table deposit (
    hash word primary key,
    stored_at bigint not null
);

-- Grants whose shares are deleted, for good: nothing is taken for them again.
create table deletion (
    grant_id word primary key,
    reason smallint not null,
    block bigint not null,
    shares bigint not null,
    deleted_at bigint not null,
    leaf bigint not null
);

-- Requests that were answered. A reader's nonce is used once.
create table answered (
    reader address not null,
    nonce word not null,
    leaf bigint not null,
    primary key (reader, nonce)
);

-- The log (RFC 9162). Leaves are of leaf.rs; nodes are the hashes of whole subtrees, leaves' own at level 0.
create table leaf (
    place bigint primary key,
    bytes bytea not null
);
create table node (
    level smallint not null,
    place bigint not null,
    hash word not null,
    primary key (level, place)
);
-- How many leaves there are. Whoever appends, deletes or deposits holds this row: one at a time.
create table log (
    only_row boolean primary key default true constraint log_one_row check (only_row),
    size bigint not null
);
insert into log (size) values (0);

-- Heads that were sent to the chain, and the transaction that carries each.
create table anchor (
    size bigint primary key,
    root word not null,
    signed_at bigint not null,
    transaction word not null
);

-- Opens to be logged for their readers. `logged`: seen in a final block, or given up.
create table relay (
    hash word primary key,
    patient address not null,
    digest word not null,
    reader address not null,
    via address not null,
    purpose smallint not null,
    nonce word not null,
    deadline bigint not null,
    signature bytea not null,
    sent_block bigint,
    logged boolean not null default false
);
create index relay_waiting on relay (deadline) where not logged;

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
grant update on chain, access_grant, share, owner_copy, log, relay to chartkey_custodian;
grant delete on sighting, share, owner_copy to chartkey_custodian;
revoke insert on log from chartkey_custodian;
