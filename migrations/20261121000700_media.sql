-- Files that messages carry: where each lies in the object store, and how it came or comes there.

create table media (
    id uuid primary key,
    merchant_id uuid not null,
    -- The account that it came to, or that it was given to; null for an upload to no account yet.
    account_id uuid,
    -- The message that carries it, and its place there; null for an upload that no message carries yet.
    message_id uuid,
    position smallint not null default 0,
    -- platform: the platform has it, under `platform_id` or at `link`; link: somebody gave us `link`; upload: somebody
    -- gave us the file.
    source text not null check (source in ('platform', 'link', 'upload')),
    platform_id text,
    -- Sealed: links carry keys.
    link bytea,
    kind text not null check (kind in ('image', 'video', 'audio', 'document', 'sticker')),
    -- What the source says of it, and once it is stored what it really is.
    mime_type text,
    -- Sealed.
    filename bytea,
    size bigint,
    -- Lower-case hex, of the file itself.
    sha256 text,
    -- Its name in the object store; null until it is there and after it is erased.
    object_key text,
    state text not null default 'pending' check (state in ('pending', 'stored', 'failed', 'erased')),
    -- Why it is not there: code, title, whether it may be tried again.
    error jsonb,
    -- When the source forgets it, or nobody waits for it any more.
    source_ends_at timestamptz,
    created_at timestamptz not null default now(),
    stored_at timestamptz
);
create unique index media_of_message on media (message_id, position) where message_id is not null;
create index media_merchant on media (merchant_id, id);
create index media_pending on media (created_at) where state = 'pending';

-- What the platform calls a stored file, by account; used again while it lives there.
create table media_uploads (
    media_id uuid not null references media (id) on delete cascade,
    account_id uuid not null,
    merchant_id uuid not null,
    platform_id text not null,
    ends_at timestamptz not null,
    -- The message that the platform refused because of this upload: it is uploaded anew for it once, not twice.
    refused_for uuid,
    primary key (media_id, account_id)
);
create index media_uploads_end on media_uploads (ends_at);

-- Messages that wait in the outbox for files: each is put forward when the file has its platform id, or never will.
create table media_waits (
    message_id uuid not null,
    media_id uuid not null references media (id) on delete cascade,
    account_id uuid not null,
    merchant_id uuid not null,
    -- Why it never will.
    error jsonb,
    created_at timestamptz not null default now(),
    primary key (message_id, media_id)
);
create index media_waits_for on media_waits (media_id, account_id);

-- Work: files to fetch into the store, and stored files to upload to the platform of an account.
create table media_jobs (
    media_id uuid not null references media (id) on delete cascade,
    account_id uuid not null,
    merchant_id uuid not null,
    kind text not null check (kind in ('fetch', 'upload')),
    attempt integer not null default 0,
    not_before timestamptz not null default now(),
    lease uuid,
    lease_until timestamptz,
    created_at timestamptz not null default now(),
    primary key (media_id, account_id, kind)
) with (fillfactor = 70);
create index media_jobs_due on media_jobs (account_id, not_before);

do $$
declare
    name text;
begin
    foreach name in array array['media', 'media_uploads', 'media_waits', 'media_jobs'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy merchant on %I to loa_api using (merchant_id = current_merchant())', name);
        execute format('create policy worker on %I to loa_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to loa_api, loa_worker', name);
    end loop;
end
$$;
