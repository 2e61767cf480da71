-- How contacts are found: by what they are called, by their tags, by the channels they are on. Read by the API's
-- lists; kept up by the database itself, so that whoever writes a contact need not think of it.

-- Part of PostgreSQL's own packages, and trusted: whoever may create in the database may create them.
create extension if not exists pg_trgm;
create extension if not exists btree_gin;

-- As words are compared: lower case, without the marks of accents and tones, and nothing but spaces between words.
create function folded(said text) returns text
    language sql immutable strict parallel safe
    return lower(translate(
        case when octet_length(said) = length(said) then said else normalize(said, nfd) end,
        E'Đđ\t\n\r\u00a0\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u0309\u030a\u030b\u030c\u031b\u0323\u0327\u0328',
        'dd    '));

create function channel_of(kind text) returns text
    language sql immutable strict parallel safe
    return case kind when 'psid' then 'messenger' when 'x_user' then 'x' else 'whatsapp' end;

create function kinds_of(channel text) returns text[]
    language sql immutable strict parallel safe
    return case channel when 'messenger' then '{psid}' when 'x' then '{x_user}' else '{phone,bsuid}' end::text[];

alter table contacts
    -- The names and the e-mail address, folded, each word after a space.
    add column search_text text not null default '',
    -- Where the contact has, or had, an address. What adds a contact names them at once: then nothing is written twice.
    add column channels text[] not null default '{}';
-- Room for a row's next version in its own page: what a contact's every message changes is in no index.
alter table contacts set (fillfactor = 80);

create function contact_search_text() returns trigger
    language plpgsql as $$
declare
    words text := concat_ws(' ', new.display_name, new.username, new.email);
begin
    new.search_text := case when words = '' then '' else ' ' || folded(words) end;
    return new;
end
$$;
create trigger contacts_search_text_of_new before insert on contacts
    for each row execute function contact_search_text();
create trigger contacts_search_text before update of display_name, username, email on contacts
    for each row
    when (old.display_name is distinct from new.display_name or old.username is distinct from new.username
          or old.email is distinct from new.email)
    execute function contact_search_text();

create function contacts_come_to_channels() returns trigger
    language plpgsql as $$
begin
    update contacts c set channels = c.channels || came.channels
    from (
        select s.contact_id, array_agg(distinct channel_of(s.kind)) as channels
        from shown s
        join contacts k on k.id = s.contact_id
        where not k.channels @> array[channel_of(s.kind)]
        group by s.contact_id
    ) came
    where c.id = came.contact_id;
    return null;
end
$$;
create trigger identities_channels after insert on identities
    referencing new table as shown
    for each statement execute function contacts_come_to_channels();

-- Row-level security is forced on the owner too: what is there already is brought up without it.
alter table contacts no force row level security;
alter table identities no force row level security;
update contacts c
set channels = coalesce((select array_agg(distinct channel_of(i.kind)) from identities i where i.contact_id = c.id), '{}'),
    search_text = case
        when concat_ws(' ', c.display_name, c.username, c.email) = '' then ''
        else ' ' || folded(concat_ws(' ', c.display_name, c.username, c.email))
    end;
alter table contacts force row level security;
alter table identities force row level security;

create index contacts_search on contacts using gin (merchant_id, tags, search_text gin_trgm_ops)
    where merged_into is null;
-- A phone number is looked for by its beginning, which the key serves, or by its end.
create index identities_phone_end on identities (merchant_id, reverse(value) text_pattern_ops) where kind = 'phone';
-- Who ever granted or withdrew what: few in a merchant where few are asked.
create index consents_purpose on consents (merchant_id, purpose, granted, contact_id);
