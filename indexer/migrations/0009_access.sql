-- Who may ask the query API what. What the chain says of it: roles, as they are granted and taken. What the API writes itself, it
-- writes through a role of its own.

-- Takes on what the API itself writes (sessions, and that it was asked): like chartkey_reader, it cannot log in by itself, and
-- roles belong to the whole server.
do $$
begin
    if not exists (select from pg_roles where rolname = 'chartkey_api') then
        create role chartkey_api nologin;
    end if;
exception
    when duplicate_object or unique_violation then null;
end
$$;
do $$
begin
    if not pg_has_role(current_user, 'chartkey_api', 'set') then
        execute format('grant chartkey_api to %I', current_user);
    end if;
end
$$;
grant usage on schema public to chartkey_api;

-- Who holds which role, a row per term. A role is named by the keccak256 of its name, the admin's by 32 zero bytes.
create table role_holder (
    account     bytea   not null check (octet_length(account) = 20),
    role        bytea   not null check (octet_length(role) = 32),
    from_block  bigint  not null,
    from_log    integer not null,
    until_block bigint,
    until_log   integer,
    primary key (account, role, from_block, from_log),
    constraint role_holder_end_whole check (num_nulls(until_block, until_log) in (0, 2))
);
create unique index role_holder_current on role_holder (role, account) where until_block is null;
grant select on role_holder to chartkey_reader;

-- From the events of before: `RoleChanged(registry, account, role; held, actor)`.
do $$
begin
    if exists (select from progress where archived_before is not null) then
        raise exception 'events are archived, and the roles are to be found in them: put them back first '
            '(select unarchive_events()), and archive them again afterwards';
    end if;
end
$$;
insert into role_holder
select account, role, block_number, log_index, until_block, until_log
from (
    select party as account, substring(topics from 97 for 32) as role, block_number, log_index,
           get_byte(data, 31) = 1 as held,
           lead(block_number) over later as until_block, lead(log_index) over later as until_log
    from event
    where subject = decode(repeat('00', 20), 'hex') and kind = 'RoleChanged'
    window later as (partition by party, substring(topics from 97 for 32) order by block_number, log_index)
) changes
where held;
