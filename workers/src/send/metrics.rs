//! The figures of senders.

use prometheus::{Histogram, HistogramOpts, IntCounterVec, Opts, Registry};

/// What a sender counts.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Attempts by outcome (`accepted`, `refused`, `unsent`, `in_doubt`, `not_allowed`) and code: the
    /// platform's, or why it was not allowed. Codes come from the platforms' tables, so they are few.
    pub sends: IntCounterVec,
    /// Time that a platform took to answer.
    pub seconds: Histogram,
    /// Accounts that a platform refused.
    pub paused: IntCounterVec,
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
            paused: IntCounterVec::new(
                Opts::new(name("accounts_paused_total"), "Accounts that their platform refused, by channel"),
                &["channel"],
            )?,
        };
        registry.register(Box::new(metrics.sends.clone()))?;
        registry.register(Box::new(metrics.seconds.clone()))?;
        registry.register(Box::new(metrics.paused.clone()))?;
        Ok(metrics)
    }
}
