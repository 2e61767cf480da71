-- Who owns the functions of search, what that role may read, and who may call them.

do $$
declare
    name text;
begin
    foreach name in array array['contacts', 'identities', 'former_addresses', 'consents', 'conversations',
                              'counts', 'count_deltas'] loop
        execute format('create policy search on %I for select to loa_search using (true)', name);
        execute format('grant select on %I to loa_search', name);
    end loop;
end
$$;
grant usage on schema public to loa_search;
-- Whoever is given a function must be able to make one where it lies, for as long as that takes.
grant create on schema public to loa_search;
do $$
declare
    name regprocedure;
begin
    foreach name in array array(
        select oid::regprocedure from pg_proc
        where pronamespace = 'public'::regnamespace and proname in ('search_contacts', 'search_conversations')
    ) loop
        execute format('alter function %s owner to loa_search', name);
        execute format('revoke execute on function %s from public', name);
        execute format('grant execute on function %s to loa_api', name);
    end loop;
end
$$;
revoke create on schema public from loa_search;
