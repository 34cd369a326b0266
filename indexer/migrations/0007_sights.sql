-- Who can see what, now that there are four ways to it; and the rows of 0004_views.sql with what 0006_facts.sql added.

-- Whether somebody was a guardian or a team's member at the end of a block, with the end judged at a time.
create function term_in_force(
    from_block bigint, until_block bigint, ends_at timestamptz, at_block bigint, at_time timestamptz
) returns boolean language sql immutable parallel safe return
    from_block <= at_block and (until_block is null or until_block > at_block) and ends_at > at_time;

-- What a record was at the end of a block.
create function record_status(superseded_block bigint, retracted_block bigint, at_block bigint)
returns text language sql immutable parallel safe return case
    when retracted_block <= at_block then 'retracted'
    when superseded_block <= at_block then 'superseded'
    else 'current' end;

-- By the chart, as ever or in an emergency, by its folder (0 is none, and its word would be the chart's), or alone.
create or replace function scope_covers(scope bytea, folder bigint, digest bytea)
returns boolean language sql immutable parallel safe return
    scope in (decode(repeat('00', 32), 'hex'), decode(repeat('ff', 32), 'hex'),
              decode(lpad(to_hex(folder), 64, '0'), 'hex'), digest);

-- Whether a way to see, of a scope or (null) a guardian's, shows a record at the end of a block: one that is there, and
-- that is not retracted, unless to guardians.
create function sight_shows(
    scope bytea, added_block bigint, retracted_block bigint, folder bigint, digest bytea, at_block bigint
) returns boolean language sql immutable parallel safe return
    added_block <= at_block
    and (scope is null
         or scope_covers(scope, folder, digest) and (retracted_block is null or retracted_block > at_block));

drop view event_detail, record_detail, access_grant_detail;

-- Grants and referrals with the end of the grant that they rest on. A parent that a "revoke everyone" voided voided its
-- referrals too, and one that ran out outlived them: what is left is that its slot was emptied or overwritten.
create view access_grant_held as
select g.*,
       parent.ended_block                            as parent_ended_block,
       -- The first block after which it was no longer in force, by itself or with its parent, whatever its end in time.
       least(g.until_block, parent.ended_block)      as over_block
from access_grant g
left join access_grant parent
    on parent.patient = g.patient and parent.grantee = g.referrer and parent.scope = g.parent_scope
    and parent.granted_block = g.parent_granted_block and parent.granted_log = g.parent_granted_log;

-- Who could open records at the end of a block, with ends judged at a time, patients themselves left out: one row per
-- way to it. `via` is what the reader names as `via` in an open. A guardian's way is no grant: grantee and scope are
-- null, and the place is that of `GuardianSet`. Readers ask for one patient or one viewer; either goes down into every
-- part.
create function sight(at_block bigint, at_time timestamptz)
returns table (
    patient bytea, viewer bytea, via bytea, grantee bytea, scope bytea, from_block bigint, from_log integer
) language sql stable parallel safe as $$
    -- By their own grant, or the glass they broke.
    select g.patient, g.grantee, null::bytea, g.grantee, g.scope, g.granted_block, g.granted_log
    from access_grant g
    join practitioner p on p.practitioner = g.grantee
        and in_good_standing(p.from_block, p.until_block, p.suspended, p.valid_until, at_block, at_time)
    where g.referrer is null and g.rights & 1 = 1
        and grant_in_force(g.granted_block, g.until_block, g.expires_at, at_block, at_time)
    union all
    -- By a team's grant.
    select g.patient, m.member, g.grantee, g.grantee, g.scope, g.granted_block, g.granted_log
    from access_grant g
    join team_member m on m.team = g.grantee and m.member <> g.patient
        and term_in_force(m.from_block, m.until_block, m.ends_at, at_block, at_time)
    join practitioner p on p.practitioner = m.member
        and in_good_standing(p.from_block, p.until_block, p.suspended, p.valid_until, at_block, at_time)
    where g.referrer is null and g.rights & 1 = 1
        and grant_in_force(g.granted_block, g.until_block, g.expires_at, at_block, at_time)
    union all
    -- By a referral.
    select g.patient, g.grantee, g.referrer, g.grantee, g.scope, g.granted_block, g.granted_log
    from access_grant_held g
    join practitioner p on p.practitioner = g.grantee
        and in_good_standing(p.from_block, p.until_block, p.suspended, p.valid_until, at_block, at_time)
    join practitioner q on q.practitioner = g.referrer
        and in_good_standing(q.from_block, q.until_block, q.suspended, q.valid_until, at_block, at_time)
    where g.rights & 1 = 1
        and grant_in_force(g.granted_block, g.over_block, g.expires_at, at_block, at_time)
    union all
    -- As a guardian.
    select patient, guardian, patient, null, null, from_block, from_log
    from guardian
    where term_in_force(from_block, until_block, ends_at, at_block, at_time)
$$;

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
join event granting on granting.block_number = g.granted_block and granting.log_index = g.granted_log
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
join event adding on adding.block_number = r.added_block and adding.log_index = r.added_log
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
join event requesting on requesting.block_number = r.requested_block and requesting.log_index = r.requested_log
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

grant select on access_grant_held, access_grant_detail, record_detail, access_request_detail, event_detail
    to chartkey_reader;
