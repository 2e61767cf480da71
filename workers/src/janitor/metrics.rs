//! The figures of `janitor`.

use prometheus::core::Collector;
use prometheus::{Gauge, GaugeVec, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry};

/// What the janitor counts.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Wakes that were lost and made good, by queue.
    pub lost_wakes: IntCounterVec,
    /// Messages whose sender died between the call and the record.
    pub doubted: IntCounter,
    /// Messages in doubt, by state: `open`, `for_a_person`.
    pub doubts: IntGaugeVec,
    /// Doubts that the janitor settled, by how: `sent_again`, `left_to_a_person`.
    pub doubts_settled: IntCounterVec,
    /// Holds on sends, by scope.
    pub holds: IntGaugeVec,
    /// Unclaimed events that were given to an account connected since.
    pub claimed: IntCounter,
    /// Dead letters taken over from the broker, by queue.
    pub dead_letters_moved: IntCounterVec,
    /// Dead letters that wait for an operator, by queue.
    pub dead_letters: IntGaugeVec,
    /// Dead letters put back into their queue, by queue.
    pub dead_letters_put_back: IntCounterVec,
    /// Work on files that waits, by kind.
    pub media_waiting: IntGaugeVec,
    /// Messages that lie ready in the broker, by queue.
    pub queued: IntGaugeVec,
    /// Rows of the work tables that could be taken up now, by the queue that wakes for them.
    pub due: IntGaugeVec,
    /// Seconds since the oldest of them could be, by that queue.
    pub due_age: GaugeVec,
    /// Connected accounts, by channel, status and quality: `green`, `yellow`, `red`, `unknown`.
    pub accounts: IntGaugeVec,
    /// The largest share of a messaging limit that was used in 24 h.
    pub limit_used: Gauge,
    /// How late waits of flows were made events.
    pub waits_late: Histogram,
    /// Rounds that failed, by task.
    pub failures: IntCounterVec,
}

impl Metrics {
    /// Registers the figures.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            lost_wakes: IntCounterVec::new(
                Opts::new("loa_janitor_lost_wakes_total", "Wake-ups that were lost and made good, by queue"),
                &["queue"],
            )?,
            doubted: IntCounter::new(
                "loa_janitor_doubted_messages_total",
                "Messages whose sender died between the call and the record",
            )?,
            doubts: IntGaugeVec::new(Opts::new("loa_janitor_doubts", "Messages in doubt, by state"), &["state"])?,
            doubts_settled: IntCounterVec::new(
                Opts::new("loa_janitor_doubts_settled_total", "Doubts that the janitor settled, by how"),
                &["how"],
            )?,
            holds: IntGaugeVec::new(Opts::new("loa_janitor_holds", "Holds on sends, by scope"), &["scope"])?,
            claimed: IntCounter::new(
                "loa_janitor_claimed_events_total",
                "Unclaimed events that were given to an account connected since",
            )?,
            dead_letters_moved: IntCounterVec::new(
                Opts::new("loa_janitor_dead_letters_moved_total", "Dead letters taken over from the broker, by queue"),
                &["queue"],
            )?,
            dead_letters: IntGaugeVec::new(
                Opts::new("loa_janitor_dead_letters", "Dead letters that wait for an operator, by queue"),
                &["queue"],
            )?,
            dead_letters_put_back: IntCounterVec::new(
                Opts::new(
                    "loa_janitor_dead_letters_put_back_total",
                    "Dead letters put back into their queue, by queue",
                ),
                &["queue"],
            )?,
            media_waiting: IntGaugeVec::new(
                Opts::new("loa_janitor_waiting_media_jobs", "Files that wait to be fetched or uploaded, by kind"),
                &["kind"],
            )?,
            queued: IntGaugeVec::new(
                Opts::new("loa_janitor_queue_messages", "Messages that lie ready in the broker, by queue"),
                &["queue"],
            )?,
            due: IntGaugeVec::new(
                Opts::new("loa_janitor_due_rows", "Rows of work that could be taken up now, by queue"),
                &["queue"],
            )?,
            due_age: GaugeVec::new(
                Opts::new(
                    "loa_janitor_due_age_seconds",
                    "Time since the oldest of them could be, in seconds, by queue",
                ),
                &["queue"],
            )?,
            accounts: IntGaugeVec::new(
                Opts::new("loa_janitor_accounts", "Connected accounts, by channel, status and quality"),
                &["channel", "status", "quality"],
            )?,
            limit_used: Gauge::new(
                "loa_janitor_limit_used_ratio",
                "Largest share of a messaging limit that was used in the last 24 hours",
            )?,
            waits_late: Histogram::with_opts(
                HistogramOpts::new(
                    "loa_janitor_wait_delay_seconds",
                    "Time from the moment a flow waited for until it was told, in seconds",
                )
                .buckets(vec![0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 60.0]),
            )?,
            failures: IntCounterVec::new(
                Opts::new("loa_janitor_failures_total", "Rounds that failed, by task"),
                &["task"],
            )?,
        };
        let all: [Box<dyn Collector>; 17] = [
            Box::new(metrics.lost_wakes.clone()),
            Box::new(metrics.doubted.clone()),
            Box::new(metrics.doubts.clone()),
            Box::new(metrics.doubts_settled.clone()),
            Box::new(metrics.holds.clone()),
            Box::new(metrics.claimed.clone()),
            Box::new(metrics.dead_letters_moved.clone()),
            Box::new(metrics.dead_letters.clone()),
            Box::new(metrics.dead_letters_put_back.clone()),
            Box::new(metrics.media_waiting.clone()),
            Box::new(metrics.queued.clone()),
            Box::new(metrics.due.clone()),
            Box::new(metrics.due_age.clone()),
            Box::new(metrics.accounts.clone()),
            Box::new(metrics.limit_used.clone()),
            Box::new(metrics.waits_late.clone()),
            Box::new(metrics.failures.clone()),
        ];
        for metric in all {
            registry.register(metric)?;
        }
        Ok(metrics)
    }
}
