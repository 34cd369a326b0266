-- That the query API was asked about a patient: who asked what, when, and at which block it was answered. Chained like the
-- contract's trails, per patient, so that a row that is taken out, altered or moved is found. SHA-256, which Postgres has.

create table query (
    -- About whom; twenty zero bytes: about all patients (the raw history, the state at a block).
    patient      bytea       not null check (octet_length(patient) = 20),
    -- Counts the patient's from 1.
    number       bigint      not null check (number > 0),
    -- Null: nobody was signed in, because the API was open to all.
    actor        bytea       check (octet_length(actor) = 20),
    -- By this database's clock.
    asked_at     timestamptz not null,
    -- As declared, and the path and query that were asked for.
    route        text        not null,
    asked        text        not null,
    -- The record that was asked about, where it was one.
    digest       bytea       check (octet_length(digest) = 32),
    request_id   text        not null,
    -- The indexed head it was answered at. On a branch that was replaced since, that block is no longer in `block`.
    block_number bigint      not null,
    block_hash   bytea       not null check (octet_length(block_hash) = 32),
    block_time   timestamptz not null,
    link         bytea       not null check (octet_length(link) = 32),
    primary key (patient, number)
);
-- The access log's order.
create index query_log on query (patient, block_number, number);

-- Where each patient's chain of queries ends.
create table query_trail (
    patient bytea  primary key check (octet_length(patient) = 20),
    length  bigint not null check (length > 0),
    link    bytea  not null check (octet_length(link) = 32)
) with (fillfactor = 50);

-- What a chain begins with: no chain passes for that of another patient, contract or chain.
create function query_start(patient bytea) returns bytea language sql stable as $$
    select sha256(convert_to('Chartkey queries', 'UTF8') || int8send(chain_id) || contract || patient) from deployment
$$;

-- A text or bytes of any length, so that no two rows give the same bytes.
create function length_and(bytes bytea) returns bytea language sql immutable parallel safe return
    int4send(octet_length(bytes)) || bytes;

-- The link of a query after the link before it.
create function query_link(before bytea, q query) returns bytea language sql stable return
    sha256(before || int8send(q.number) || coalesce(q.actor, decode(repeat('00', 20), 'hex'))
        || int8send((extract(epoch from q.asked_at) * 1000000)::bigint)
        || length_and(convert_to(q.route, 'UTF8')) || length_and(convert_to(q.asked, 'UTF8'))
        || length_and(coalesce(q.digest, '')) || length_and(convert_to(q.request_id, 'UTF8'))
        || int8send(q.block_number) || q.block_hash
        || int8send((extract(epoch from q.block_time) * 1000000)::bigint));

-- Numbers, times and links a new row, whatever the inserting role says. The chain's row is locked until the end of the
-- transaction, so that chains do not fork.
create function chain_query() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
    chain query_trail;
begin
    select * into chain from query_trail where patient = new.patient for update;
    if not found then
        -- Two at the same moment: the second waits here for the first.
        insert into query_trail values (new.patient, 1, query_start(new.patient)) on conflict do nothing returning * into chain;
        if found then
            new.number := 1;
        else
            select * into strict chain from query_trail where patient = new.patient for update;
            new.number := chain.length + 1;
        end if;
    else
        new.number := chain.length + 1;
    end if;
    new.asked_at := clock_timestamp();
    new.link := query_link(chain.link, new);
    update query_trail set length = new.number, link = new.link where patient = new.patient;
    return new;
end
$$;
create trigger query_chained before insert on query for each row execute function chain_query();

-- Neither changed nor taken out, by anyone: not by the tables' owner either, short of taking this guard down.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'what was asked of the API stays on record: % on % is refused', tg_op, tg_table_name;
end
$$;
create trigger query_stays before update or delete or truncate on query
    for each statement execute function refuse_change();

-- The API's own role adds to it and can do nothing else with it, not even read it; what it reads with cannot add.
grant insert (patient, actor, route, asked, digest, request_id, block_number, block_hash, block_time) on query
    to chartkey_api;
grant select on query, query_trail to chartkey_reader;
revoke execute on function chain_query, refuse_change from public;
