//! The figures of `flow-engine`.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry};
use shared::telemetry::EventAge;

/// A turn takes some milliseconds, and is in trouble when it takes a second.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// What the worker counts.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Age of a message when the reply to it is queued.
    pub age: EventAge,
    /// Turns of conversations, by outcome.
    pub turns: IntCounterVec,
    /// Time that a lot of turns took, from the first statement to the commit.
    pub lots: Histogram,
    /// Sessions that began.
    pub begun: IntCounter,
    /// Sessions that ended, by reason.
    pub ended: IntCounterVec,
    /// Sessions that broke.
    pub failures: IntCounter,
    /// Waits that were heard.
    pub waits: IntCounter,
    /// Calls to merchants' endpoints, by outcome.
    pub calls: IntCounterVec,
    /// Time that a call took.
    pub call_seconds: Histogram,
}

impl Metrics {
    /// Registers the figures.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            age: EventAge::register(registry, "flow", "answered")?,
            turns: IntCounterVec::new(
                Opts::new("loa_flow_turns_total", "Turns of conversations, by outcome"),
                &["outcome"],
            )?,
            lots: Histogram::with_opts(
                HistogramOpts::new("loa_flow_steps_seconds", "Time that turns taken together took, in seconds")
                    .buckets(SECONDS.to_vec()),
            )?,
            begun: IntCounter::new("loa_flow_sessions_begun_total", "Sessions that began")?,
            ended: IntCounterVec::new(
                Opts::new("loa_flow_sessions_ended_total", "Sessions that ended, by reason"),
                &["reason"],
            )?,
            failures: IntCounter::new(
                "loa_flow_failures_total",
                "Sessions that broke and gave their conversation to a person",
            )?,
            waits: IntCounter::new("loa_flow_waits_fired_total", "Waits that were over and were heard")?,
            calls: IntCounterVec::new(
                Opts::new("loa_flow_calls_total", "Calls to endpoints of merchants, by outcome"),
                &["outcome"],
            )?,
            call_seconds: Histogram::with_opts(
                HistogramOpts::new("loa_flow_call_seconds", "Time that a call to an endpoint took, in seconds")
                    .buckets(vec![0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0]),
            )?,
        };
        registry.register(Box::new(metrics.turns.clone()))?;
        registry.register(Box::new(metrics.lots.clone()))?;
        registry.register(Box::new(metrics.begun.clone()))?;
        registry.register(Box::new(metrics.ended.clone()))?;
        registry.register(Box::new(metrics.failures.clone()))?;
        registry.register(Box::new(metrics.waits.clone()))?;
        registry.register(Box::new(metrics.calls.clone()))?;
        registry.register(Box::new(metrics.call_seconds.clone()))?;
        Ok(metrics)
    }
}
