//! The figures of `janitor`.

use prometheus::{IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry};

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
    /// Work on files that waits, by kind.
    pub media_waiting: IntGaugeVec,
    /// Dead letters taken over from the broker, by queue.
    pub dead_letters_moved: IntCounterVec,
    /// Dead letters that wait for an operator, by queue.
    pub dead_letters: IntGaugeVec,
    /// Dead letters put back into their queue, by queue.
    pub dead_letters_put_back: IntCounterVec,
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
            media_waiting: IntGaugeVec::new(
                Opts::new("loa_janitor_waiting_media_jobs", "Files that wait to be fetched or uploaded, by kind"),
                &["kind"],
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
            failures: IntCounterVec::new(
                Opts::new("loa_janitor_failures_total", "Rounds that failed, by task"),
                &["task"],
            )?,
        };
        registry.register(Box::new(metrics.lost_wakes.clone()))?;
        registry.register(Box::new(metrics.doubted.clone()))?;
        registry.register(Box::new(metrics.doubts.clone()))?;
        registry.register(Box::new(metrics.doubts_settled.clone()))?;
        registry.register(Box::new(metrics.holds.clone()))?;
        registry.register(Box::new(metrics.claimed.clone()))?;
        registry.register(Box::new(metrics.media_waiting.clone()))?;
        registry.register(Box::new(metrics.dead_letters_moved.clone()))?;
        registry.register(Box::new(metrics.dead_letters.clone()))?;
        registry.register(Box::new(metrics.dead_letters_put_back.clone()))?;
        registry.register(Box::new(metrics.failures.clone()))?;
        Ok(metrics)
    }
}
