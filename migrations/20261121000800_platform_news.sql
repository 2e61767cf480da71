-- What the platform says of templates, numbers and limits, applied.

create table templates (
    id uuid primary key,
    merchant_id uuid not null references merchants (id),
    -- The WhatsApp business account it belongs to.
    business_id text not null,
    platform_id text,
    name text not null,
    language text not null,
    -- As the platform writes them; its lists are open.
    category text,
    status text not null,
    quality text,
    -- Why it was rejected or paused.
    reason text,
    -- The category that the platform announced, and when it did.
    next_category text,
    components jsonb,
    -- Each value is the newest that the platform told, by its own clock, and remembers when that was.
    platform_id_at timestamptz,
    status_at timestamptz,
    -- Why the platform refuses to send it, null where it does not; until when, where that is known. `send_holds` is
    -- made of it.
    held_reason text,
    held_until timestamptz,
    held_at timestamptz,
    quality_at timestamptz,
    category_at timestamptz,
    next_category_at timestamptz,
    components_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint templates_name_key unique (merchant_id, business_id, name, language)
);
create index templates_platform_id on templates (platform_id) where platform_id is not null;

-- The limit belongs to the portfolio; -1: unlimited; null: not known.
alter table portfolios add column messaging_limit integer, add column limit_at timestamptz;

alter table accounts
    add column quality_at timestamptz,
    add column throughput_at timestamptz,
    add column limit_at timestamptz,
    add column name_status text,
    add column name_status_at timestamptz,
    add column review text,
    add column review_at timestamptz,
    -- What the platform forbids: [{"type": ..., "at": ..., "until": ..., "note": ...}].
    add column restrictions jsonb not null default '[]',
    -- When the platform last said that the account is back.
    add column restored_at timestamptz,
    -- The `status_reason` that news of the platform set; any other is not theirs to clear.
    add column news_error text,
    add column max_phone_numbers integer,
    add column max_phone_numbers_at timestamptz;

-- Of two pricing objects of a message the one that says more, and of what they say of its conversation
-- likewise: a status sent later may say less, and they come in any order.
create function richer_pricing(one jsonb, other jsonb) returns jsonb
    language sql immutable parallel safe
    return greatest(one - 'conversation', other - 'conversation')
        || case when greatest(one -> 'conversation', other -> 'conversation') is null then '{}'::jsonb
                else jsonb_build_object('conversation', greatest(one -> 'conversation', other -> 'conversation')) end;

create aggregate richest_pricing(jsonb) (sfunc = richer_pricing, stype = jsonb, parallel = safe);

do $$
declare
    name text;
begin
    foreach name in array array['templates'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy merchant on %I to loa_api using (merchant_id = current_merchant())', name);
        execute format('create policy worker on %I to loa_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to loa_api, loa_worker', name);
    end loop;
end
$$;
