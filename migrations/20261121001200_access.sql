-- Who gets in, for how long, and with whom they work: sessions with their refresh tokens, API keys, teams, and
-- people whom an outer system logs in.

alter table users
    alter column email drop not null,
    -- The name (`sub`) by which an outer system knows the user; it logs the user in, Loa does not.
    add column external_id text check (external_id <> ''),
    -- When the outer system made the token whose claims were last taken over.
    add column claims_at timestamptz,
    -- Until then a one-time password holds; null: the password is the user's own choice.
    add column password_expires_at timestamptz,
    add column last_login_at timestamptz,
    add constraint users_external_id_key unique (merchant_id, external_id),
    add constraint users_login check (external_id is not null or email is not null);

-- Whoever logs in here does so by e-mail, so it is one user's. What an outer system says of its own users is not
-- looked up by.
alter table users drop constraint users_email_key;
create unique index users_email_key on users (email) where external_id is null;

drop policy login on users;
create policy login on users for select to loa_api
    using (external_id is null and email = nullif(current_setting('loa.login_email', true), ''));

-- A login and everything that was refreshed from it. A token says which it belongs to, and stops with it.
create table sessions (
    id uuid primary key,
    merchant_id uuid not null references merchants (id),
    user_id uuid not null references users (id),
    created_at timestamptz not null default now(),
    refreshed_at timestamptz not null default now(),
    -- Moves with each refresh, up to a last day that does not.
    ends_at timestamptz not null,
    revoked_at timestamptz,
    revoked_for text
);
create index sessions_user on sessions (user_id) where revoked_at is null;
create index sessions_ended on sessions (ends_at);

-- Each is good once. A used one stays, so that whoever presents it again is noticed.
create table refresh_tokens (
    -- SHA-256 of the token, which is 256 random bits and is kept nowhere.
    hash bytea primary key check (octet_length(hash) = 32),
    merchant_id uuid not null,
    session_id uuid not null references sessions (id) on delete cascade,
    created_at timestamptz not null default now(),
    used_at timestamptz,
    -- The one that was given for it.
    successor bytea
);
create index refresh_tokens_session on refresh_tokens (session_id);

create table api_keys (
    id uuid primary key,
    merchant_id uuid not null references merchants (id),
    name text not null,
    -- How the key is found; the part of it that may be shown.
    prefix text not null,
    -- SHA-256 of the whole key.
    hash bytea not null check (octet_length(hash) = 32),
    role text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
    created_by uuid,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    -- Written once a minute at most.
    last_used_at timestamptz,
    revoked_at timestamptz,
    constraint api_keys_prefix_key unique (prefix)
);
create index api_keys_merchant on api_keys (merchant_id, id);

create table teams (
    id uuid primary key,
    merchant_id uuid not null references merchants (id),
    name text not null check (name <> ''),
    created_at timestamptz not null default now()
);
create unique index teams_name_key on teams (merchant_id, lower(name));
create index teams_merchant on teams (merchant_id, id);

create table team_members (
    team_id uuid not null references teams (id) on delete cascade,
    user_id uuid not null references users (id),
    merchant_id uuid not null,
    created_at timestamptz not null default now(),
    primary key (team_id, user_id)
);
create index team_members_user on team_members (user_id);

do $$
declare
    name text;
begin
    foreach name in array array['sessions', 'refresh_tokens', 'api_keys', 'teams', 'team_members'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy merchant on %I to loa_api using (merchant_id = current_merchant())', name);
        execute format('create policy worker on %I to loa_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to loa_api, loa_worker', name);
    end loop;
end
$$;

-- Sessions and keys are revoked, not forgotten, by whoever serves requests.
revoke delete on sessions, refresh_tokens, api_keys from loa_api;

-- Whoever presents a secret names no merchant: the row of that very secret may be read.
create policy presented on refresh_tokens for select to loa_api
    using (hash = decode(nullif(current_setting('loa.presented_token', true), ''), 'hex'));
create policy presented on api_keys for select to loa_api
    using (prefix = nullif(current_setting('loa.presented_key', true), ''));

-- The audit trail by time, and by who did it.
create index audit_entries_merchant on audit_entries (merchant_id, id);
create index audit_entries_actor on audit_entries (merchant_id, actor_id, id) where actor_id is not null;
