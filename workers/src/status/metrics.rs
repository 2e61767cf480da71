//! The figures of `status-tracker`.

use prometheus::{IntCounterVec, Opts, Registry};
use shared::telemetry::EventAge;

/// What the worker counts.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Age of an event when its statuses are committed.
    pub age: EventAge,
    /// Statuses by outcome: `changed`, `same`, `orphan`.
    pub statuses: IntCounterVec,
    /// Holds and pauses that late failures brought.
    pub pauses: IntCounterVec,
    /// News of accounts, by field and outcome.
    pub news: IntCounterVec,
    /// Events kept aside, by reason.
    pub unclaimed: IntCounterVec,
}

impl Metrics {
    /// Registers the figures.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            age: EventAge::register(registry, "status", "applied")?,
            statuses: IntCounterVec::new(
                Opts::new("loa_status_statuses_total", "Statuses read from events, by outcome"),
                &["outcome"],
            )?,
            pauses: IntCounterVec::new(
                Opts::new("loa_status_pauses_total", "Holds and pauses that late failures brought, by scope and code"),
                &["scope", "code"],
            )?,
            news: IntCounterVec::new(
                Opts::new("loa_status_news_total", "News of accounts read from events, by field and outcome"),
                &["field", "outcome"],
            )?,
            unclaimed: IntCounterVec::new(
                Opts::new(
                    "loa_status_unclaimed_events_total",
                    "Events kept aside because nobody claims them, by reason",
                ),
                &["reason"],
            )?,
        };
        registry.register(Box::new(metrics.statuses.clone()))?;
        registry.register(Box::new(metrics.pauses.clone()))?;
        registry.register(Box::new(metrics.news.clone()))?;
        registry.register(Box::new(metrics.unclaimed.clone()))?;
        Ok(metrics)
    }
}
