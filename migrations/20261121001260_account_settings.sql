-- Accounts as they are connected, set and counted. Read by the API, the counts written by whoever queues or stores
-- messages.

alter table accounts
    add column profile_image_url text,
    -- The platform's id of the webhook that its events go to (X).
    add column webhook_id text,
    -- The one that is meant where only its shop is named.
    add column is_primary boolean not null default false;
create unique index accounts_primary_key on accounts (shop_id, channel) where is_primary;

-- Whether another connected account, whoever's, needs the subscription that this one has at its platform: a WhatsApp
-- business account is subscribed once for all its numbers. Says no more than that across the wall.
create function account_shares_subscription(account uuid) returns boolean
    language sql stable security definer set search_path = public, pg_temp
    return exists (
        select 1 from accounts a
        join accounts o on o.channel = a.channel and o.business_id = a.business_id and o.id <> a.id
                           and o.status <> 'inactive'
        where a.id = account_shares_subscription.account
          and (current_merchant() is null or a.merchant_id = current_merchant())
    );
-- Row-level security is forced on the owner too, in whose name the function looks.
create policy subscriptions on accounts for select to current_user using (true);
revoke execute on function account_shares_subscription(uuid) from public;
grant execute on function account_shares_subscription(uuid) to loa_api, loa_worker;

-- How many messages an account was given to send, by the hour: what daily limits are judged by. A row is written by one
-- connection alone, `share` is its process, so that those who queue at the same time do not wait for each other.
create table send_counts (
    account_id uuid not null,
    merchant_id uuid not null,
    hour timestamptz not null,
    share integer not null,
    sends integer not null default 0,
    primary key (account_id, hour, share)
) with (fillfactor = 50);
create index send_counts_age on send_counts (hour);

-- Messages of an account by the month, both ways; in shares as above.
create table message_counts (
    account_id uuid not null,
    merchant_id uuid not null,
    month date not null,
    share integer not null,
    messages bigint not null default 0,
    primary key (account_id, month, share)
) with (fillfactor = 50);

-- How many conversations and customers an account has that has too many to count whenever somebody looks: counted by
-- the first who did, and anew by the janitor.
create table account_totals (
    account_id uuid primary key references accounts (id) on delete cascade,
    merchant_id uuid not null,
    conversations bigint not null,
    contacts bigint not null,
    counted_at timestamptz not null default now()
);

do $$
declare
    name text;
begin
    foreach name in array array['send_counts', 'message_counts', 'account_totals'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy merchant on %I to loa_api using (merchant_id = current_merchant())', name);
        execute format('create policy worker on %I to loa_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to loa_api, loa_worker', name);
    end loop;
end
$$;
