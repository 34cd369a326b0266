-- What a reader's question has in common with the next reader's: three conditions, each in one place (they are inlined, so
-- indexes still serve them), and rows with the times and places of the events behind them.

-- Whether a grant was in force at the end of a block, with its end judged at a time.
create function grant_in_force(
    granted_block bigint, until_block bigint, expires_at timestamptz, at_block bigint, at_time timestamptz
) returns boolean language sql immutable parallel safe return
    granted_block <= at_block and (until_block is null or until_block > at_block) and expires_at > at_time;

-- Whether a practitioner's row held at the end of a block, and was good standing at a time.
create function in_good_standing(
    from_block bigint, until_block bigint, suspended boolean, valid_until timestamptz, at_block bigint, at_time timestamptz
) returns boolean language sql immutable parallel safe return
    from_block <= at_block and (until_block is null or until_block > at_block)
    and not suspended and valid_until > at_time;

-- Whether a grant's scope covers a record: by the chart, by its folder (0 is none, and its word would be the chart's), or alone.
create function scope_covers(scope bytea, folder bigint, digest bytea)
returns boolean language sql immutable parallel safe return
    scope in (decode(repeat('00', 32), 'hex'), decode(lpad(to_hex(folder), 64, '0'), 'hex'), digest);

-- Rows as readers want them: facts with the times and places of the events that began and ended them. Plain views, so each
-- query still goes by the indexes of the tables below.

create view access_grant_detail as
select g.*,
       granted.timestamp         as granted_at,
       granted.hash              as granted_block_hash,
       granting.transaction_hash as granted_transaction,
       ended.timestamp           as ended_at,
       voided.timestamp          as voided_at,
       -- Of the record a record's grant covers: with the scope, which is its digest, it makes the CID.
       record.codec              as scope_codec
from access_grant g
join block granted on granted.number = g.granted_block
join event granting on granting.block_number = g.granted_block and granting.log_index = g.granted_log
left join block ended on ended.number = g.ended_block
left join block voided on voided.number = g.voided_block
left join record on record.patient = g.patient and record.digest = g.scope;

create view record_detail as
select r.*, added.timestamp as added_at, added.hash as added_block_hash, adding.transaction_hash as added_transaction
from record r
join block added on added.number = r.added_block
join event adding on adding.block_number = r.added_block and adding.log_index = r.added_log;

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
-- The grant that the event gave, ended or used: the latest one of that grantee and scope by then.
left join lateral (
    select grantee, granted_block
    from access_grant
    where e.scope is not null
        and patient = e.subject and grantee = coalesce(e.via, e.party) and scope = e.scope
        and (granted_block, granted_log) <= (e.block_number, e.log_index)
    order by granted_block desc, granted_log desc
    limit 1
) g on true
left join block given on given.number = g.granted_block;

grant select on access_grant_detail, record_detail, event_detail to chartkey_reader;
