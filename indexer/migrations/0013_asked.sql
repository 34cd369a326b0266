-- What makes each question of the API one that indexes answer, whatever else grows.

-- The transaction that a fact came with stands with the fact: a page of facts asks `event` for nothing, of which it would have to
-- look into as many partitions as the page has rows. Null: the event had been archived when this was introduced.
alter table record         add added_transaction     bytea check (octet_length(added_transaction) = 32);
alter table access_grant   add granted_transaction   bytea check (octet_length(granted_transaction) = 32);
alter table access_request add requested_transaction bytea check (octet_length(requested_transaction) = 32);
alter table account_key    add published_transaction bytea check (octet_length(published_transaction) = 32);
alter table team           add created_transaction   bytea check (octet_length(created_transaction) = 32);
alter table record         alter added_transaction     set statistics 0;
alter table access_grant   alter granted_transaction   set statistics 0;
alter table access_request alter requested_transaction set statistics 0;
alter table account_key    alter published_transaction set statistics 0;
alter table team           alter created_transaction   set statistics 0;
update record set added_transaction = e.transaction_hash
    from event e where (e.block_number, e.log_index) = (added_block, added_log);
update access_grant set granted_transaction = e.transaction_hash
    from event e where (e.block_number, e.log_index) = (granted_block, granted_log);
update access_request set requested_transaction = e.transaction_hash
    from event e where (e.block_number, e.log_index) = (requested_block, requested_log);
update account_key set published_transaction = e.transaction_hash
    from event e where (e.block_number, e.log_index) = (published_block, published_log);
update team set created_transaction = e.transaction_hash
    from event e where (e.block_number, e.log_index) = (created_block, created_log);

-- A chart's records are listed in the order in which they were added. One of them is found by its digest, and the charts that hold
-- it too: as many indexes as before.
alter table record
    drop constraint record_pkey,
    add primary key (patient, added_block, added_log);
drop index record_digest;
create unique index record_digest on record (digest, patient);

-- Of a slot that was filled many times, the latest grant by a block.
drop index access_grant_grantee;
create index access_grant_grantee on access_grant (grantee, patient, scope, granted_block, granted_log);

-- Which of a slot's grants is in force is no way to find the slot: compared like this, the block leads into no index, and an account's
-- grants in a chart are found by account and chart, however many others the chart has.
create or replace function grant_in_force(
    granted_block bigint, until_block bigint, expires_at timestamptz, at_block bigint, at_time timestamptz
) returns boolean language sql immutable parallel safe return
    at_block - granted_block >= 0 and (until_block is null or until_block > at_block) and expires_at > at_time;

-- Referrals are found by whom they are for, like other grants: what is left of this one invites to read all of it.
drop index access_grant_referrer;

-- The directory, by account: of one specialty, of one organisation, of those who are suspended.
create index practitioner_specialty on practitioner (lower(specialty), practitioner) where until_block is null;
create index practitioner_organisation on practitioner (lower(organisation), practitioner) where until_block is null;
create index practitioner_suspended on practitioner (practitioner) where until_block is null and suspended;

-- And by any part of what it says. The extension is one of Postgres's own, which a database's owner may add; where it is not
-- installed, or may not be added, such a search reads the whole directory.
do $$
begin
    create extension if not exists pg_trgm;
    create index practitioner_text on practitioner
        using gin (lower(name || ' ' || licence || ' ' || specialty || ' ' || organisation) gin_trgm_ops)
        where until_block is null;
exception
    when insufficient_privilege or feature_not_supported or undefined_file or undefined_object then
        raise warning 'no pg_trgm (%): searches in the directory will read all of it', sqlerrm;
end
$$;

drop view access_grant_detail, record_detail, access_request_detail, access_grant_held;

create view access_grant_held as
select g.*,
       parent.ended_block                            as parent_ended_block,
       -- The first block after which it was no longer in force, by itself or with its parent, whatever its end in time.
       least(g.until_block, parent.ended_block)      as over_block
from access_grant g
left join access_grant parent
    on parent.patient = g.patient
    and parent.granted_block = g.parent_granted_block and parent.granted_log = g.parent_granted_log;

create view access_grant_detail as
select g.*,
       granted.timestamp         as granted_at,
       granted.hash              as granted_block_hash,
       ended.timestamp           as ended_at,
       voided.timestamp          as voided_at,
       parent_ended.timestamp    as parent_ended_at,
       exists (select from team where team.team = g.grantee) as to_team,
       -- Of the record a record's grant covers: with the scope, which is its digest, it makes the CID.
       record.codec              as scope_codec
from access_grant_held g
join block granted on granted.number = g.granted_block
left join block ended on ended.number = g.ended_block
left join block voided on voided.number = g.voided_block
left join block parent_ended on parent_ended.number = g.parent_ended_block
left join record on record.patient = g.patient and record.digest = g.scope;

create view record_detail as
select r.*,
       added.timestamp         as added_at,
       added.hash              as added_block_hash,
       successor.codec         as successor_codec,
       corrected.digest        as corrected_digest,
       corrected.codec         as corrected_codec
from record r
join block added on added.number = r.added_block
left join record successor on successor.patient = r.patient and successor.digest = r.superseded_by
left join record corrected on corrected.patient = r.patient and corrected.superseded_by = r.digest;

create view access_request_detail as
select r.*,
       requested.timestamp         as requested_at,
       requested.hash              as requested_block_hash,
       ended.timestamp             as ended_at,
       record.codec                as scope_codec
from access_request r
join block requested on requested.number = r.requested_block
left join block ended on ended.number = r.ended_block
left join record on record.patient = r.patient and record.digest = r.scope;

grant select on access_grant_held, access_grant_detail, record_detail, access_request_detail to chartkey_reader;
