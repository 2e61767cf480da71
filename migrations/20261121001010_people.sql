-- People whose addresses change, contacts and threads that turned out to be one, messages about others.

-- Addresses that a contact gave up. A business-scoped id is never anybody else's; a phone number is, and
-- until when it was whose tells late messages apart.
create table former_addresses (
    merchant_id uuid not null,
    kind text not null check (kind in ('phone', 'bsuid', 'psid', 'x_user')),
    value text not null check (value <> ''),
    scope uuid not null,
    contact_id uuid not null references contacts (id),
    -- By the platform's clock; it was somebody else's, or nobody's, from then on.
    until timestamptz not null,
    created_at timestamptz not null default now(),
    primary key (merchant_id, kind, value, scope, until, contact_id)
);
create index former_addresses_contact on former_addresses (contact_id);

alter table former_addresses enable row level security;
alter table former_addresses force row level security;
create policy merchant on former_addresses to loa_api using (merchant_id = current_merchant());
create policy worker on former_addresses to loa_worker using (true);
grant select, insert, update, delete on former_addresses to loa_api, loa_worker;

alter table conversations
    -- The thread that this one went into; it is closed and empty.
    add column merged_into uuid references conversations (id);
create index conversations_merged on conversations (merged_into) where merged_into is not null;
alter table contacts
    -- When the contact last showed an address that never changes hands, or moved as the platform told.
    add column last_certain_at timestamptz;
create index contacts_merged on contacts (merged_into) where merged_into is not null;

alter table messages
    -- The platform's id of the message that this one edits, takes back or reacts to.
    add column about text;
-- What an edit is about may be stored after it.
create index messages_amendments on messages (about) where kind in ('edit', 'revoke');
