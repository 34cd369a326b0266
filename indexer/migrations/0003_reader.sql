-- The query API reads through this role: it can select, and nothing else. It cannot log in by itself; the API's
-- connections take it on (`set role`), which the owner of the tables may do. Roles belong to the whole server, so another
-- database on it may have made this one, at the same moment too.
do $$
begin
    if not exists (select from pg_roles where rolname = 'chartkey_reader') then
        create role chartkey_reader nologin;
    end if;
exception
    when duplicate_object or unique_violation then null;
end
$$;
do $$
begin
    -- 'set', not 'member': an account with CREATEROLE may be a member that can administer the role but not take it on.
    if not pg_has_role(current_user, 'chartkey_reader', 'set') then
        execute format('grant chartkey_reader to %I', current_user);
    end if;
end
$$;
grant usage on schema public to chartkey_reader;
grant select on deployment, block, event, progress, patient, account_key, record, access_grant, practitioner
    to chartkey_reader;
