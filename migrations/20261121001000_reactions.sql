-- The emoji that stands on a message now, from each side; the reaction itself is a message too.

create table reactions (
    merchant_id uuid not null,
    account_id uuid not null,
    conversation_id uuid not null,
    -- The platform's id of the message it stands on.
    target text not null,
    direction text not null check (direction in ('inbound', 'outbound')),
    -- The message that put it on or took it off, and its sealed content, which says which; null once erased.
    message_id uuid not null,
    content bytea,
    at timestamptz not null,
    primary key (account_id, target, direction)
);
create index reactions_conversation on reactions (conversation_id);

alter table reactions enable row level security;
alter table reactions force row level security;
create policy merchant on reactions to loa_api using (merchant_id = current_merchant());
create policy worker on reactions to loa_worker using (true);
grant select, insert, update, delete on reactions to loa_api, loa_worker;
