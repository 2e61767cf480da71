-- A hold on everything: after a restore nobody knows what was sent since the backup, and nothing goes until somebody has
-- looked. One row a channel, `all` its subject.
alter table send_holds drop constraint send_holds_scope_check;
alter table send_holds add constraint send_holds_scope_check
    check (scope in ('number', 'business', 'app', 'campaign', 'template', 'installation'));

create or replace function account_is_held(channel text, account uuid, business text, app text) returns boolean
    language sql stable
    return exists (
        select 1 from send_holds h
        where h.channel = account_is_held.channel and (h.until is null or h.until > now())
          and ((h.scope = 'number' and h.subject = account::text)
               or (h.scope = 'business' and h.subject = business)
               or (h.scope = 'app' and h.subject = account_is_held.app)
               or (h.scope = 'installation' and h.subject = 'all'))
    );
