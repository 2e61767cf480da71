-- Customers, the addresses they are known by, and what they agreed to. Written by persist and the API.

create table contacts (
    id uuid primary key,
    merchant_id uuid not null references merchants (id),
    display_name text,
    username text,
    email text,
    locale text,
    timezone text,
    tags text[] not null default '{}',
    attributes jsonb not null default '{}',
    source text not null default 'inbound_message',
    first_interaction_at timestamptz,
    last_interaction_at timestamptz,
    -- Set by erasure: the row stays as a tombstone.
    erased_at timestamptz,
    created_at timestamptz not null default now()
);
create index contacts_merchant on contacts (merchant_id, id);

create table identities (
    merchant_id uuid not null,
    kind text not null check (kind in ('phone', 'bsuid', 'psid', 'x_user')),
    value text not null check (value <> ''),
    -- The account that the address means something on; nil where it holds for the whole merchant.
    scope uuid not null,
    contact_id uuid not null references contacts (id),
    created_at timestamptz not null default now(),
    primary key (merchant_id, kind, value, scope)
);
create index identities_contact on identities (contact_id);

-- Append-only: the newest row of a purpose is what holds.
create table consents (
    id uuid primary key,
    merchant_id uuid not null,
    contact_id uuid not null references contacts (id),
    purpose text not null check (purpose in ('marketing', 'utility', 'ai')),
    granted boolean not null,
    source text not null check (source in ('keyword', 'form', 'api', 'import', 'flow', 'platform')),
    -- What was said, signed or imported.
    proof text,
    -- The message that said it.
    message_id uuid,
    at timestamptz not null,
    created_at timestamptz not null default now()
);
create index consents_current on consents (contact_id, purpose, at desc, id desc);
