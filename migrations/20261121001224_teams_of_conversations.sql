-- A conversation may be a team's until one of it takes it.
alter table conversations add column team_id uuid references teams (id) on delete set null;
create index conversations_team on conversations (team_id, status, last_message_at desc, id desc) where team_id is not null;
