-- Automation flows: what authors write (read and written by the API), and what is under way (by the flow engine).

create table flows (
    id uuid primary key,
    merchant_id uuid not null references merchants (id),
    name text not null,
    description text,
    -- Where it works: the accounts named; where none is, all of the channel and of the shop that are named.
    channel text check (channel in ('whatsapp', 'messenger', 'x')),
    shop_id uuid references shops (id),
    account_ids uuid[] not null default '{}',
    status text not null default 'draft' check (status in ('draft', 'active', 'inactive')),
    -- The document as its author left it; it may be unfinished.
    draft jsonb not null,
    draft_changed_at timestamptz not null default now(),
    -- Counts the changes of the draft: a change made on an older one is refused.
    revision integer not null default 1,
    -- The version that new sessions begin with.
    published_version integer,
    -- The name of the ready flow it was made from.
    made_from text,
    created_by uuid references users (id),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    -- Set by DELETE: what was said and counted stays.
    deleted_at timestamptz
);
create index flows_merchant on flows (merchant_id, id) where deleted_at is null;
-- What the engine loads.
create index flows_active on flows (merchant_id) where status = 'active' and deleted_at is null;

create table flow_versions (
    flow_id uuid not null references flows (id),
    version integer not null,
    merchant_id uuid not null,
    -- Frozen.
    document jsonb not null,
    note text,
    created_by uuid references users (id),
    created_at timestamptz not null default now(),
    primary key (flow_id, version)
);

-- Changes with every change of what is active for a merchant: the engine keeps compiled flows by it.
create table flow_generations (
    merchant_id uuid primary key references merchants (id),
    generation bigint not null
);

create table flow_sessions (
    id uuid primary key,
    merchant_id uuid not null,
    account_id uuid not null,
    conversation_id uuid not null unique,
    contact_id uuid not null,
    flow_id uuid not null,
    version integer not null,
    -- Sealed: the engine's Session.
    state bytea not null,
    started_at timestamptz not null default now(),
    expires_at timestamptz not null
) with (fillfactor = 70);
create index flow_sessions_flow on flow_sessions (flow_id);
create index flow_sessions_expiry on flow_sessions (expires_at);

-- What a session is told later.
create table waits (
    session_id uuid not null,
    number integer not null,
    merchant_id uuid not null,
    conversation_id uuid not null,
    due timestamptz not null,
    primary key (session_id, number)
);
create index waits_due on waits (due);

-- What a conversation's flow is to hear, besides messages: a wait that is over, a send that failed, a tag that was
-- added. Read in order of their ids by the flow engine, deleted when read.
create table flow_events (
    id bigint generated always as identity primary key,
    merchant_id uuid not null,
    conversation_id uuid not null,
    -- The session it is for; none where it may start a flow.
    session_id uuid,
    -- Sealed: an Event or a Happening.
    body bytea not null,
    created_at timestamptz not null default now()
);
create index flow_events_order on flow_events (conversation_id, id);
create index flow_events_age on flow_events (created_at);

-- Calls to merchants' endpoints, claimed under a lease.
create table flow_calls (
    session_id uuid not null,
    number integer not null,
    merchant_id uuid not null,
    conversation_id uuid not null,
    -- Sealed: a Request.
    request bytea not null,
    attempt integer not null default 0,
    not_before timestamptz not null default now(),
    lease uuid,
    lease_until timestamptz,
    created_at timestamptz not null default now(),
    primary key (session_id, number)
);
create index flow_calls_due on flow_calls (not_before);

-- Conversations whose turn is the AI responder's.
create table ai_turns (
    conversation_id uuid primary key,
    merchant_id uuid not null,
    account_id uuid not null,
    -- The flow that asked for it; none where no flow took the message.
    session_id uuid,
    -- Sealed: what the agent is told besides its own prompt.
    instructions bytea,
    attempt integer not null default 0,
    not_before timestamptz not null default now(),
    lease uuid,
    lease_until timestamptz,
    created_at timestamptz not null default now()
);

-- What broke at run time, for the author.
create table flow_failures (
    id bigint generated always as identity primary key,
    merchant_id uuid not null,
    flow_id uuid not null,
    version integer not null,
    node_id text not null,
    code text not null,
    -- In words; holds nothing that a customer said.
    reason text not null,
    conversation_id uuid not null,
    at timestamptz not null default now()
);
create index flow_failures_flow on flow_failures (flow_id, id desc);

-- How often nodes were passed. A number per node that every step changed would make the steps wait for each other:
-- each adds rows of its own, and the janitor folds them in. What holds is the sum of both.
create table flow_figures (
    flow_id uuid not null,
    version integer not null,
    node_id text not null,
    -- entered, left, replied, converted, completed; for a whole session (node '') started, and how it ended.
    passage text not null,
    -- The way out, or the arm; else empty.
    outlet text not null,
    merchant_id uuid not null,
    total bigint not null,
    primary key (flow_id, version, node_id, passage, outlet)
);

create table flow_figure_deltas (
    id bigint generated always as identity primary key,
    merchant_id uuid not null,
    flow_id uuid not null,
    version integer not null,
    node_id text not null,
    passage text not null,
    outlet text not null,
    delta bigint not null
);
create index flow_figure_deltas_flow on flow_figure_deltas (flow_id);

do $$
declare
    name text;
begin
    foreach name in array array[
        'flows', 'flow_versions', 'flow_generations', 'flow_sessions', 'waits', 'flow_events', 'flow_calls', 'ai_turns',
        'flow_failures', 'flow_figures', 'flow_figure_deltas'
    ] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy merchant on %I to loa_api using (merchant_id = current_merchant())', name);
        execute format('create policy worker on %I to loa_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to loa_api, loa_worker', name);
    end loop;
end
$$;

-- A version is written once.
revoke update, delete on flow_versions from loa_api, loa_worker;
revoke delete on flows from loa_api, loa_worker;

create function bump_flow_generation() returns trigger
    language plpgsql as $$
begin
    insert into flow_generations (merchant_id, generation) values (new.merchant_id, 1)
    on conflict (merchant_id) do update set generation = flow_generations.generation + 1;
    return null;
end
$$;
create trigger flows_generation after insert or update of status, published_version, channel, shop_id, account_ids, deleted_at
    on flows for each row execute function bump_flow_generation();
