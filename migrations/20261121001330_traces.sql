-- The trace that a message belongs to: of a customer's, that of the webhook which brought it; of an answer, that of what
-- it answers. By it a message is found in the logs of every process that had it in hand.
alter table messages add column trace_id uuid;

-- The trace of what moved the session last, for what it says later by itself.
alter table flow_sessions add column trace_id uuid;
