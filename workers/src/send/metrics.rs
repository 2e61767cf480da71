//! The figures of senders.

use prometheus::core::Collector;
use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, exponential_buckets};

/// What a sender counts.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Attempts by outcome (`accepted`, `refused`, `unsent`, `in_doubt`, `not_allowed`) and code: the
    /// platform's, or why it was not allowed. Codes come from the platforms' tables, so they are few.
    pub sends: IntCounterVec,
    /// Time that a platform took to answer.
    pub seconds: Histogram,
    /// Holds and pauses that a platform's answer brought.
    pub pauses: IntCounterVec,
    /// Slots by what became of them: `kept`, `missed` (no message was ready), `overslept` (the process had no
    /// processor to run on), `alone`.
    pub slots: IntCounterVec,
    /// Time in line for a slot.
    pub slot_wait: Histogram,
    /// Slots leased and not yet given to a message.
    pub tokens: IntGauge,
    /// Accounts that are paced without Redis.
    pub alone: IntGauge,
    /// Times that a platform said that an account was too fast.
    pub throttles: IntCounter,
    /// Messages put back because their contact had too many of late.
    pub pair_waits: IntCounter,
}

impl Metrics {
    /// Registers the figures of the sender `process`.
    pub fn register(registry: &Registry, process: &str) -> prometheus::Result<Self> {
        let name = |what: &str| format!("loa_{process}_{what}");
        let metrics = Self {
            sends: IntCounterVec::new(
                Opts::new(name("sends_total"), "Attempts at sending, by channel, outcome and code"),
                &["channel", "outcome", "code"],
            )?,
            seconds: Histogram::with_opts(HistogramOpts::new(
                name("platform_seconds"),
                "Time that a platform took to answer a send, in seconds",
            ))?,
            pauses: IntCounterVec::new(
                Opts::new(name("pauses_total"), "Holds and pauses that a platform's answer brought, by scope and code"),
                &["scope", "code"],
            )?,
            slots: IntCounterVec::new(
                Opts::new(name("slots_total"), "Slots to send in, by what became of them"),
                &["outcome"],
            )?,
            slot_wait: Histogram::with_opts(
                HistogramOpts::new(name("slot_wait_seconds"), "Time in line for a slot, in seconds")
                    .buckets(exponential_buckets(0.001, 2.0, 16)?),
            )?,
            tokens: IntGauge::new(name("tokens"), "Slots leased and not yet given to a message")?,
            alone: IntGauge::new(name("accounts_alone"), "Accounts that are paced without Redis")?,
            throttles: IntCounter::new(name("throttles_total"), "Times that a platform found an account too fast")?,
            pair_waits: IntCounter::new(
                name("pair_waits_total"),
                "Messages put back because their contact had too many of late",
            )?,
        };
        let all: [Box<dyn Collector>; 9] = [
            Box::new(metrics.sends.clone()),
            Box::new(metrics.seconds.clone()),
            Box::new(metrics.pauses.clone()),
            Box::new(metrics.slots.clone()),
            Box::new(metrics.slot_wait.clone()),
            Box::new(metrics.tokens.clone()),
            Box::new(metrics.alone.clone()),
            Box::new(metrics.throttles.clone()),
            Box::new(metrics.pair_waits.clone()),
        ];
        for metric in all {
            registry.register(metric)?;
        }
        Ok(metrics)
    }
}
