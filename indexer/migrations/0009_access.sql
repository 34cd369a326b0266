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
