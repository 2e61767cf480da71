-- How conversations are found. Every message changes its conversation's row and each of its indexes: those that serve
-- rare states are partial, and the inbox of a merchant is read account by account.

drop index conversations_inbox;

create index conversations_assignee on conversations (assignee_id, status, last_message_at desc, id desc)
    where assignee_id is not null;
create index conversations_not_bot on conversations (account_id, handler, last_message_at desc, id desc)
    where status = 'open' and handler <> 'bot';

-- What a conversation refers to, without the names: an order's number is looked for by itself too.
create function reference_values(refs jsonb) returns text[]
    language sql immutable strict parallel safe
    return array(select value from jsonb_each_text(refs));
create index conversations_refs on conversations using gin (merchant_id, reference_values(refs)) where refs <> '{}';
