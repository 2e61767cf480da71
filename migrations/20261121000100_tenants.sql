-- Merchants and what belongs to them alone: keys, shops, people, accounts. Read by every process.

-- Row-level security compares with this: the merchant that the transaction is bound to, or null.
create function current_merchant() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('loa.merchant_id', true), '')::uuid;

create table merchants (
    id uuid primary key,
    name text not null,
    -- Null: Loa's own list of words that withdraw consent.
    stop_words text[],
    -- Null: Loa's own confirmation.
    stop_reply text,
    retention_days integer not null default 365 check (retention_days > 0),
    created_at timestamptz not null default now()
);

-- The keys that seal a merchant's contents, themselves sealed by the master key. The nil merchant's
-- key seals what belongs to nobody. A sealed value names its key by number, so keys can be rotated.
create table data_keys (
    merchant_id uuid not null,
    number smallint not null check (number > 0),
    wrapped bytea not null,
    master_key text not null,
    created_at timestamptz not null default now(),
    primary key (merchant_id, number)
);

create table shops (
    id uuid primary key,
    merchant_id uuid not null references merchants (id),
    -- The merchant's own name for it; what documents call shopId.
    external_id text not null check (external_id <> ''),
    name text not null,
    is_default boolean not null default false,
    created_at timestamptz not null default now(),
    constraint shops_external_id_key unique (merchant_id, external_id)
);
create unique index shops_default_key on shops (merchant_id) where is_default;

create table users (
    id uuid primary key,
    merchant_id uuid not null references merchants (id),
    email text not null check (email = lower(email)),
    display_name text not null,
    password_hash text,
    role text not null check (role in ('owner', 'admin', 'agent', 'viewer', 'operator')),
    disabled_at timestamptz,
    created_at timestamptz not null default now(),
    constraint users_email_key unique (email)
);
create index users_merchant on users (merchant_id, id);

-- The business that a WhatsApp messaging limit belongs to.
create table portfolios (
    id uuid primary key,
    merchant_id uuid not null references merchants (id),
    platform_id text,
    name text not null,
    created_at timestamptz not null default now(),
    constraint portfolios_platform_id_key unique (merchant_id, platform_id)
);

create table accounts (
    id uuid primary key,
    merchant_id uuid not null references merchants (id),
    shop_id uuid not null references shops (id),
    portfolio_id uuid references portfolios (id),
    channel text not null check (channel in ('whatsapp', 'messenger', 'x')),
    -- The platform's id: phone number id, page id, X user id.
    external_id text not null check (external_id <> ''),
    -- The WhatsApp business account.
    business_id text,
    display_name text,
    display_number text,
    username text,
    -- The configured app whose secret signs this account's webhooks.
    app text not null default 'default',
    -- Sealed; null once disconnected.
    credentials bytea,
    status text not null default 'active' check (status in ('active', 'inactive', 'error')),
    status_reason text,
    quality_rating text,
    -- Unique customers outside a window in 24 h; null: not known.
    messaging_limit integer,
    throughput_per_second integer not null default 80 check (throughput_per_second > 0),
    -- Off: flows and AI keep silent on this account, and persist writes them no inbox.
    auto_reply_enabled boolean not null default false,
    settings jsonb not null default '{}',
    connected_at timestamptz not null default now(),
    disconnected_at timestamptz
);
-- An account answers to one merchant at a time; a disconnected one stays as history.
create unique index accounts_connected_key on accounts (channel, external_id) where status <> 'inactive';
create index accounts_merchant on accounts (merchant_id, id);
create index accounts_shop on accounts (shop_id);
