//! The figures of `message-persistence`.

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};
use shared::telemetry::EventAge;

/// What the worker counts.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Age of an event when its rows are committed.
    pub age: EventAge,
    /// Messages by outcome: `stored`, or `known` where the row was there before.
    pub messages: IntCounterVec,
    /// Events kept aside, by reason.
    pub unclaimed: IntCounterVec,
    /// Contacts that turned out to be others, and became them.
    pub merged: IntCounter,
    /// Consents withdrawn by a word.
    pub withdrawals: IntCounter,
}

impl Metrics {
    /// Registers the figures.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            age: EventAge::register(registry, "persist", "stored")?,
            messages: IntCounterVec::new(
                Opts::new("loa_persist_messages_total", "Messages read from events, by outcome"),
                &["outcome"],
            )?,
            unclaimed: IntCounterVec::new(
                Opts::new(
                    "loa_persist_unclaimed_events_total",
                    "Events kept aside because nobody claims them, by reason",
                ),
                &["reason"],
            )?,
            merged: IntCounter::new(
                "loa_persist_contacts_merged_total",
                "Contacts that turned out to be one person with another, and became one",
            )?,
            withdrawals: IntCounter::new(
                "loa_persist_consent_withdrawals_total",
                "Consents to marketing that customers withdrew by a word",
            )?,
        };
        registry.register(Box::new(metrics.messages.clone()))?;
        registry.register(Box::new(metrics.unclaimed.clone()))?;
        registry.register(Box::new(metrics.merged.clone()))?;
        registry.register(Box::new(metrics.withdrawals.clone()))?;
        Ok(metrics)
    }
}
