-- The accounts whose own an event is, one a row: a query that asks this of many events plans it once, as a part of itself. The array
-- below is made anew for each event, which took the live stream longer than all else.

create function concerned_accounts(
    subject bytea, actor bytea, party bytea, at_block bigint, at_time timestamptz, head_block bigint, head_time timestamptz
) returns setof bytea language sql stable parallel safe begin atomic
    select subject
    union
    select actor
    union
    select party where party is not null
    union
    select g.guardian
    from guardian g
    join guardian now on now.patient = g.patient and now.guardian = g.guardian
        and term_in_force(now.from_block, now.until_block, now.ends_at, head_block, head_time)
    where g.patient = subject and term_in_force(g.from_block, g.until_block, g.ends_at, at_block, at_time)
    union
    select a.account
    from auditor_term a
    join auditor_term now on now.account = a.account
        and now.from_block <= head_block and (now.until_block is null or now.until_block > head_block)
    where a.from_block <= at_block and (a.until_block is null or a.until_block > at_block);
end;

-- The same as an array.
create or replace function concerned(
    subject bytea, actor bytea, party bytea, at_block bigint, at_time timestamptz, head_block bigint, head_time timestamptz
) returns bytea[] language sql stable parallel safe return array(
    select account
    from concerned_accounts(subject, actor, party, at_block, at_time, head_block, head_time) as account);
