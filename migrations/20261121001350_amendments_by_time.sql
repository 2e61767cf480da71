-- Whoever looks for edits and revocations of a message knows when they can have been written at the earliest. With both in
-- one index PostgreSQL never reads all that was written since, to see which of it is an edit.
create index messages_amended on messages (about, id) where kind in ('edit', 'revoke');
drop index messages_amendments;
