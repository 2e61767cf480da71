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
    put_back_at timestamptz,
    put_backs integer not null default 0
);
create index dead_letters_list on dead_letters (queue, id);

alter table dead_letters enable row level security;
alter table dead_letters force row level security;
create policy operator on dead_letters to loa_api using (current_setting('loa.operator', true) = 'on');
create policy worker on dead_letters to loa_worker using (true);
grant select, update, delete on dead_letters to loa_api;
grant select, insert, update, delete on dead_letters to loa_worker;
