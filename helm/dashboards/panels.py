"""What the dashboards show: title, unit, what to make of it, and queries with their legends."""

N = 'namespace=~"$namespace"'
RATE = "[$__rate_interval]"


def per_second(metric, by, extra=""):
    """How often it counts in a second."""
    return f"sum by ({by}) (rate({metric}{{{N}{extra}}}{RATE}))", " ".join(f"{{{{{label}}}}}" for label in by.split(", "))


def quantile(metric, share, by="", legend=None):
    """The time that so large a share stays below."""
    labels = ", ".join(filter(None, [by, "le"]))
    name = legend or (f"{{{{{by}}}}}" if by else f"p{share * 100:g}")
    return f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket{{{N}}}{RATE})))", name


def mean(metric, by=""):
    """The mean of a histogram."""
    over = f" by ({by})" if by else ""
    sums, counts = (f"sum{over} (rate({metric}_{part}{{{N}}}{RATE}))" for part in ("sum", "count"))
    return f"{sums} / {counts}", f"{{{{{by}}}}}" if by else "mean"


def now(metric, by, how="max", extra=""):
    """A gauge; of several janitors the largest, never the sum."""
    return f"{how} by ({by}) ({metric}{{{N}{extra}}})", " ".join(f"{{{{{label}}}}}" for label in by.split(", "))


AGES = [
    quantile("loa_ingress_event_age_seconds", 0.99, legend="made durable"),
    quantile("loa_persist_event_age_seconds", 0.99, legend="stored"),
    quantile("loa_status_event_age_seconds", 0.99, legend="status applied"),
    quantile("loa_flow_event_age_seconds", 0.99, legend="flow replied"),
]

OVERVIEW = [
    ("Event age, p99", "s", "The service level: time since the webhook, at the end of each stage.", AGES),
    ("Webhooks", "reqps", "By channel and outcome.", [per_second("loa_ingress_requests_total", "channel, outcome")]),
    ("Sends", "reqps", "Attempts at sending, by channel and outcome.", [per_second("loa_outbound_sends_total", "channel, outcome")]),
    ("Due work", "short", "Rows that could be taken up now.", [now("loa_janitor_due_rows", "queue")]),
    ("Age of due work", "s", "Since the oldest could be taken up.", [now("loa_janitor_due_age_seconds", "queue")]),
    ("Queues", "short", "Messages ready in RabbitMQ; of raw queues each holds several events.", [now("loa_janitor_queue_messages", "queue")]),
    ("Dead letters", "short", "They wait for an operator.", [now("loa_janitor_dead_letters", "queue")]),
    ("Sends in doubt", "short", "Open ones settle by themselves.", [now("loa_janitor_doubts", "state")]),
    ("Spool", "short", "Events that are not in the broker.", [now("loa_ingress_spool_events", "namespace", "sum")]),
    ("API requests", "reqps", "By status.", [per_second("loa_api_requests_total", "status")]),
    ("API time, p99", "s", "By method.", [quantile("loa_api_request_seconds", 0.99, "method")]),
    ("Processes that answer", "short", "", [(f'sum by (process) (up{{app="loa",{N}}})', "{{process}}")]),
    ("Processor time", "short", "Cores, all pods of a process together.", [(f'sum by (process) (rate(process_cpu_seconds_total{{app="loa",{N}}}{RATE}))', "{{process}}")]),
    ("Memory", "bytes", "The largest pod of each process.", [(f'max by (process) (process_resident_memory_bytes{{app="loa",{N}}})', "{{process}}")]),
    ("Open files", "short", "The most of each process.", [(f'max by (process) (process_open_fds{{app="loa",{N}}})', "{{process}}")]),
]

