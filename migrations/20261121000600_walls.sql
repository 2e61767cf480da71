-- The wall between merchants: behind every query's own clause stands row-level security, forced even
-- on the owner. The API is bound to one merchant a transaction; workers serve all.

grant usage on schema public to loa_api, loa_worker;

do $$
declare
    name text;
begin
    foreach name in array array[
        'data_keys', 'shops', 'users', 'portfolios', 'accounts', 'contacts', 'identities', 'consents', 'conversations',
        'messages', 'inbox', 'outbox', 'orphan_statuses', 'account_events', 'audit_entries'
    ] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy merchant on %I to loa_api using (merchant_id = current_merchant())', name);
        execute format('create policy worker on %I to loa_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to loa_api, loa_worker', name);
    end loop;
end
$$;

alter table merchants enable row level security;
alter table merchants force row level security;
create policy merchant on merchants to loa_api using (id = current_merchant());
create policy worker on merchants to loa_worker using (true);
grant select, insert, update on merchants to loa_api, loa_worker;

-- At login the merchant is not known yet: the row of the very e-mail that was given may be read.
create policy login on users for select to loa_api
    using (email = nullif(current_setting('loa.login_email', true), ''));

-- Nobody's events are no merchant's business.
alter table unclaimed_events enable row level security;
alter table unclaimed_events force row level security;
create policy operator on unclaimed_events for select to loa_api
    using (current_setting('loa.operator', true) = 'on');
create policy worker on unclaimed_events to loa_worker using (true);
grant select on unclaimed_events to loa_api;
grant select, insert, update, delete on unclaimed_events to loa_worker;

-- History is written, never rewritten. (Erasure empties a contact; it does not touch these.)
revoke update, delete on consents, audit_entries from loa_api, loa_worker;
revoke delete on messages, contacts, conversations, accounts, users, data_keys from loa_api;

revoke execute on function ensure_message_partitions(integer) from public;
grant execute on function ensure_message_partitions(integer) to loa_worker;
