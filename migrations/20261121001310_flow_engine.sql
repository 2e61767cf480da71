-- What the flow engine and the janitor need besides: what is told with a message, what flows listen to, how far the
-- janitor has come, and what a conversation was told while nobody was there.

-- Known by whoever stores the message, and so told with it.
alter table inbox
    -- The message is the first of its contact, and of its conversation.
    add column contact_is_new boolean not null default false,
    add column conversation_is_new boolean not null default false,
    -- It is a word that withdraws consent.
    add column says_stop boolean not null default false;

alter table conversations
    -- When the customer was last told that nobody is there.
    add column away_told_at timestamptz,
    -- When a flow handed it to a person, and, sealed, what it tells that person. What flows said before still goes.
    add column handed_over_at timestamptz,
    add column handoff_note bytea;

-- Said with a delay: until then whatever is said later goes first.
alter table outbox add column delayed_until timestamptz;

-- What the published version of a flow listens to, as the types of its triggers; none where it is not active.
alter table flows add column trigger_kinds text[] not null default '{}';

create function note_flow_triggers() returns trigger
    language plpgsql as $$
begin
    new.trigger_kinds := case
        when new.status <> 'active' or new.deleted_at is not null or new.published_version is null then '{}'
        else coalesce((
            select array_agg(distinct said ->> 'type')
            from flow_versions v cross join jsonb_array_elements(v.document -> 'triggers') as said
            where v.flow_id = new.id and v.version = new.published_version), '{}')
    end;
    return new;
end
$$;
create trigger flows_triggers before insert or update of status, published_version, deleted_at
    on flows for each row execute function note_flow_triggers();

-- The question whose time to answer begins when it is sent.
alter table flow_sessions add column asked_message_id uuid;
create index flow_sessions_asked on flow_sessions (asked_message_id) where asked_message_id is not null;

-- How far the janitor has come with what a flow listens to by the clock: messages that stayed without an answer up to
-- a moment, or the customers of an hour. `id` breaks ties.
create table flow_rounds (
    flow_id uuid not null references flows (id),
    kind text not null check (kind in ('no_reply', 'schedule')),
    merchant_id uuid not null,
    up_to timestamptz not null,
    id uuid not null default '00000000-0000-0000-0000-000000000000',
    -- Whether all was done of `up_to`.
    done boolean not null default true,
    primary key (flow_id, kind)
);
-- When a flow was last told that a customer does not answer: until they write, it is not told again, whatever it says.
create table flow_reminders (
    flow_id uuid not null references flows (id),
    conversation_id uuid not null references conversations (id) on delete cascade,
    merchant_id uuid not null,
    at timestamptz not null,
    primary key (flow_id, conversation_id)
);
create index flow_reminders_age on flow_reminders (at);

do $$
declare
    name text;
begin
    foreach name in array array['flow_rounds', 'flow_reminders'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy merchant on %I to loa_api using (merchant_id = current_merchant())', name);
        execute format('create policy worker on %I to loa_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to loa_api, loa_worker', name);
    end loop;
end
$$;
