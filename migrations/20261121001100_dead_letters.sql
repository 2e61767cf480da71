-- What was parked, moved here from the broker's dead queues. Nobody's until it is put back: only an
-- operator sees it.

create table dead_letters (
    id uuid primary key,
    queue text not null,
    -- The message's own id, where it has one.
    message_id text,
    -- What went wrong last, and how often it was tried.
    reason text not null,
    attempts integer not null default 0,
    -- x-death and our own headers, sealed with the body: they may quote it.
    sealed bytea not null,
    received_at timestamptz,
    died_at timestamptz not null default now(),
    -- An operator wants it back in its queue; the row goes once the broker has it.
    put_back_at timestamptz,
    -- How often an operator has wanted so, earlier deaths included.
    put_backs integer not null default 0
);
create index dead_letters_list on dead_letters (queue, id);
create index dead_letters_put_back on dead_letters (put_back_at) where put_back_at is not null;
create index dead_letters_age on dead_letters (died_at);

alter table dead_letters enable row level security;
alter table dead_letters force row level security;
create policy operator on dead_letters to loa_api using (current_setting('loa.operator', true) = 'on');
create policy worker on dead_letters to loa_worker using (true);
grant select, update, delete on dead_letters to loa_api;
grant select, insert, update, delete on dead_letters to loa_worker;

-- Unclaimed events are given back the same way: marked, published, and forgotten once the broker has
-- them, unless they were kept again meanwhile, which takes the mark away.
alter table unclaimed_events add column given_back_at timestamptz;
create index unclaimed_events_given_back on unclaimed_events (given_back_at) where given_back_at is not null;

drop policy operator on unclaimed_events;
create policy operator on unclaimed_events to loa_api using (current_setting('loa.operator', true) = 'on');
grant update, delete on unclaimed_events to loa_api;
