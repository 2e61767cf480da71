-- Work tables: what has to be done, a row each, deleted when done. The broker only wakes who does it.

-- Unread by the flow engine. Written by persist where the account answers by itself.
create table inbox (
    message_id uuid primary key,
    merchant_id uuid not null,
    account_id uuid not null,
    conversation_id uuid not null,
    sent_at timestamptz not null,
    received_at timestamptz not null,
    -- The place in the webhook's body, which orders what one second holds.
    position integer not null,
    created_at timestamptz not null default now()
);
create index inbox_order on inbox (conversation_id, sent_at, received_at, position);
create index inbox_age on inbox (created_at);

-- To be sent. `waiting` may be claimed; `sending` is held by a sender that may have called the
-- platform: when its lease runs out the message is in doubt, never sent again blindly.
create table outbox (
    message_id uuid primary key,
    merchant_id uuid not null,
    account_id uuid not null,
    conversation_id uuid not null,
    -- The order within a conversation.
    seq bigint generated always as identity,
    -- Lower goes first: 0 replies, 5 notifications, 9 campaigns.
    priority smallint not null default 0,
    state text not null default 'waiting' check (state in ('waiting', 'sending')),
    attempt integer not null default 0,
    not_before timestamptz not null default now(),
    lease uuid,
    lease_until timestamptz,
    created_at timestamptz not null default now()
) with (fillfactor = 70);
create index outbox_due on outbox (account_id, priority, seq);
create index outbox_order on outbox (conversation_id, seq);
