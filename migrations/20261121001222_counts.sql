-- How many there are, for lists that say so without counting. A number per merchant that every transaction changed
-- would make them wait for each other: each statement adds what it changes as rows of their own, and the janitor folds
-- them in. What holds is the sum of both.

create table counts (
    merchant_id uuid not null,
    -- conversations: `part` is the account, `state` the status; contacts: `part` is nil, `state` the channel.
    subject text not null check (subject in ('conversations', 'contacts')),
    part uuid not null,
    state text not null,
    total bigint not null,
    primary key (merchant_id, subject, part, state)
);

create table count_deltas (
    id bigint generated always as identity primary key,
    merchant_id uuid not null,
    subject text not null,
    part uuid not null,
    state text not null,
    delta bigint not null
);
create index count_deltas_of on count_deltas (merchant_id, subject);

create function count_new_conversations() returns trigger
    language plpgsql as $$
begin
    insert into count_deltas (merchant_id, subject, part, state, delta)
    select merchant_id, 'conversations', account_id, status, count(*) from added
    where merged_into is null
    group by merchant_id, account_id, status;
    return null;
end
$$;
create trigger conversations_counted after insert on conversations
    referencing new table as added
    for each statement execute function count_new_conversations();

create function count_changed_conversation() returns trigger
    language plpgsql as $$
begin
    insert into count_deltas (merchant_id, subject, part, state, delta)
    select merchant_id, 'conversations', part, state, sum(delta) from (
        select old.merchant_id, old.account_id as part, old.status as state, -1 as delta where old.merged_into is null
        union all
        select new.merchant_id, new.account_id, new.status, 1 where new.merged_into is null
    ) change
    group by merchant_id, part, state having sum(delta) <> 0;
    return null;
end
$$;
create trigger conversations_recounted after update of status, merged_into on conversations
    for each row
    when (old.status <> new.status or (old.merged_into is null) <> (new.merged_into is null))
    execute function count_changed_conversation();

create function count_new_contacts() returns trigger
    language plpgsql as $$
begin
    insert into count_deltas (merchant_id, subject, part, state, delta)
    select merchant_id, 'contacts', '00000000-0000-0000-0000-000000000000', channel, count(*)
    from added cross join unnest(channels) as channel
    where merged_into is null and erased_at is null
    group by merchant_id, channel;
    return null;
end
$$;
create trigger contacts_counted after insert on contacts
    referencing new table as added
    for each statement execute function count_new_contacts();

create function count_changed_contact() returns trigger
    language plpgsql as $$
begin
    insert into count_deltas (merchant_id, subject, part, state, delta)
    select merchant_id, 'contacts', '00000000-0000-0000-0000-000000000000', state, sum(delta) from (
        select old.merchant_id, channel as state, -1 as delta from unnest(old.channels) as channel
        where old.merged_into is null and old.erased_at is null
        union all
        select new.merchant_id, channel, 1 from unnest(new.channels) as channel
        where new.merged_into is null and new.erased_at is null
    ) change
    group by merchant_id, state having sum(delta) <> 0;
    return null;
end
$$;
create trigger contacts_recounted after update of channels, merged_into, erased_at on contacts
    for each row
    when (old.channels <> new.channels or (old.merged_into is null) <> (new.merged_into is null)
          or (old.erased_at is null) <> (new.erased_at is null))
    execute function count_changed_contact();

-- What was there before anybody counted.
alter table conversations no force row level security;
alter table contacts no force row level security;
insert into counts (merchant_id, subject, part, state, total)
select merchant_id, 'conversations', account_id, status, count(*) from conversations
where merged_into is null group by merchant_id, account_id, status
union all
select merchant_id, 'contacts', '00000000-0000-0000-0000-000000000000', channel, count(*)
from contacts cross join unnest(channels) as channel
where merged_into is null and erased_at is null
group by merchant_id, channel;
alter table conversations force row level security;
alter table contacts force row level security;

do $$
declare
    name text;
begin
    foreach name in array array['counts', 'count_deltas'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy merchant on %I to loa_api using (merchant_id = current_merchant())', name);
        execute format('create policy worker on %I to loa_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to loa_worker', name);
    end loop;
end
$$;
grant select on counts to loa_api;
grant select, insert on count_deltas to loa_api;
