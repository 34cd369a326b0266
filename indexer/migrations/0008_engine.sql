-- What following the chain fast and unattended needs of the tables.

-- Final blocks are indexed without their headers where they hold no event, so a row cannot always name its parent. Nothing
-- asks by hash, and a hash that came twice would be the node's fault, found by comparing headers.
alter table block drop column parent_hash;
alter table block drop constraint block_hash_key;

-- In blocks, the width of a partition of `event`: partition k holds the blocks from k * event_width on. Fixed from the first
-- event on.
alter table deployment add event_width bigint not null default 65536 check (event_width > 0);

alter table progress
    -- All blocks from the deployment to this one have their row in `block`. Null: not even the deployment's.
    add headers_to      bigint,
    -- The events from this block on have not been compared with the contract's trails yet. Null: all have.
    add unchecked_from  bigint,
    -- Why writing was stopped for good: what was indexed does not agree with the contract. Null: it was not.
    add halted          text,
    -- The events before this block were archived: detached from `event`.
    add archived_before bigint;

-- Where each subject's trail ends. By-subject questions bound their blocks by it, so that only partitions are probed that
-- may hold that subject's events. Rewritten with every event of the subject: half of each page is left free, and no column
-- but the key is indexed, so that a new version of a row stays in its page and touches no index.
create table trail (
    subject     bytea   primary key check (octet_length(subject) = 20),
    first_block bigint  not null,
    last_block  bigint  not null,
    last_log    integer not null,
    -- How many events.
    length      bigint  not null check (length > 0),
    link        bytea   not null check (octet_length(link) = 32)
) with (fillfactor = 50);

-- Where each subject's trail stood when its events up to there were archived: what is left of them here.
create table archived_trail (
    subject    bytea   primary key check (octet_length(subject) = 20),
    last_block bigint  not null,
    last_log   integer not null,
    length     bigint  not null check (length > 0),
    link       bytea   not null check (octet_length(link) = 32)
);
grant select on trail, archived_trail to chartkey_reader;

-- The views that read `event` are made again below: with a null for the transaction of an event that was archived.
drop view event_detail, access_request_detail, record_detail, access_grant_detail;

-- `event`, by range of blocks, so that old ranges can be detached. Its indexes are those it had: by position, and what
-- readers ask by.
alter table event rename to event_whole;
alter index event_pkey rename to event_whole_pkey;
alter index event_subject rename to event_whole_subject;
alter index event_actor rename to event_whole_actor;
alter index event_open rename to event_whole_open;
create table event (like event_whole including constraints) partition by range (block_number);
alter table event add primary key (block_number, log_index);
create index event_subject on event (subject, block_number, log_index);
create index event_actor on event (actor, block_number, log_index);
create index event_open on event (digest, block_number, log_index) where kind = 'RecordOpened';
grant select on event to chartkey_reader;

-- Nothing asks by these, so their statistics would only cost. Sealed keys do not compress, and a row of them is kept whole
-- up to a page instead of in two tables.
alter table event
    alter transaction_hash set statistics 0,
    alter topics set statistics 0,
    alter data set statistics 0,
    alter data set storage external,
    alter link set statistics 0;
alter table access_grant alter sealed_key set storage external, alter sealed_key set statistics 0;
alter table access_grant set (toast_tuple_target = 8160);

-- Makes the partitions of `event` for a range of blocks, where they are missing. Attaching a table does not wait for
-- readers, nor they for it.
create function ensure_event_partitions(first_block bigint, last_block bigint) returns void
language plpgsql as $$
declare
    width bigint := coalesce((select event_width from deployment), 65536);
    name  text;
begin
    for k in first_block / width .. last_block / width loop
        name := 'event_' || k;
        if to_regclass(name) is null then
            execute format('create table %I (like event including constraints including storage) '
                           'with (toast_tuple_target = 8160)', name);
            execute format('alter table event attach partition %I for values from (%s) to (%s)',
                           name, k * width, (k + 1) * width);
            execute format('alter table %I alter transaction_hash set statistics 0, alter topics set statistics 0, '
                           'alter data set statistics 0, alter link set statistics 0', name);
        end if;
    end loop;
end
$$;

select ensure_event_partitions(min(block_number), max(block_number)) from event_whole having count(*) > 0;
insert into event select * from event_whole order by block_number, log_index;
drop table event_whole;

insert into trail
select distinct on (subject) subject, min(block_number) over whole, block_number, log_index, count(*) over whole, link
from event
window whole as (partition by subject)
order by subject, block_number desc, log_index desc;

-- Every block was indexed with its header until now, and none of them compared with the contract's trails.
update progress set
    headers_to = (select max(number) from block),
    unchecked_from = (select min(block_number) from event);

-- Takes the events before a block out of `event`, as far as they fill partitions: these stay, as tables of their own, to be
-- kept elsewhere and dropped. Returns their names. Only what is final can be archived. Waits at most five seconds for
-- readers, which in turn wait for it.
create function archive_events(before_block bigint) returns setof text
language plpgsql set lock_timeout = '5s' as $$
declare
    width     bigint := (select event_width from deployment);
    done      bigint := (select coalesce(archived_before, 0) from progress);
    bound     bigint := before_block / width * width;
    final     bigint := (select finalized from progress);
    part      text;
