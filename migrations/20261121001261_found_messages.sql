-- Messages found by order and technician, and what a merchant tells of orders. The indexes hold what bears such a
-- mark alone: what customers write is in none of them.

create index messages_reference on messages (merchant_id, reference, id) where reference is not null;
create index messages_author on messages (merchant_id, author_user_id, id) where author_user_id is not null;
-- Templates that an account sent: who got one in the last 24 hours counts toward its messaging limit.
create index messages_templates on messages (account_id, id) include (contact_id)
    where kind = 'template' and direction = 'outbound';

-- The threads of an order or a technician: every value that a thread's `refs` ever had, where `refs` shows the last.
-- A table of its own, since row-level security keeps PostgreSQL from looking into jsonb by an index.
create table conversation_refs (
    conversation_id uuid not null references conversations (id) on delete cascade,
    merchant_id uuid not null,
    name text not null,
    value text not null,
    at timestamptz not null default now(),
    primary key (conversation_id, name, value)
);
create index conversation_refs_value on conversation_refs (merchant_id, name, value, conversation_id);

create function note_conversation_refs() returns trigger
    language plpgsql as $$
begin
    insert into conversation_refs (conversation_id, merchant_id, name, value)
    select new.id, new.merchant_id, key, value from jsonb_each_text(new.refs) where value <> ''
    on conflict (conversation_id, name, value) do update set at = now();
    return null;
end
$$;
-- Fires where somebody writes `refs`, which those who store messages do not.
create trigger conversation_refs_changed after update of refs on conversations
    for each row when (old.refs is distinct from new.refs) execute function note_conversation_refs();
create trigger conversation_refs_given after insert on conversations
    for each row when (new.refs <> '{}') execute function note_conversation_refs();

-- A merchant's own words of notifications; where there is no row Loa's hold.
create table notification_texts (
    merchant_id uuid not null references merchants (id),
    kind text not null check (kind in ('order_status', 'appointment_reminder')),
    -- Of an order; empty for an appointment.
    status text not null default '',
    language text not null check (language in ('en', 'vi', 'zh')),
    text text not null check (text <> ''),
    updated_at timestamptz not null default now(),
    primary key (merchant_id, kind, status, language)
);

do $$
declare
    name text;
begin
    foreach name in array array['conversation_refs', 'notification_texts'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy merchant on %I to loa_api using (merchant_id = current_merchant())', name);
        execute format('create policy worker on %I to loa_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to loa_api, loa_worker', name);
    end loop;
end
$$;
