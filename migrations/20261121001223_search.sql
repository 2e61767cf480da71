-- Search and rare filters of lists. The one place that reads past row-level security: behind it PostgreSQL may use
-- neither trigram nor array indexes, whose operators could leak what they compare. What stands here
--
--   * belongs to `loa_search`, which may read a few tables and nothing else, and which nobody logs in as;
--   * raises where it is called for another merchant than the one that the transaction is bound to;
--   * gives ids and a number, never rows: what an id stands for is read behind row-level security again;
--   * puts no text of a caller's into a statement: fragments are constant, values are parameters.
--
-- A list is walked in its order first. What many rows have is found in the first few thousand, and of how many there
-- are the share of those tells roughly; what few rows have is found by an index, all of them, and counted.

-- The words of a search as patterns. A short word has no trigram of its own but as the beginning of one.
create function search_words(said text) returns text[]
    language sql immutable strict parallel safe
    return array(
        select '%' || case when length(word) < 3 then ' ' else '' end
               || replace(replace(replace(word, '\', '\\'), '%', '\%'), '_', '\_') || '%'
        from regexp_split_to_table(folded(said), ' +') with ordinality as split (word, place)
        where word <> ''
        order by place
        limit 8
    );

-- The digits of a search that may mean a phone number.
create function search_digits(said text) returns text
    language sql immutable strict parallel safe
    return case when said ~ '^\s*\+?[0-9 ().-]+$' then nullif(regexp_replace(said, '\D', '', 'g'), '') end;

-- That the contact `k` is called by all of `count` patterns, the first of which is the parameter `first`. A parameter
-- each, since how many rows one fits is judged by its text.
create function search_called(first integer, count integer) returns text
    language sql immutable strict parallel safe
    return coalesce(
        (select string_agg(format('k.search_text like $%s', first + place), ' and ') from generate_series(0, count - 1) place),
        'false');

create function search_contacts(
    merchant uuid, on_channel text, tags text[], said text, purpose text, consent text, accounts uuid[],
    since timestamptz, until timestamptz, after uuid, skip bigint, take bigint,
    out ids uuid[], out total bigint, out is_estimate boolean
)
    language plpgsql stable security definer set search_path = public, pg_temp set random_page_cost = 1.1 as $$
declare
    words text[] := search_words(said);
    digits text := search_digits(said);
    -- People write a number with the zero that it has at home.
    number_end text := coalesce(nullif(ltrim(digits, '0'), ''), digits);
    is_plain boolean := num_nonnulls(tags, said, consent, accounts, since, until) = 0;
    -- What a contact `k` must be: by its row, and where an index may look for it.
    conditions text := 'k.erased_at is null and k.channels @> array[$2]';
    walked text;
    looked_up text;
    most bigint := case
        when is_plain then 2 * (skip + take) + 100
        -- Most of a number, or all of it: few have that.
        when length(digits) > 6 then 0
        else greatest(5000, 4 * (skip + take))
    end;
    seen bigint;
    found uuid[];
    everyone bigint;
begin
    if merchant is null or merchant is distinct from current_merchant() then
        raise exception 'the contacts of another merchant' using errcode = 'insufficient_privilege';
    end if;
    if tags is not null then
        conditions := conditions || ' and k.tags @> $3';
    end if;
    if since is not null then
        conditions := conditions || ' and k.last_interaction_at >= $8';
    end if;
    if until is not null then
        conditions := conditions || ' and k.last_interaction_at < $9';
    end if;
    if accounts is not null then
        conditions := conditions || ' and (select true from conversations v where v.contact_id = k.id
            and v.account_id = any($7) and v.merged_into is null limit 1)';
    end if;
    if consent is not null then
        conditions := conditions || ' and (select n.granted from consents n where n.contact_id = k.id
            and n.purpose = $5 order by n.at desc, n.id desc limit 1) is '
            || case consent when 'granted' then 'true' when 'withdrawn' then 'false' when 'none' then 'null'
                            else 'not true' end;
    end if;
    walked := conditions;
    looked_up := conditions;
    if consent in ('granted', 'withdrawn') then
        looked_up := looked_up || ' and k.id in (select n.contact_id from consents n where n.merchant_id = $1
            and n.purpose = $5 and n.granted = ($6 = ''granted''))';
    end if;
    if said is not null then
        conditions := search_called(14, cardinality(words));
        if digits is null then
            walked := walked || ' and ' || conditions;
            looked_up := looked_up || ' and ' || conditions;
        else
            walked := walked || ' and (' || conditions || ' or (select true from identities i
                where i.contact_id = k.id and i.kind = ''phone''
                  and (i.value like $4 || ''%'' or i.value like ''%'' || $10) limit 1))';
            looked_up := looked_up || ' and k.id in (
                select k.id from contacts k where k.merchant_id = $1 and k.merged_into is null and ' || conditions || '
                union
                select i.contact_id from identities i where i.merchant_id = $1 and i.kind = ''phone''
                  and i.value between $4 and $4 || repeat(''9'', 20)
                union
                select i.contact_id from identities i where i.merchant_id = $1 and i.kind = ''phone''
                  and reverse(i.value) like reverse($10) || ''%'')';
        end if;
    end if;

    select coalesce(sum(n), 0) into everyone from (
        select c.total as n from counts c
        where c.merchant_id = merchant and c.subject = 'contacts' and c.state = on_channel
        union all
        select d.delta from count_deltas d
        where d.merchant_id = merchant and d.subject = 'contacts' and d.state = on_channel
    ) counted;

    if everyone < 20000 then
        looked_up := looked_up || ' and k.id in (
            select i.contact_id from identities i where i.merchant_id = $1 and i.kind = any(kinds_of($2))
            union
            select f.contact_id from former_addresses f where f.merchant_id = $1 and f.kind = any(kinds_of($2)))';
    end if;

    execute format(
        'with recent as (
             select k.id, (%s) as matches from contacts k
             where k.merchant_id = $1 and k.merged_into is null
               and k.id < coalesce($11, ''ffffffff-ffff-ffff-ffff-ffffffffffff'')
             order by k.id desc limit $12
         )
         select count(*), coalesce(array_agg(id order by id desc) filter (where matches), ''{}'') from recent', walked)
    into seen, found
    using merchant, on_channel, tags, digits, purpose, consent, accounts, since, until, number_end, after, most,
          null::bigint, words[1], words[2], words[3], words[4], words[5], words[6], words[7], words[8];

    if cardinality(found) >= skip + take or seen < most then
        ids := found[skip + 1 : skip + take];
        is_estimate := not is_plain and seen = most;
        total := case
            when is_plain then everyone
            when is_estimate then greatest(round(everyone::numeric * cardinality(found) / seen), cardinality(found))
            else cardinality(found)
        end;
    else
        execute format(
            'with found as materialized (
                 select k.id from contacts k where k.merchant_id = $1 and k.merged_into is null and %s
             )
             select array(select id from found where id < coalesce($11, ''ffffffff-ffff-ffff-ffff-ffffffffffff'')
                          order by id desc offset $12 limit $13),
                    (select count(*) from found)', looked_up)
        into ids, total
        using merchant, on_channel, tags, digits, purpose, consent, accounts, since, until, number_end, after,
              skip, take, words[1], words[2], words[3], words[4], words[5], words[6], words[7], words[8];
        is_estimate := false;
    end if;
