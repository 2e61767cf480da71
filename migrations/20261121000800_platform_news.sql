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
    -- The category that the platform announced, and from when.
    next_category text,
    components jsonb,
    status_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint templates_name_key unique (merchant_id, business_id, name, language)
);
create index templates_platform_id on templates (platform_id) where platform_id is not null;

-- The limit belongs to the portfolio; -1: unlimited; null: not known.
alter table portfolios add column messaging_limit integer, add column limit_at timestamptz;

alter table accounts
    add column quality_at timestamptz,
    add column name_status text,
    -- What the platform forbids: [{"type": ..., "until": ...}].
    add column restrictions jsonb not null default '[]',
    add column max_phone_numbers integer;

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
