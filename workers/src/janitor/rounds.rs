//! When each of the janitor's tasks is done.

use std::future::Future;
use std::time::Duration;

use super::metrics::Metrics;
use super::sweep::RoundError;
use super::{
    accounts, claims, counts, dead_letters, doubts, figures, flow_clock, flows, media, partitions, read_marks,
    sessions, sweep,
};
use crate::context::Context;

/// Messages put back for later go within this time of being due.
const OUTBOX: Duration = Duration::from_secs(1);
const FLOWS: Duration = Duration::from_secs(5);
/// A wait is heard within two seconds of its time.
const WAITS: Duration = Duration::from_millis(500);
const READ_MARKS: Duration = Duration::from_secs(10);
const MEDIA: Duration = Duration::from_secs(2);
const CLAIMS: Duration = Duration::from_secs(5);
const DOUBTS: Duration = Duration::from_secs(10);
const GAUGES: Duration = Duration::from_secs(15);
/// Workers are scaled by it.
const DUE: Duration = Duration::from_secs(5);
/// Reads a day of sends.
const LIMITS: Duration = Duration::from_mins(5);
/// What is not folded yet is added up by every list.
const COUNTS: Duration = Duration::from_secs(5);
const DEAD_LETTERS: Duration = Duration::from_secs(5);
const DISCONNECTED: Duration = Duration::from_secs(10);
const TOTALS: Duration = Duration::from_mins(1);
const PARTITIONS: Duration = Duration::from_hours(1);
const IDEMPOTENCY_KEYS: Duration = Duration::from_mins(1);
const SESSIONS: Duration = Duration::from_hours(1);
/// A round that takes longer has met a service that does not answer.
const ROUND: Duration = Duration::from_secs(30);

/// Does the rounds until the process stops.
pub async fn run(context: Context, metrics: Metrics) -> anyhow::Result<()> {
    tokio::join!(
        every(&context, &metrics, "outbox", OUTBOX, || sweep::outbox(&context, &metrics)),
        every(&context, &metrics, "flows", FLOWS, || flows::sweep(&context, &metrics)),
        every(&context, &metrics, "waits", WAITS, || flows::fire_waits(&context, &metrics)),
        every(&context, &metrics, "unanswered", FLOWS, || flow_clock::unanswered(&context)),
        every(&context, &metrics, "schedules", FLOWS, || flow_clock::scheduled(&context)),
        every(&context, &metrics, "flow_figures", COUNTS, || flows::fold(&context)),
        every(&context, &metrics, "read_marks", READ_MARKS, || read_marks::sweep(&context, &metrics)),
        every(&context, &metrics, "media", MEDIA, || media::sweep(&context, &metrics)),
        every(&context, &metrics, "claims", CLAIMS, || claims::give_back(&context, &metrics)),
        every(&context, &metrics, "doubts", DOUBTS, || doubts::settle(&context, &metrics)),
        every(&context, &metrics, "gauges", GAUGES, || doubts::look(&context, &metrics)),
        every(&context, &metrics, "due", DUE, || figures::due(&context, &metrics)),
        every(&context, &metrics, "queues", DUE, || figures::queues(&context, &metrics)),
        every(&context, &metrics, "accounts", GAUGES, || figures::accounts(&context, &metrics)),
        every(&context, &metrics, "limits", LIMITS, || figures::limits(&context, &metrics)),
        every(&context, &metrics, "counts", COUNTS, || counts::fold(&context)),
        every(&context, &metrics, "dead_letters", DEAD_LETTERS, || dead_letters::move_in(&context, &metrics)),
        every(&context, &metrics, "put_backs", DEAD_LETTERS, || dead_letters::put_back(&context, &metrics)),
        every(&context, &metrics, "idempotency_keys", IDEMPOTENCY_KEYS, || sweep::idempotency_keys(&context)),
        every(&context, &metrics, "disconnected", DISCONNECTED, || accounts::cancel_left(&context)),
        every(&context, &metrics, "account_totals", TOTALS, || accounts::recount(&context)),
        every(&context, &metrics, "send_counts", PARTITIONS, || accounts::forget_counts(&context)),
        every(&context, &metrics, "partitions", PARTITIONS, || partitions::make_ahead(&context)),
        every(&context, &metrics, "sessions", SESSIONS, || sessions::forget(&context)),
    );
    context.hang_up();
    Ok(())
}

async fn every<F>(context: &Context, metrics: &Metrics, task: &str, period: Duration, round: impl Fn() -> F)
where
    F: Future<Output = Result<(), RoundError>>,
{
    let failures = metrics.failures.with_label_values(&[task]);
    loop {
        let failed = match tokio::time::timeout(ROUND, round()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("it took too long".to_owned()),
        };
        let mut pause = period;
        if let Some(error) = failed {
            failures.inc();
            tracing::warn!(task, error, "a round failed");
            pause = period.clamp(Duration::from_secs(2), Duration::from_secs(10));
        }
        tokio::select! {
            () = context.lifecycle.stopping.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