end
$$;

create function search_conversations(
    merchant uuid, accounts uuid[], statuses text[], handled_by text, assignee uuid, team uuid, unassigned boolean,
    unread boolean, tags text[], refs jsonb, since timestamptz, said text, after_at timestamptz, after_id uuid,
    skip bigint, take bigint,
    out ids uuid[], out total bigint, out is_estimate boolean
)
    language plpgsql stable security definer set search_path = public, pg_temp set random_page_cost = 1.1 as $$
declare
    words text[] := search_words(said);
    digits text := search_digits(said);
    number_end text := coalesce(nullif(ltrim(digits, '0'), ''), digits);
    -- What a conversation `c` must be, and its contact `k`: by their rows, and where an index may look for it.
    conditions text := 'true';
    walked text;
    looked_up text;
    contact text := case when tags is null and said is null then ''
                        else ' join contacts k on k.id = c.contact_id and k.merchant_id = $1 and k.merged_into is null' end;
    -- How many are walked in each account and status.
    most bigint := case
        when length(digits) > 6 then 0
        else greatest(4 * (skip + take), 5000 / greatest(cardinality(accounts) * cardinality(statuses), 1), 200)
    end;
    seen bigint;
    goes_on boolean;
    found uuid[];
    everyone bigint;
begin
    if merchant is null or merchant is distinct from current_merchant() then
        raise exception 'the conversations of another merchant' using errcode = 'insufficient_privilege';
    end if;
    if handled_by is not null then
        conditions := conditions || ' and c.handler = $4';
    end if;
    if assignee is not null then
        conditions := conditions || ' and c.assignee_id = $5';
    end if;
    if team is not null then
        conditions := conditions || ' and c.team_id = $6';
    end if;
    if unassigned is not null then
        conditions := conditions || case when unassigned then ' and c.assignee_id is null and c.team_id is null'
                                         else ' and (c.assignee_id is not null or c.team_id is not null)' end;
    end if;
    if unread is not null then
        conditions := conditions || case when unread then ' and c.unread_count > 0' else ' and c.unread_count = 0' end;
    end if;
    if tags is not null then
        conditions := conditions || ' and k.tags @> $7';
    end if;
    if since is not null then
        conditions := conditions || ' and c.last_message_at >= $9';
    end if;
    walked := conditions;
    looked_up := conditions;
    if refs is not null then
        walked := walked || ' and c.refs @> $8';
        looked_up := looked_up || ' and c.refs <> ''{}'' and reference_values(c.refs) @> reference_values($8) and c.refs @> $8';
    end if;
    if said is not null then
        conditions := search_called(17, cardinality(words));
        walked := walked || ' and (' || conditions || ' or k.tags @> array[$10]
            or (c.refs <> ''{}'' and reference_values(c.refs) @> array[$10])'
            || case when digits is null then '' else ' or (select true from identities i
                where i.contact_id = c.contact_id and i.kind = ''phone''
                  and (i.value like $11 || ''%'' or i.value like ''%'' || $12) limit 1)' end || ')';
        looked_up := looked_up || ' and c.id in (
            select v.id from conversations v where v.contact_id in (
                select k.id from contacts k where k.merchant_id = $1 and k.merged_into is null and ' || conditions || '
                union
                select k.id from contacts k where k.merchant_id = $1 and k.merged_into is null and k.tags @> array[$10]'
            || case when digits is null then '' else '
                union
                select i.contact_id from identities i where i.merchant_id = $1 and i.kind = ''phone''
                  and i.value between $11 and $11 || repeat(''9'', 20)
                union
                select i.contact_id from identities i where i.merchant_id = $1 and i.kind = ''phone''
                  and reverse(i.value) like reverse($12) || ''%''' end || '
            )
            union
            select v.id from conversations v where v.merchant_id = $1 and v.refs <> ''{}''
              and reference_values(v.refs) @> array[$10])';
    end if;

    select coalesce(sum(n), 0) into everyone from (
        select c.total as n from counts c
        where c.merchant_id = merchant and c.subject = 'conversations' and c.part = any(accounts)
          and c.state = any(statuses)
        union all
        select d.delta from count_deltas d
        where d.merchant_id = merchant and d.subject = 'conversations' and d.part = any(accounts)
          and d.state = any(statuses)
    ) counted;

    -- Each account and status is walked for itself; where one was not walked to its end, the list is complete down to
    -- the last row of it that was seen.
    execute format(
        'with recent as (
             select b.account, b.status, c.* from (
                 select account, status from unnest($2::uuid[]) as account cross join unnest($3::text[]) as status
             ) b
             cross join lateral (
                 select c.id, c.last_message_at, c.contact_id, c.handler, c.assignee_id, c.team_id, c.unread_count,
                        c.refs
                 from conversations c
                 where c.account_id = b.account and c.status = b.status and c.merchant_id = $1
                   and c.merged_into is null
                   and (c.last_message_at, c.id)
                       < (coalesce($13, ''infinity''), coalesce($14, ''ffffffff-ffff-ffff-ffff-ffffffffffff''))
                 order by c.last_message_at desc, c.id desc limit $15
             ) c
         ), ends as (
             select distinct on (account, status) last_message_at, id, count(*) over (partition by account, status) as rows
             from recent order by account, status, last_message_at, id
         ), horizon as (
             select last_message_at, id from ends where rows >= $15 order by last_message_at desc, id desc limit 1
         ), judged as (
             select c.id, c.last_message_at, (%s) as matches from recent c%s
             where not exists (select from horizon h where (c.last_message_at, c.id) < (h.last_message_at, h.id))
         )
         select count(*), coalesce(array_agg(id order by last_message_at desc, id desc) filter (where matches), ''{}''),
                exists (select from horizon)
         from judged', walked, contact)
    into seen, found, goes_on
    using merchant, accounts, statuses, handled_by, assignee, team, tags, refs, since, said, digits, number_end,
          after_at, after_id, most, null::bigint,
          words[1], words[2], words[3], words[4], words[5], words[6], words[7], words[8];

    if most > 0 and (cardinality(found) >= skip + take or not goes_on) then
        ids := found[skip + 1 : skip + take];
        is_estimate := goes_on;
        total := case
            when is_estimate then greatest(round(everyone::numeric * cardinality(found) / seen), cardinality(found))
            else cardinality(found)
        end;
    else
        execute format(
            'with found as materialized (
                 select c.id, c.last_message_at from conversations c%s
                 where c.merchant_id = $1 and c.account_id = any($2) and c.status = any($3) and c.merged_into is null
                   and %s
             )
             select array(select id from found
                          where (last_message_at, id)
                                < (coalesce($13, ''infinity''), coalesce($14, ''ffffffff-ffff-ffff-ffff-ffffffffffff''))
                          order by last_message_at desc, id desc offset $15 limit $16),
                    (select count(*) from found)', contact, looked_up)
        into ids, total
        using merchant, accounts, statuses, handled_by, assignee, team, tags, refs, since, said, digits, number_end,
              after_at, after_id, skip, take,
              words[1], words[2], words[3], words[4], words[5], words[6], words[7], words[8];
        is_estimate := false;
    end if;
end
$$;

do $$
declare
    name text;
begin
    foreach name in array array['contacts', 'identities', 'former_addresses', 'consents', 'conversations',
                              'counts', 'count_deltas'] loop
        execute format('create policy search on %I for select to loa_search using (true)', name);
        execute format('grant select on %I to loa_search', name);
    end loop;
end
$$;
grant usage on schema public to loa_search;
-- Whoever is given a function must be able to make one where it lies, for as long as that takes.
grant create on schema public to loa_search;
do $$
declare
    name regprocedure;
begin
    foreach name in array array(
        select oid::regprocedure from pg_proc
        where pronamespace = 'public'::regnamespace and proname in ('search_contacts', 'search_conversations')
    ) loop
        execute format('alter function %s owner to loa_search', name);
        execute format('revoke execute on function %s from public', name);
        execute format('grant execute on function %s to loa_api', name);
    end loop;
end
$$;
revoke create on schema public from loa_search;
