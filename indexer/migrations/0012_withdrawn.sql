-- What the live stream (`GET /v1/stream`) needs: whose own an event is, an index to find one's own by, and what reorgs took back,
-- for readers who had been told of it.

-- Terms of auditors. The role is keccak256("AUDITOR").
create view auditor_term as
select account, from_block, until_block from role_holder
where role = decode('d8994f6d76f930dc5ea8c60e38e6334a87bb8539cc3082ac6828681c33316e3d', 'hex');

-- The accounts whose own an event is: its subject, actor and party, whenever; and who was a guardian of its subject or an auditor at
-- the end of its block, and is at the end of the head too. So what somebody is sent does not depend on when they ask, and ends
-- with their term.
create function concerned(
    subject bytea, actor bytea, party bytea, at_block bigint, at_time timestamptz, head_block bigint, head_time timestamptz
) returns bytea[] language sql stable parallel safe return array(
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
    where a.from_block <= at_block and (a.until_block is null or a.until_block > at_block));

-- "What concerns this account": with event_subject and event_actor. Where the party acts itself, event_actor has it: most events are
-- opens, so most rows are not in this one.
create index event_party on event (party, block_number, log_index) where party <> actor;

-- Each time that blocks were withdrawn, and all of them from which one on. Numbered from 1 without gaps, by the one writer.
create table withdrawal (
    number      bigint primary key check (number > 0),
    first_block bigint not null
);

-- The blocks that went, and the accounts that may have been told of their events. The three tables only grow: a reader may come back
-- at any time.
create table withdrawn_block (
    withdrawal bigint not null,
    number     bigint not null,
    hash       bytea  not null check (octet_length(hash) = 32),
    primary key (withdrawal, number)
);
create table withdrawn_event (
    withdrawal   bigint  not null,
    block_number bigint  not null,
    log_index    integer not null,
    -- As they were at the end of its block.
    concerned    bytea[] not null,
    primary key (withdrawal, block_number, log_index)
);
grant select on auditor_term, withdrawal, withdrawn_block, withdrawn_event to chartkey_reader;