INGRESS = [
    ("Requests", "reqps", "By outcome: `accepted` alone is said 200.", [per_second("loa_ingress_requests_total", "outcome")]),
    ("Requests by channel", "reqps", "", [per_second("loa_ingress_requests_total", "channel")]),
    ("Time to durable", "s", "By outcome, p99.", [quantile("loa_ingress_durable_seconds", 0.99, "outcome")]),
    ("Event age", "s", "From arrival to durable.", [quantile("loa_ingress_event_age_seconds", share) for share in (0.5, 0.99)]),
    ("Events in one message", "short", "Grows with load; 1 when there is little.", [mean("loa_ingress_gathered_events")]),
    ("Size of webhooks", "bytes", "", [quantile("loa_ingress_body_bytes", share) for share in (0.5, 0.99)]),
    ("Connections", "short", "", [now("loa_ingress_connections", "namespace", "sum")]),
    ("Connections refused", "cps", "There were too many.", [per_second("loa_ingress_connections_refused_total", "namespace")]),
    ("Bytes in flight", "bytes", "Past INGRESS_MAX_IN_FLIGHT_BYTES webhooks get 503.", [now("loa_ingress_in_flight_bytes", "instance")]),
    ("Verifications", "reqps", "Challenges by Meta and X.", [per_second("loa_ingress_challenges_total", "channel, outcome")]),
    ("Spool state", "short", "0 broker, 1 spool, 2 refuses.", [now("loa_ingress_spool_state", "instance")]),
    ("Spool, bytes", "bytes", "Of INGRESS_SPOOL_MAX_BYTES.", [now("loa_ingress_spool_bytes", "instance")]),
    ("Spool, in and out", "eps", "", [per_second("loa_ingress_spool_spooled_events_total", "namespace"), per_second("loa_ingress_spool_drained_events_total", "namespace")]),
    ("Spool, age of the oldest", "s", "", [(f"max by (instance) ((time() - loa_ingress_spool_oldest_timestamp_seconds{{{N}}}) * (loa_ingress_spool_oldest_timestamp_seconds{{{N}}} > bool 0))", "{{instance}}")]),
    ("Spool, time to sync", "s", "Each webhook waits for one while the broker is away.", [quantile("loa_ingress_spool_sync_seconds", 0.99)]),
]

WORKERS = [
    ("Deliveries", "eps", "`again`: the worker before died, or let go.", [per_second("loa_broker_deliveries_total", "worker, delivery")]),
    ("Tasks", "eps", "By what became of them.", [per_second("loa_broker_tasks_total", "worker, outcome")]),
    ("Tasks in a batch", "short", "Grows with the backlog.", [mean("loa_broker_batch_tasks", "worker")]),
    ("Time to confirm", "s", "p99, by outcome.", [quantile("loa_broker_publish_seconds", 0.99, "outcome")]),
    ("Connected to RabbitMQ", "short", "The least of each process.", [now("loa_broker_connected", "process, link", "min")]),
    ("Batches held", "short", "While PostgreSQL or a platform is away; nothing is lost meanwhile.", [now("loa_broker_held_batches", "worker", "sum")]),
    ("Wake-ups", "eps", "By queue.", [per_second("loa_broker_wakes_total", "queue")]),
    ("Wake-ups lost and made good", "eps", "A few are nothing.", [per_second("loa_janitor_lost_wakes_total", "queue")]),
    ("Rounds of the janitor that failed", "eps", "By task.", [per_second("loa_janitor_failures_total", "task")]),
    ("Messages stored", "eps", "`known` were there before.", [per_second("loa_persist_messages_total", "outcome")]),
    ("Statuses", "eps", "`orphan`: of messages that Loa did not send.", [per_second("loa_status_statuses_total", "outcome")]),
    ("Stored and applied", "s", "Event age, p50.", [quantile("loa_persist_event_age_seconds", 0.5, legend="stored"), quantile("loa_status_event_age_seconds", 0.5, legend="status applied")]),
    ("Unclaimed events", "eps", "No connected account claims them.", [per_second("loa_persist_unclaimed_events_total", "reason"), per_second("loa_status_unclaimed_events_total", "reason")]),
    ("Files", "eps", "Fetched and uploaded, by outcome.", [per_second("loa_media_jobs_total", "kind, outcome")]),
    ("Time for a file, p99", "s", "", [quantile("loa_media_seconds", 0.99, "kind")]),
    ("Consents withdrawn, people merged", "eps", "", [per_second("loa_persist_consent_withdrawals_total", "namespace"), per_second("loa_persist_contacts_merged_total", "namespace")]),
    ("News of accounts", "eps", "By field.", [per_second("loa_status_news_total", "field, outcome")]),
    ("Dead letters moved", "eps", "From the broker to their table.", [per_second("loa_janitor_dead_letters_moved_total", "queue")]),
]

