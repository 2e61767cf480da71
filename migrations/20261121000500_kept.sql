-- What is kept although nothing acts on it: events of nobody, statuses of messages that Loa did not
-- send, news of accounts, and who did what.

-- Accepted events that no connected account claims, or that do not read. Only an operator sees them;
-- connecting the account claims its own.
create table unclaimed_events (
    event_id uuid not null,
    channel text not null check (channel in ('whatsapp', 'messenger', 'x')),
    -- The platform's id of the account; empty where the event does not read.
    account text not null,
    reason text not null check (reason in ('unknown_account', 'other_app', 'unreadable')),
    detail text,
    app text not null,
    received_at timestamptz not null,
    -- The envelope, sealed with the key of nobody.
    sealed bytea not null,
    created_at timestamptz not null default now(),
    primary key (event_id, account)
);
create index unclaimed_events_account on unclaimed_events (channel, account);

create table orphan_statuses (
    merchant_id uuid not null,
    account_id uuid not null,
    platform_id text not null,
    status message_status not null,
    error jsonb,
    at timestamptz not null,
    created_at timestamptz not null default now(),
    primary key (account_id, platform_id, status)
);

create table account_events (
    event_id uuid not null,
    position integer not null,
    merchant_id uuid not null,
    account_id uuid not null,
    subject text not null,
    field text not null,
    -- The platform's own object, sealed.
    value bytea not null,
    received_at timestamptz not null,
    primary key (event_id, position, account_id)
);
create index account_events_account on account_events (account_id, received_at desc);

create table audit_entries (
    id uuid primary key,
    merchant_id uuid not null,
    actor_kind text not null check (actor_kind in ('user', 'api_key', 'system')),
    actor_id uuid,
    action text not null,
    entity text not null,
    entity_id uuid not null,
    before jsonb,
    after jsonb,
    at timestamptz not null default now()
);
create index audit_entries_entity on audit_entries (merchant_id, entity, entity_id, id);
