-- Threads and what is said in them. Hot: written by persist, status and outbound, read by the API.

create table conversations (
    id uuid primary key,
    merchant_id uuid not null references merchants (id),
    account_id uuid not null references accounts (id),
    contact_id uuid not null references contacts (id),
    status text not null default 'open' check (status in ('open', 'closed')),
    handler text not null default 'bot' check (handler in ('bot', 'ai', 'human')),
    assignee_id uuid references users (id),
    close_reason text,
    -- The customer-service window opens here.
    last_inbound_at timestamptz,
    last_message_at timestamptz not null,
    last_message_id uuid,
    -- Sealed.
    last_message_preview bytea,
    message_count bigint not null default 0,
    unread_count integer not null default 0,
    -- An order, a technician: what a shop's screen finds the thread by.
    refs jsonb not null default '{}',
    opened_at timestamptz not null,
    closed_at timestamptz
);
create unique index conversations_open_key on conversations (account_id, contact_id) where status = 'open';
create index conversations_inbox on conversations (merchant_id, last_message_at desc, id desc);
create index conversations_account on conversations (account_id, status, last_message_at desc, id desc);
create index conversations_contact on conversations (contact_id, id);

-- The order of the values is the ladder: a status only climbs, and `<` says whether it does.
create type message_status as enum (
    'queued', 'sending', 'in_doubt', 'held', 'sent', 'failed', 'delivered', 'read', 'played', 'cancelled'
);

-- Ids are UUIDv7: their order is that of time, and a month of them is a partition. No index on
-- status: it would make every status update write all the others too.
create table messages (
    id uuid primary key,
    merchant_id uuid not null,
    account_id uuid not null,
    conversation_id uuid not null,
    contact_id uuid not null,
    direction text not null check (direction in ('inbound', 'outbound')),
    author text not null check (author in ('contact', 'agent', 'flow', 'ai', 'campaign', 'api', 'system')),
    author_user_id uuid,
    kind text not null,
    -- Sealed JSON; null once erased.
    content bytea,
    platform_id text,
    -- The platform's id of the message this one answers.
    reply_to text,
    -- An order number or the like, given by who sent it.
    reference text,
    status message_status not null,
    error jsonb,
    pricing jsonb,
    -- Inbound: the platform's time. Outbound: when it was queued.
    written_at timestamptz not null,
    -- Inbound: when the ingress had it.
    received_at timestamptz,
    accepted_at timestamptz,
    delivered_at timestamptz,
    read_at timestamptz,
    played_at timestamptz,
    failed_at timestamptz
) partition by range (id);
create index messages_history on messages (conversation_id, id);
create index messages_platform_id on messages (platform_id) where platform_id is not null;

-- The least UUIDv7 of a moment.
create function first_uuid_of(moment timestamptz) returns uuid
    language sql immutable parallel safe
    return (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

-- Makes the partitions of this month and of `ahead` more. Everything older than the first lies in
-- one below; there is no default partition, which would block new ones. Runs as the owner of the
-- tables, since the janitor may not change the schema by itself.
create function ensure_message_partitions(ahead integer) returns setof text
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    this_month timestamptz := date_trunc('month', now() at time zone 'utc') at time zone 'utc';
    first timestamptz;
    next timestamptz;
    name text;
begin
    if ahead not between 0 and 24 then
        raise exception 'ahead must lie between 0 and 24, not %', ahead;
    end if;
    perform pg_advisory_xact_lock(hashtext('ensure_message_partitions'));
    if to_regclass('messages_before') is null then
        execute format('create table messages_before partition of messages for values from (minvalue) to (%L)',
            first_uuid_of(this_month));
        return next 'messages_before';
    end if;
    for i in 0..ahead loop
        first := (this_month at time zone 'utc' + make_interval(months => i)) at time zone 'utc';
        next := (this_month at time zone 'utc' + make_interval(months => i + 1)) at time zone 'utc';
        name := 'messages_' || to_char(first at time zone 'utc', 'YYYY_MM');
        if to_regclass(name) is null then
            execute format('create table %I partition of messages for values from (%L) to (%L)',
                name, first_uuid_of(first), first_uuid_of(next));
            return next name;
        end if;
    end loop;
end
$$;
select ensure_message_partitions(3);