SENDING = [
    ("Sends", "reqps", "By outcome.", [per_second("loa_outbound_sends_total", "channel, outcome")]),
    ("Refusals by code", "reqps", "The platform's codes.", [per_second("loa_outbound_sends_total", "channel, code", ',outcome="refused"')]),
    ("Time that the platform takes", "s", "", [quantile("loa_outbound_platform_seconds", share) for share in (0.5, 0.99)]),
    ("Slots", "eps", "`missed`: leased and not used in time; `alone`: without Redis.", [per_second("loa_outbound_slots_total", "outcome")]),
    ("Wait for a slot", "s", "", [quantile("loa_outbound_slot_wait_seconds", share) for share in (0.5, 0.99)]),
    ("Slots in hand", "short", "", [now("loa_outbound_tokens", "namespace", "sum")]),
    ("Too fast for a platform", "cps", "The pace was lowered.", [per_second("loa_outbound_throttles_total", "namespace")]),
    ("Too many to one contact", "cps", "Put back for later.", [per_second("loa_outbound_pair_waits_total", "namespace")]),
    ("Accounts paced without Redis", "short", "", [now("loa_outbound_accounts_alone", "namespace", "sum")]),
    ("Due and waiting", "short", "What accounts may send in the next ten seconds.", [now("loa_janitor_due_rows", "queue", extra=',queue="outbound"')]),
    ("Age of what is due", "s", "Of accounts that are not slowed by their own pace.", [now("loa_janitor_due_age_seconds", "queue", extra=',queue="outbound"')]),
    ("In doubt", "short", "", [now("loa_janitor_doubts", "state")]),
    ("Holds on sends", "short", "By scope.", [now("loa_janitor_holds", "scope")]),
    ("Pauses", "eps", "What the platform's answers brought.", [per_second("loa_outbound_pauses_total", "scope, code"), per_second("loa_status_pauses_total", "scope, code")]),
    ("Accounts", "short", "By status and quality.", [now("loa_janitor_accounts", "channel, status, quality")]),
    ("Messaging limit, largest share used", "percentunit", "Customers written to in 24 h, of those allowed.", [now("loa_janitor_limit_used_ratio", "namespace")]),
    ("Days left of the API's version", "short", "WHATSAPP_API_VERSION.", [(f"min by (namespace) ((loa_outbound_api_version_ends_timestamp_seconds{{{N}}} > 0) - time()) / 86400", "{{namespace}}")]),
    ("Marked as read", "eps", "", [per_second("loa_outbound_read_marks_total", "channel, outcome")]),
]

FLOWS = [
    ("Time to reply", "s", "From the webhook to the row of the reply.", [quantile("loa_flow_event_age_seconds", share) for share in (0.5, 0.99)]),
    ("Turns", "eps", "By outcome.", [per_second("loa_flow_turns_total", "outcome")]),
    ("Time for a turn's steps", "s", "", [quantile("loa_flow_steps_seconds", share) for share in (0.5, 0.99)]),
    ("Sessions begun", "eps", "", [per_second("loa_flow_sessions_begun_total", "namespace")]),
    ("Sessions ended", "eps", "By reason.", [per_second("loa_flow_sessions_ended_total", "reason")]),
    ("Failures", "eps", "Each is in the log with its flow.", [per_second("loa_flow_failures_total", "namespace")]),
    ("Waits that were due", "eps", "", [per_second("loa_flow_waits_fired_total", "namespace")]),
    ("Calls of flows to other systems", "eps", "By outcome.", [per_second("loa_flow_calls_total", "outcome")]),
    ("Time for a call", "s", "", [quantile("loa_flow_call_seconds", share) for share in (0.5, 0.99)]),
    ("Messages not read yet", "short", "", [now("loa_janitor_due_rows", "queue", extra=',queue="flow"')]),
    ("Age of the oldest of them", "s", "", [now("loa_janitor_due_age_seconds", "queue", extra=',queue="flow"')]),
]

DASHBOARDS = {
    "overview": ("How Loa is.", OVERVIEW),
    "ingress": ("How webhooks are taken in.", INGRESS),
    "workers": ("What workers do with what is queued.", WORKERS),
    "sending": ("What goes out, and what holds it back.", SENDING),
    "flows": ("What flows do.", FLOWS),
}