begin
    if final is null or bound > final + 1 then
        raise exception 'blocks before % are not all final (final up to %): archive what is final', before_block, final;
    end if;
    if exists (select from progress where unchecked_from < bound) then
        raise exception 'events before % were not compared with the contract''s trails yet: let the indexer catch up',
            before_block;
    end if;
    for part in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'event'::regclass and (substring(c.relname from 7)::bigint + 1) * width <= bound
        order by substring(c.relname from 7)::bigint
    loop
        execute format(
            'insert into archived_trail
             select distinct on (subject) subject, block_number, log_index, count(*) over (partition by subject), link
             from %I order by subject, block_number desc, log_index desc
             on conflict (subject) do update set
                 last_block = excluded.last_block, last_log = excluded.last_log,
                 length = archived_trail.length + excluded.length, link = excluded.link', part);
        execute format('alter table event detach partition %I', part);
        return next part;
    end loop;
    update progress set archived_before = bound where bound > done;
end
$$;

-- Puts all archived events back. Their tables must be there again.
create function unarchive_events() returns setof text
language plpgsql set lock_timeout = '5s' as $$
declare
    width bigint := (select event_width from deployment);
    done  bigint := (select coalesce(archived_before, 0) from progress);
    part  text;
    k     bigint;
begin
    for part in
        select relname from pg_class
        where relkind = 'r' and not relispartition and relnamespace = 'public'::regnamespace
            and relname ~ '^event_[0-9]+$' and substring(relname from 7)::bigint < done / width
        order by substring(relname from 7)::bigint
    loop
        k := substring(part from 7)::bigint;
        execute format('alter table event attach partition %I for values from (%s) to (%s)',
                       part, k * width, (k + 1) * width);
        return next part;
    end loop;
    if (select count(*) from event where block_number < done)
        <> (select coalesce(sum(length), 0) from archived_trail) then
        raise exception 'not all archived events are there: restore every table event_<k> that was archived first';
    end if;
    delete from archived_trail;
    update progress set archived_before = null;
end
$$;
revoke execute on function archive_events, unarchive_events, ensure_event_partitions from public;

-- What only `withdraw` asked by. It finds what began or ended in withdrawn blocks by the events of these blocks, so the
-- greater part of the indexes goes that each new fact had to be put into; and an end that no index holds is written
-- in place.
drop index patient_registered, account_key_published,
    record_added, record_superseded, record_retracted,
    access_grant_granted, access_grant_ended, access_grant_voided,
    practitioner_from, practitioner_until, team_created, team_member_from, team_member_until,
    guardian_from, guardian_until, emergency_policy_from, emergency_policy_until,
    access_request_requested, access_request_ended;

-- A grant is named by its position, in the order in which readers list a chart's. The intervals are judged on the few rows of
-- a chart: with until_block in an index no end could be written in place. A slot is found by its grantee.
drop index access_grant_interval, access_grant_grantee;
alter table access_grant
    drop constraint access_grant_pkey,
    add primary key (patient, granted_block, granted_log);
create index access_grant_grantee on access_grant (grantee, patient, scope);
alter table access_grant set (fillfactor = 85);

create view access_grant_detail as
select g.*,
       granted.timestamp         as granted_at,
       granted.hash              as granted_block_hash,
       granting.transaction_hash as granted_transaction,
       ended.timestamp           as ended_at,
       voided.timestamp          as voided_at,
       parent_ended.timestamp    as parent_ended_at,
       exists (select from team where team.team = g.grantee) as to_team,
       -- Of the record a record's grant covers: with the scope, which is its digest, it makes the CID.
       record.codec              as scope_codec
from access_grant_held g
join block granted on granted.number = g.granted_block
left join event granting on granting.block_number = g.granted_block and granting.log_index = g.granted_log
left join block ended on ended.number = g.ended_block
left join block voided on voided.number = g.voided_block
left join block parent_ended on parent_ended.number = g.parent_ended_block
left join record on record.patient = g.patient and record.digest = g.scope;

create view record_detail as
select r.*,
       added.timestamp         as added_at,
       added.hash              as added_block_hash,
       adding.transaction_hash as added_transaction,
       successor.codec         as successor_codec,
       corrected.digest        as corrected_digest,
       corrected.codec         as corrected_codec
from record r
join block added on added.number = r.added_block
left join event adding on adding.block_number = r.added_block and adding.log_index = r.added_log
left join record successor on successor.patient = r.patient and successor.digest = r.superseded_by
left join record corrected on corrected.patient = r.patient and corrected.superseded_by = r.digest;

create view access_request_detail as
select r.*,
       requested.timestamp         as requested_at,
       requested.hash              as requested_block_hash,
       requesting.transaction_hash as requested_transaction,
       ended.timestamp             as ended_at,
       record.codec                as scope_codec
from access_request r
join block requested on requested.number = r.requested_block
left join event requesting on requesting.block_number = r.requested_block and requesting.log_index = r.requested_log
left join block ended on ended.number = r.ended_block
left join record on record.patient = r.patient and record.digest = r.scope;

create view event_detail as
select e.*,
       b.hash         as block_hash,
       b.timestamp    as block_timestamp,
       about.codec    as digest_codec,
       covered.codec  as scope_codec,
       g.grantee      as grant_grantee,
       given.timestamp as grant_granted_at
from event e
join block b on b.number = e.block_number
left join record about on about.patient = e.subject and about.digest = e.digest
left join record covered on covered.patient = e.subject and covered.digest = e.scope
-- The grant or referral that the event gave, ended or used: the latest one of that slot by then. A team's is its own;
-- through any other account it is what that account passed on.
left join team on team.team = e.via
left join lateral (
    select held.grantee, held.granted_block
    from access_grant held
    where e.scope is not null and e.kind <> 'AccessRequested'
        and held.patient = e.subject and held.scope = e.scope
        and held.grantee = coalesce(team.team, e.party, e.actor)
        and held.referrer is not distinct from case when team.team is null then e.via end
        and (held.granted_block, held.granted_log) <= (e.block_number, e.log_index)
    order by held.granted_block desc, held.granted_log desc
    limit 1
) g on true
left join block given on given.number = g.granted_block;

grant select on access_grant_detail, record_detail, access_request_detail, event_detail to chartkey_reader;
