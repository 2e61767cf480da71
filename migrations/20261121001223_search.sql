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
