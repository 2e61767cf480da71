-- What the platform asked of senders: who waits and until when, who is out of reach, what is in doubt.

-- Nothing is claimed for what is held. `until` null: until somebody has looked.
create table send_holds (
    -- number: an account's id; business: a WABA id; app: an app's name; campaign: its id;
    -- template: a template's id, or `WABA id/name/language` while it has no row.
    scope text not null check (scope in ('number', 'business', 'app', 'campaign', 'template')),
    channel text not null,
    subject text not null,
    merchant_id uuid,
    until timestamptz,
    -- How often in a row; each is longer than the one before.
    times integer not null default 1,
    code bigint,
    reason text not null,
    created_at timestamptz not null default now(),
    primary key (scope, channel, subject)
);

alter table outbox
    add column campaign_id uuid,
    -- Off: a message that waits for days lets later ones of its conversation pass.
    add column in_order boolean not null default true,
    -- How often it was put back for a reason of its own; a hold of its number is none.
    add column own_tries integer not null default 0,
    -- Whether Loa may send it again by itself, should its fate not be known. Set when it is called.
    add column may_resend boolean not null default false;

alter table messages
    -- When the platform was called, by the last attempt.
    add column attempted_at timestamptz,
    add column attempts integer not null default 0,
    add column edited_at timestamptz,
    add column revoked_at timestamptz;

alter table contacts
    -- Sends that the platform could not deliver, counted once a day; whoever writes or is reached begins anew.
    add column undeliverable_strikes smallint not null default 0,
    add column undeliverable_day date,
    add column undeliverable_at timestamptz,
    -- The contact that this one turned out to be.
    add column merged_into uuid references contacts (id);

-- Countries that the platform does not let an account write to, by calling code.
create table barred_countries (
    account_id uuid not null references accounts (id),
    merchant_id uuid not null,
    calling_code smallint not null,
    at timestamptz not null,
    primary key (account_id, calling_code)
);

-- Sends whose fate is not known, until a status or somebody settles them.
create table doubts (
    message_id uuid primary key,
    merchant_id uuid not null,
    account_id uuid not null,
    conversation_id uuid not null,
    attempt integer not null,
    priority smallint not null,
    -- Off: only a status or a person settles it (marketing, X).
    may_resend boolean not null,
    since timestamptz not null default now(),
    -- When the janitor gave it up to a person.
    for_a_person_since timestamptz
);
create index doubts_account on doubts (account_id, since);

-- How far the statuses of an account have come: the newest that was applied, by the ingress's clock.
create table status_flow (
    account_id uuid primary key references accounts (id),
    merchant_id uuid not null,
    received_at timestamptz not null,
    applied_at timestamptz not null,
    -- The latest send that a status has confirmed.
    confirmed_at timestamptz
);

-- Whether nothing may be sent from an account now.
create function account_is_held(channel text, account uuid, business text, app text) returns boolean
    language sql stable
    return exists (
        select 1 from send_holds h
        where h.channel = account_is_held.channel and (h.until is null or h.until > now())
          and ((h.scope = 'number' and h.subject = account::text)
               or (h.scope = 'business' and h.subject = business)
               or (h.scope = 'app' and h.subject = account_is_held.app))
    );

-- Messages to mark as read on the platform, the newest of each conversation.
create table read_marks (
    conversation_id uuid primary key,
    merchant_id uuid not null,
    account_id uuid not null,
    platform_id text not null,
    typing boolean not null default false,
    attempt integer not null default 0,
    not_before timestamptz not null default now(),
    created_at timestamptz not null default now()
);
create index read_marks_account on read_marks (account_id);

do $$
declare
    name text;
begin
    foreach name in array array['send_holds', 'barred_countries', 'doubts', 'status_flow', 'read_marks'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy merchant on %I to loa_api using (merchant_id = current_merchant())', name);
        execute format('create policy worker on %I to loa_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to loa_api, loa_worker', name);
    end loop;
end
$$;
