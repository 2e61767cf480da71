-- The same key, the same answer: requests that send or create, by the key that the client gave them. Read by the
-- API around such requests; swept by the janitor after a day.

create table idempotency_keys (
    merchant_id uuid not null references merchants (id),
    -- The user or the API key.
    caller uuid not null,
    route text not null,
    key text not null check (length(key) between 1 and 255),
    -- Names the attempt that holds the key. A later one that took the key over has another.
    claim uuid not null,
    -- SHA-256 of what was asked.
    request bytea not null check (octet_length(request) = 32),
    claimed_at timestamptz not null default now(),
    -- Written in the transaction of the work: from then on nobody may do it again, answered or not.
    worked_at timestamptz,
    answered_at timestamptz,
    status smallint,
    -- Sealed.
    answer bytea,
    primary key (merchant_id, caller, route, key),
    constraint idempotency_keys_claim unique (claim),
    check ((answered_at is null) = (answer is null)),
    check ((answered_at is null) = (status is null))
);
create index idempotency_keys_age on idempotency_keys (claimed_at);

alter table idempotency_keys enable row level security;
alter table idempotency_keys force row level security;
create policy merchant on idempotency_keys to loa_api using (merchant_id = current_merchant());
create policy worker on idempotency_keys to loa_worker using (true);
grant select, insert, update, delete on idempotency_keys to loa_api, loa_worker;

-- Every change through the API writes an audit entry in its transaction, so that is where a claim is noted as worked:
-- no handler has to think of it. Whoever lost the claim meanwhile does not commit.
create function note_worked_claim() returns trigger language plpgsql as $$
begin
    update idempotency_keys set worked_at = coalesce(worked_at, now())
    where claim = current_setting('loa.claim')::uuid;
    if not found then
        raise exception 'another request has taken over the idempotency key' using errcode = 'serialization_failure';
    end if;
    return null;
end
$$;

create trigger note_worked_claim after insert on audit_entries for each statement
    when (nullif(current_setting('loa.claim', true), '') is not null)
    execute function note_worked_claim();
