//! The figures of `outbound-sender` besides those of every sender.

use prometheus::{IntCounterVec, Opts, Registry};

/// What it counts.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Marks by channel and outcome: `marked`, `refused`, `unknown`, `not_supported`.
    pub read_marks: IntCounterVec,
}

impl Metrics {
    /// Registers the figures.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            read_marks: IntCounterVec::new(
                Opts::new("loa_outbound_read_marks_total", "Attempts at marking as read, by channel and outcome"),
                &["channel", "outcome"],
            )?,
        };
        registry.register(Box::new(metrics.read_marks.clone()))?;
        Ok(metrics)
    }
}
